/**
 * The segments of the spool on disk.
 *
 * Owns the files in its folder, at most one of them open to be appended to, one open to be read.
 * Every method that touches the disk rejects with the system's error; the spool then keeps what is
 * not known durable in memory. A record is known durable once `sync()` has resolved after it was
 * written: file data first, then the folder when the file is new. After a failed write or fsync the
 * segment is cut back to what was durable and never appended to again, because a second fsync that
 * succeeds says nothing about the pages the first one lost.
 *
 * Segments are deleted strictly oldest first: if a newer one went first and the process crashed, an
 * older value of a window would be sent again and stay.
 */
import { join } from 'node:path';
import type { KillPoint } from '../state/kill-point.ts';
import { type Damage, emptySegment, type Segment, segmentName } from './segment.ts';
import {
  type PendingCut,
  type Recovered,
  recoverSegments,
  salvageSegment,
} from './segment-recovery.ts';
import { SettledMark } from './settled-mark.ts';
import type { SpoolFile, SpoolFileSystem } from './spool-file-system.ts';
import { decodeHeader, HEADER_BYTES, isIntact, type SpoolRecord } from './spool-record.ts';
import { errorCode } from '../text/error-code.ts';

/** The open segment is deleted, once all of it is acknowledged, only when it is worth it. */
const RETIRE_BYTES = 256 * 1024;

/** A segment that does not hold what was written to it. */
export class DamagedSegmentError extends Error {
  readonly segment: Segment;

  constructor(segment: Segment) {
    super(`segment ${segment.name} is damaged`);
    this.segment = segment;
  }
}

interface OpenSegment {
  readonly segment: Segment;
  readonly file: SpoolFile;
  readonly identity: string;
  isNew: boolean;
  /** The totals at the last fsync. */
  durable: Pick<Segment, 'lastSeq' | 'bytes' | 'records' | 'points'>;
}

export interface SegmentStoreOptions {
  readonly dir: string;
  readonly segmentBytesMax: number;
  readonly fileSystem: SpoolFileSystem;
  readonly killPoint: KillPoint;
  /** See SpoolOptions. */
  readonly beforeLoss: () => Promise<void>;
}

export class SegmentStore {
  readonly #dir: string;
  readonly #segmentBytesMax: number;
  readonly #fileSystem: SpoolFileSystem;
  readonly #killPoint: KillPoint;
  readonly #beforeLoss: () => Promise<void>;
  readonly #settled: SettledMark;
  #segments: Segment[] = [];
  /** Acknowledged or dropped, but still on disk; deleted in this order. */
  #condemned: Segment[] = [];
  #cuts: PendingCut[] = [];
  #isFolderNew = false;
  #writer: OpenSegment | undefined;
  #reader: { segment: Segment; file: SpoolFile; position: number } | undefined;

  constructor(options: SegmentStoreOptions) {
    this.#dir = options.dir;
    this.#segmentBytesMax = options.segmentBytesMax;
    this.#fileSystem = options.fileSystem;
    this.#killPoint = options.killPoint;
    this.#beforeLoss = options.beforeLoss;
    this.#settled = new SettledMark(options.fileSystem, options.dir);
  }

