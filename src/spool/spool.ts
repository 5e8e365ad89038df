/**
 * The queue of points between the windows and the database, on disk.
 *
 * Owns the segments in its folder (segment-store.ts) and the records that are not durable yet. A
 * record is appended, made durable by `sync()`, committed once the checkpoint that belongs to it is
 * written, handed out in order by `next()`, and acknowledged by `ack()`. Only committed records are
 * handed out: after a crash the others are computed again from the log.
 *
 * States. Well: new records go to the open segment. In trouble (disk full, read-only, folder gone):
 * whatever is not known durable is in memory, order kept, and every `sync()` tries to move it to
 * disk; nothing has to be done for it to recover. Full: with `stop` the reader must wait, nothing is
 * dropped, and `append` never refuses, so both bounds can be overstepped by what one turn of the
 * reader's loop appends; with `drop-oldest` the oldest segment goes, counted.
 *
 * What can be lost: records in memory when the process ends (the checkpoint does not know them, so
 * the log gives them again), and damaged ones, for which `onDamage` asks that the log be read again.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Damage } from './segment.ts';
import { DamagedSegmentError, SegmentStore } from './segment-store.ts';
import { isFolderMissing, nodeFileSystem } from './spool-file-system.ts';
import {
  MEMORY_BYTES_MAX,
  segmentBytesMax,
  type SpoolOptions,
  zeroCounters,
} from './spool-options.ts';
import { encodeRecord, type SpoolRecord, type Waiting } from './spool-record.ts';
import {
  damagedNotice,
  foundNotices,
  goneNotice,
  readableNotice,
  undeletableNotice,
  unreadableNotice,
  unwritableNotice,
  writableNotice,
} from './spool-notices.ts';
import { Turns } from '../state/turns.ts';
import { untilChange } from './until-change.ts';
import { errorCode } from '../text/error-code.ts';

const gzipAsync = promisify(gzip);

const RETRY_MS = 1_000;

export class Spool {
  readonly counters = zeroCounters();
  /** True when `open()` found records missing that belong to the checkpoint: read the log again. */
  wasDamaged = false;
  readonly #options: SpoolOptions;
  readonly #store: SegmentStore;
  readonly #memoryMaxBytes: number;
  /** Written to the open segment, not fsynced yet. */
  #unsynced: Waiting[] = [];
  /** Not on disk; newer than everything that is. */
  #memory: Waiting[] = [];
  #head: SpoolRecord | undefined;
  #lastSeq: number;
  #committedSeq: number;
  #ackedSeq: number;
  #oldestAtMs: number | undefined;
  #trouble: string | undefined;
  #isUnreadable = false;
  #isClosed = false;
  readonly #turns = new Turns();
  #change = Promise.withResolvers<undefined>();

  private constructor(options: SpoolOptions) {
    this.#options = options;
    this.#memoryMaxBytes = options.memoryMaxBytes ?? MEMORY_BYTES_MAX;
    this.#store = new SegmentStore({
      dir: options.dir,
      segmentBytesMax: segmentBytesMax(options.maxBytes),
      fileSystem: options.fileSystem ?? nodeFileSystem,
      killPoint: options.killPoint ?? (() => {}),
      beforeLoss: options.beforeLoss ?? (async () => {}),
    });
    this.#ackedSeq = options.ackedSeq ?? 0;
    this.#committedSeq = options.committedSeq ?? 0;
    this.#lastSeq = this.#committedSeq;
  }

  /**
   * Takes up the segments of an earlier run. Rejects when there are some that cannot be read. A
   * folder that cannot be made is trouble to recover from: the records wait in memory.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#recover();
    return spool;
  }

  /** Sequence number of the newest record. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Up to here everything was acknowledged; belongs into the checkpoint. */
  get ackedSeq(): number {
    return this.#ackedSeq;
  }

  /** Why the disk cannot be written at the moment, for `/readyz`. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Compressed points that wait for an acknowledgement, on disk and in memory. */
  get bytes(): number {
    return this.#store.pendingBytes + this.#memoryBytes;
  }

  get records(): number {
    return this.#store.pendingRecords + this.#memory.length;
  }

  /** Age of the oldest record without acknowledgement, 0 when there is none. */
  get oldestAgeMs(): number {
    if (this.records === 0 || this.#oldestAtMs === undefined) return 0;
    return Math.max(0, this.#options.clock.now() - this.#oldestAtMs);
  }

  /** True when the reader must wait; see the top of this file. */
  get isFull(): boolean {
    if (this.#options.whenFull === 'drop-oldest') return false;
    const memoryBytes = this.#memoryBytes;
    return (
      memoryBytes >= this.#memoryMaxBytes ||
      this.#store.diskBytes + memoryBytes >= this.#options.maxBytes
    );
  }

  /** Appends one batch of points and resolves to its sequence number. Never refuses. */
  append(bytes: Uint8Array, points: number): Promise<number> {
    return this.#turns.run(async () => {
      const payload = await gzipAsync(bytes);
      const seq = this.#lastSeq + 1;
      const appendedAtMs = this.#options.clock.now();
      if (this.records === 0) this.#oldestAtMs = appendedAtMs;
      const record = { seq, points, payload, appendedAtMs };
      const waiting: Waiting = { record, bytes: encodeRecord(record) };
      this.#lastSeq = seq;
      this.counters.appendedRecords++;
      this.counters.appendedPoints += points;
      // While the disk is in trouble only sync() tries it, not every append.
      if (this.#memory.length > 0) this.#memory.push(waiting);
      else await this.#writeOrKeep(waiting);
      await this.#makeRoom();
      return seq;
    });
  }

  /** Tries to make everything durable; false while something is only in memory. */
  sync(): Promise<boolean> {
    return this.#turns.run(() => this.#sync());
  }

  /** From now on the records up to `seq` may be sent: the checkpoint that they belong to is written. */
  commit(seq: number): void {
    this.#committedSeq = Math.max(this.#committedSeq, Math.min(seq, this.#lastSeq));
    this.#pulse();
  }

  /**
   * The oldest committed record without acknowledgement; the same one until it is acknowledged.
   * Waits for one; undefined when `signal` aborts or the spool is closed.
   */
  async next(signal: AbortSignal): Promise<SpoolRecord | undefined> {
    while (!signal.aborted && !this.#isClosed) {
      const change = this.#change.promise;
      const head = await this.#turns.run(() => this.#readHead());
      if (head === 'unreadable') await this.#options.clock.sleep(RETRY_MS, signal);
      else if (head !== undefined) return head;
      else if (this.#store.hasUndeleted) {
        await this.#options.clock.sleep(RETRY_MS, signal);
        await this.#turns.run(() => this.#store.deleteCondemned());
        this.#pulse();
      } else await untilChange(change, signal);
    }
    return undefined;
  }

  /** The record is written or in the dead-letter file: it is not needed any more. */
  ack(seq: number): Promise<void> {
    return this.#turns.run(async () => {
      if (seq <= this.#ackedSeq) return;
      const head = this.#head;
      this.#head = undefined;
      this.#ackedSeq = seq;
      const isInMemory = this.#memory.some((waiting) => waiting.record.seq === seq);
      if (head?.seq === seq) {
        if (!isInMemory) this.#store.noteAcked(head);
        this.#oldestAtMs = head.appendedAtMs;
      }
      this.#memory = this.#memory.filter((waiting) => waiting.record.seq > seq);
      const failure = await this.#store.deleteThrough(seq);
      if (failure !== undefined)
        this.#options.notify(undeletableNotice(this.#options.dir, failure));
      this.#pulse();
    });
  }

  /** Resolves when there is room again, or when `signal` aborts. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.isFull && !signal.aborted && !this.#isClosed) {
      if (this.#memory.length === 0) {
        await untilChange(this.#change.promise, signal);
      } else if (!(await this.sync())) {
        await this.#options.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** Resolves when every committed record is acknowledged, or when `signal` aborts. */
  async whenDrained(signal: AbortSignal): Promise<void> {
    while (this.#ackedSeq < this.#committedSeq && this.records > 0 && !signal.aborted)
      await untilChange(this.#change.promise, signal);
  }

  /** Tries a last time to make everything durable and lets go of the files. */
  async close(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#isClosed) return;
      await this.#sync();
      this.#isClosed = true;
      await this.#store.close();
    });
    this.#pulse();
  }

  get #memoryBytes(): number {
    return this.#memory.reduce((bytes, waiting) => bytes + waiting.bytes.length, 0);
  }

  async #recover(): Promise<void> {
    const { dir, fileSystem = nodeFileSystem, committedSeq } = this.#options;
    try {
      await fileSystem.makeFolder(dir);
    } catch (error) {
      // The folder may still be there with records in it, on a disk that cannot be written.
      if (await isFolderMissing(fileSystem, dir)) {
        await this.#noteAllGone();
        return this.#startTrouble(error);
      }
    }
    const found = await this.#store.recover(committedSeq, this.#ackedSeq);
    this.counters.cutRecords = found.cutRecords;
    this.#lastSeq = Math.max(this.#lastSeq, this.#store.lastSeq, this.#ackedSeq);
    this.#committedSeq = this.#lastSeq;
    this.#oldestAtMs = this.#store.oldestAtMs;
    this.wasDamaged = found.damaged.length > 0 || found.gone !== undefined;
    this.counters.damagedSegments = found.damaged.length;
    for (const notice of foundNotices(dir, found)) this.#options.notify(notice);
    try {
      await this.#store.settle();
      if (this.wasDamaged || committedSeq === undefined)
        await this.#store.noteSettled(this.#lastSeq);
    } catch (error) {
      this.#startTrouble(error);
    }
  }

  /** The folder is gone, and cannot be made again. */
  async #noteAllGone(): Promise<void> {
    const { dir, committedSeq = 0, beforeLoss, notify } = this.#options;
    this.wasDamaged = committedSeq > this.#ackedSeq;
    if (!this.wasDamaged) return;
    await beforeLoss?.();
    notify(goneNotice(dir, { from: this.#ackedSeq + 1, to: committedSeq }));
  }

  async #writeOrKeep(waiting: Waiting): Promise<void> {
    try {
      await this.#write(waiting);
      const unsyncedBytes = this.#unsynced.reduce((n, w) => n + w.bytes.length, 0);
      if (unsyncedBytes >= this.#memoryMaxBytes / 2) await this.#fsync();
    } catch (error) {
      if (!this.#unsynced.includes(waiting)) this.#memory.push(waiting);
      await this.#fallBack(error);
    }
  }

  async #write(waiting: Waiting): Promise<void> {
    if (this.#store.needsNewSegment(waiting.bytes.length)) await this.#fsync();
    await this.#store.write(waiting.record, waiting.bytes);
    this.#unsynced.push(waiting);
  }

  async #fsync(): Promise<void> {
    await this.#store.sync();
    this.#unsynced = [];
  }

  async #sync(): Promise<boolean> {
    try {
      await this.#store.settle();
      for (let first = this.#memory[0]; first !== undefined; first = this.#memory[0]) {
        await this.#write(first);
        this.#memory.shift();
      }
      await this.#fsync();
      if (this.#store.isFolderNew) await this.#noteVanished();
      if (this.#trouble !== undefined) await this.#endTrouble();
      return true;
    } catch (error) {
      await this.#fallBack(error);
      return false;
    }
  }

  /** The disk failed: what it does not hold for certain goes in front of what is in memory already. */
  async #fallBack(error: unknown): Promise<void> {
    await this.#store.abandonUnsynced();
    const kept = this.#unsynced.filter((waiting) => waiting.record.seq > this.#ackedSeq);
    this.#memory = [...kept, ...this.#memory];
    this.#unsynced = [];
    this.#startTrouble(error);
  }

  async #endTrouble(): Promise<void> {
    this.#trouble = undefined;
    this.#options.notify(writableNotice(this.#options.dir));
    await this.#noteVanished();
    this.#pulse();
  }

  /** True when segments are gone from a folder that is there. Rejects when the folder is gone too. */
  async #noteVanished(): Promise<boolean> {
    const vanished = await this.#store.forgetVanished();
    for (const damage of vanished) this.#noteDamage(damage);
    return vanished.length > 0;
  }

  async #readHead(): Promise<SpoolRecord | 'unreadable' | undefined> {
    if (this.#isClosed || this.#ackedSeq >= this.#committedSeq) return undefined;
    try {
      this.#head ??= await this.#readRecord();
    } catch (error) {
      this.#isUnreadable = true;
      this.#options.notify(unreadableNotice(this.#options.dir, error));
      return 'unreadable';
    }
    if (this.#isUnreadable) this.#options.notify(readableNotice(this.#options.dir));
    this.#isUnreadable = false;
    if (this.#head === undefined) return undefined;
    this.#oldestAtMs = this.#head.appendedAtMs;
    return this.#head.seq <= this.#committedSeq ? this.#head : undefined;
  }

  async #readRecord(): Promise<SpoolRecord | undefined> {
    for (;;) {
      try {
        return (await this.#store.read(this.#ackedSeq)) ?? this.#memory[0]?.record;
      } catch (error) {
        if (error instanceof DamagedSegmentError)
          this.#noteDamage(await this.#store.salvage(error.segment, this.#ackedSeq));
        else if (errorCode(error) !== 'ENOENT' || !(await this.#noteVanished())) throw error;
      }
    }
  }

  async #makeRoom(): Promise<void> {
    if (this.#options.whenFull !== 'drop-oldest') return;
    const { maxBytes } = this.#options;
    while (this.bytes > maxBytes || this.#memoryBytes > this.#memoryMaxBytes) {
      const oldest = this.#memory[0]?.record;
      const dropped =
        (await this.#store.dropOldest()) ??
        (oldest && { lastSeq: oldest.seq, records: 1, points: oldest.points });
      if (dropped === undefined) return;
      this.counters.droppedRecords += dropped.records;
      this.counters.droppedPoints += dropped.points;
      this.#ackedSeq = Math.max(this.#ackedSeq, dropped.lastSeq);
      this.#memory = this.#memory.filter((waiting) => waiting.record.seq > this.#ackedSeq);
      this.#committedSeq = Math.max(this.#committedSeq, this.#ackedSeq);
      if ((this.#head?.seq ?? Infinity) <= this.#ackedSeq) this.#head = undefined;
      this.#oldestAtMs = this.#store.oldestAtMs ?? this.#memory[0]?.record.appendedAtMs;
    }
  }

  #noteDamage(damage: Damage): void {
    this.counters.damagedSegments++;
    this.counters.lostPoints += damage.lostPoints;
    this.#options.notify(damagedNotice(damage));
    this.#options.onDamage?.(damage);
  }

  #startTrouble(error: unknown): void {
    this.#trouble = errorCode(error);
    this.#options.notify(unwritableNotice(this.#options.dir, error));
  }

  #pulse(): void {
    this.#change.resolve(undefined);
    this.#change = Promise.withResolvers();
  }
}