  /** Takes up what is in the folder, see segment-recovery.ts. */
  async recover(committedSeq: number | undefined, ackedSeq: number): Promise<Recovered> {
    this.#settled.take(await this.#fileSystem.list(this.#dir));
    const found = await recoverSegments(this.#fileSystem, this.#dir, {
      committedSeq,
      ackedSeq,
      settledSeq: this.#settled.seq,
      beforeLoss: this.#beforeLoss,
      killPoint: this.#killPoint,
    });
    this.#segments = [...found.segments];
    this.#cuts = [...found.cuts];
    return found;
  }

  /**
   * Nobody counts on the records up to `seq` any more: there is no checkpoint, or the log is read
   * again. A mark that cannot be written costs one more reading, at a later start.
   */
  async noteSettled(seq: number): Promise<void> {
    await this.#settled.raise(seq).catch(() => undefined);
  }

  /** On disk in all, acknowledged records and undeleted segments included. */
  get diskBytes(): number {
    return sum(this.#segments, (s) => s.bytes) + sum(this.#condemned, (s) => s.bytes);
  }

  /** Without an acknowledgement yet. */
  get pendingBytes(): number {
    return sum(this.#segments, (s) => s.bytes - s.ackedBytes);
  }

  get pendingRecords(): number {
    return sum(this.#segments, (s) => s.records - s.ackedRecords);
  }

  get oldestAtMs(): number | undefined {
    return this.#segments.find((s) => s.records > s.ackedRecords)?.oldestAtMs;
  }

  /** 0 when there is no record. */
  get lastSeq(): number {
    return this.#segments.at(-1)?.lastSeq ?? 0;
  }

  /** The folder had to be made again: what was in it may be gone. */
  get isFolderNew(): boolean {
    return this.#isFolderNew;
  }

  get hasUndeleted(): boolean {
    return this.#condemned.length > 0;
  }

  /** True when the record would go to another segment than the last one: fsync before that. */
  needsNewSegment(recordBytes: number): boolean {
    const open = this.#writer?.segment;
    return open !== undefined && open.bytes > 0 && open.bytes + recordBytes > this.#segmentBytesMax;
  }

  /** Appends an encoded record; it is not durable yet. */
  async write(record: Omit<SpoolRecord, 'payload'>, bytes: Uint8Array): Promise<void> {
    await this.settle();
    if (this.needsNewSegment(bytes.length)) await this.#closeWriter();
    this.#writer ??= await this.#createSegment(record.seq);
    const { segment, file } = this.#writer;
    this.#killPoint('spool-before-append');
    await file.write(bytes, segment.bytes);
    this.#killPoint('spool-after-append');
    if (segment.records === segment.ackedRecords) segment.oldestAtMs = record.appendedAtMs;
    segment.bytes += bytes.length;
    segment.records++;
    segment.points += record.points;
    segment.lastSeq = record.seq;
  }

  /** Makes all that was written durable. */
  async sync(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    const { segment } = writer;
    if (segment.bytes !== writer.durable.bytes) {
      this.#killPoint('spool-before-fsync');
      await writer.file.sync();
      if (writer.isNew) await this.#fileSystem.syncFolder(this.#dir);
      this.#killPoint('spool-after-fsync');
    }
    // A file whose folder is gone takes every write and fsync, and keeps nothing.
    if ((await this.#fileSystem.identity(join(this.#dir, segment.name))) !== writer.identity)
      throw Object.assign(new Error('the segment is not in its folder'), { code: 'ENOENT' });
    writer.isNew = false;
    writer.durable = totalsOf(segment);
  }

  /** After a failure: forgets what was not durable and begins a new segment next time. */
  async abandonUnsynced(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    const { segment, file, durable } = writer;
    this.#writer = undefined;
    Object.assign(segment, durable);
    segment.ackedBytes = Math.min(segment.ackedBytes, segment.bytes);
    segment.ackedRecords = Math.min(segment.ackedRecords, segment.records);
    segment.ackedPoints = Math.min(segment.ackedPoints, segment.points);
    // Even a complete record may have been followed by half a one.
    this.#cuts.push({ name: segment.name, lengthBytes: segment.bytes });
    if (segment.bytes === 0) this.#segments = this.#segments.filter((s) => s !== segment);
    await file.close().catch(() => undefined);
  }

  /** Makes the cuts that are due; nothing new is written before, so that no old record comes back. */
  async settle(): Promise<void> {
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      const path = join(this.#dir, cut.name);
      try {
        if (cut.lengthBytes === 0) await this.#fileSystem.unlink(path);
        else await this.#fileSystem.truncate(path, cut.lengthBytes);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
      this.#cuts.shift();
    }
  }

  /** The first record after `seq` on disk. Rejects with DamagedSegmentError where it is not intact. */
  async read(seq: number): Promise<SpoolRecord | undefined> {
    const segment = this.#segments.find((s) => s.records > 0 && s.lastSeq > seq);
    if (segment === undefined) return undefined;
    const reader = await this.#readerOf(segment);
    const head = new Uint8Array(HEADER_BYTES);
    for (;;) {
      const isThere = (await reader.file.read(head, reader.position)) === HEADER_BYTES;
      const header = isThere ? decodeHeader(head) : undefined;
      if (header === undefined || reader.position >= segment.bytes)
        throw new DamagedSegmentError(segment);
      const next = reader.position + HEADER_BYTES + header.payloadBytes;
      if (header.seq > seq) {
        const payload = new Uint8Array(header.payloadBytes);
        const bytes = await reader.file.read(payload, reader.position + HEADER_BYTES);
        if (bytes < payload.length || !isIntact(head, payload))
          throw new DamagedSegmentError(segment);
        return {
          seq: header.seq,
          points: header.points,
          payload,
          appendedAtMs: header.appendedAtMs,
        };
      }
      reader.position = next;
    }
  }

  /** Sets a damaged segment aside; its intact records stay. Says what is lost. */
  async salvage(segment: Segment, ackedSeq: number): Promise<Damage> {
    if (segment === this.#writer?.segment) await this.#closeWriter();
    await this.#closeReader();
    await this.settle();
    await this.#beforeLoss();
    const found = await salvageSegment(this.#fileSystem, this.#dir, segment, ackedSeq);
    this.#segments = this.#segments.flatMap((s) => (s !== segment ? [s] : (found ?? [])));
    const was = pendingOf(segment);
    const is = found === undefined ? { records: 0, points: 0 } : pendingOf(found);
    return {
      path: `${join(this.#dir, segment.name)}.damaged`,
      lostRecords: Math.max(was.records - is.records, 0),
      lostPoints: Math.max(was.points - is.points, 0),
    };
  }

  /** Forgets segments whose files are gone although the folder is there. Rejects when it is not. */
  async forgetVanished(): Promise<Damage[]> {
    const names = new Set(await this.#fileSystem.list(this.#dir));
    const gone = this.#segments.filter((s) => !names.has(s.name));
    const owed = gone.filter((s) => s.records > s.ackedRecords);
    if (owed.length > 0) await this.#beforeLoss();
    this.#isFolderNew = false;
    if (gone.length === 0) return [];
    this.#segments = this.#segments.filter((s) => names.has(s.name));
    if (this.#reader !== undefined && gone.includes(this.#reader.segment))
      await this.#closeReader();
    return owed.map((s) => ({
      path: join(this.#dir, s.name),
      lostRecords: pendingOf(s).records,
      lostPoints: pendingOf(s).points,
    }));
  }

  /** Counts one record as acknowledged. */
  noteAcked(record: SpoolRecord): void {
    const segment = this.#segments.find((s) => s.lastSeq >= record.seq);
    if (segment === undefined) return;
    segment.ackedBytes += HEADER_BYTES + record.payload.length;
    segment.ackedRecords++;
    segment.ackedPoints += record.points;
    segment.oldestAtMs = record.appendedAtMs;
  }

  /** Deletes the segments of which nothing is needed any more. Returns the error that stopped it. */
  async deleteThrough(seq: number): Promise<unknown> {
    const retireBytes = Math.min(RETIRE_BYTES, this.#segmentBytesMax / 2);
    for (let s = this.#segments[0]; s !== undefined && s.lastSeq <= seq; s = this.#segments[0]) {
      const isOpen = s === this.#writer?.segment;
      if (isOpen && s.bytes < retireBytes) break;
      if (isOpen) await this.#closeWriter();
      this.#segments.shift();
      this.#condemned.push(s);
    }
    return this.deleteCondemned();
  }

  /** Takes the oldest segment out to make room. */
  async dropOldest(): Promise<{ lastSeq: number; records: number; points: number } | undefined> {
    const segment = this.#segments[0];
    if (segment === undefined || segment === this.#writer?.segment) return undefined;
    this.#segments.shift();
    this.#condemned.push(segment);
    await this.deleteCondemned();
    return { lastSeq: segment.lastSeq, ...pendingOf(segment) };
  }

  /** Tries again to delete what could not be deleted. Returns the error that stopped it. */
  async deleteCondemned(): Promise<unknown> {
    for (let s = this.#condemned[0]; s !== undefined; s = this.#condemned[0]) {
      if (this.#reader?.segment === s) await this.#closeReader();
      try {
        await this.#settled.raise(s.lastSeq);
        this.#killPoint('spool-before-delete');
        await this.#fileSystem.unlink(join(this.#dir, s.name));
        this.#killPoint('spool-after-delete');
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') return error;
      }
      this.#condemned.shift();
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#closeReader();
    await this.#closeWriter();
  }

  async #createSegment(firstSeq: number): Promise<OpenSegment> {
    const name = segmentName(firstSeq);
    const path = join(this.#dir, name);
    let file: SpoolFile;
    try {
      file = await this.#fileSystem.create(path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await this.#fileSystem.makeFolder(this.#dir);
      this.#isFolderNew = true;
      this.#settled.forget();
      file = await this.#fileSystem.create(path);
    }
    const segment = emptySegment(name, firstSeq - 1);
    this.#segments.push(segment);
    const identity = await file.identity().catch(() => '');
    return { segment, file, identity, isNew: true, durable: totalsOf(segment) };
  }

  async #readerOf(segment: Segment): Promise<{ file: SpoolFile; position: number }> {
    if (this.#reader?.segment !== segment) {
      await this.#closeReader();
      const file = await this.#fileSystem.openToRead(join(this.#dir, segment.name));
      this.#reader = { segment, file, position: 0 };
    }
    return this.#reader;
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.file.close().catch(() => undefined);
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.file.close().catch(() => undefined);
  }
}

function totalsOf(segment: Segment): OpenSegment['durable'] {
  const { lastSeq, bytes, records, points } = segment;
  return { lastSeq, bytes, records, points };
}

function pendingOf(segment: Segment): { records: number; points: number } {
  return {
    records: segment.records - segment.ackedRecords,
    points: segment.points - segment.ackedPoints,
  };
}

function sum(segments: readonly Segment[], of: (segment: Segment) => number): number {
  return segments.reduce((total, segment) => total + of(segment), 0);
}
