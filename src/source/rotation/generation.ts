/**
 * One generation of a log: one file's content, from its creation to the day it is deleted, whatever its
 * name becomes. It owns its position and its open descriptor.
 *
 * States: *open* (descriptor held), *closed* (known by device, inode and fingerprint, opened again when
 * there is more to read), *displaced* (its content is no longer where it was: truncated or deleted; to be
 * looked for among the rotated files), *done* (read to its end; only looked at for growth).
 *
 * What can be lost here: nothing of the file. Bytes are given out at most once per position; the position
 * only moves over bytes that the caller has been given. Before each read the head is compared, and with
 * each read the bytes before the position, so a file that was truncated and has grown past the position
 * again is never taken for a continuation.
 */
import { fstatSync, readSync, readvSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { GzipContent, isGzip, PlainContent, type Content } from '../content.ts';
import {
  compareHead,
  HEAD_BYTES,
  headOf,
  isTail,
  NO_HEAD,
  TAIL_BYTES,
  tailOf,
  TELLING_BYTES,
  type HeadFingerprint,
  type TailFingerprint,
} from '../disk/fingerprint.ts';
import type { GenerationCheckpoint } from './follow-checkpoint.ts';
import { firstReadBytes, frameLines, type Frame } from '../line-frame.ts';
import type { Glance, ReadOutcome } from './read-outcome.ts';
import {
  factsOf,
  isSameFile,
  openRegular,
  readHead,
  type FileFacts,
  type FileIdentity,
  type OpenFile,
} from '../disk/open-file.ts';

const SAME: Glance = { kind: 'same' };
const UNCLEAR: Glance = { kind: 'unclear' };

const LF = 0x0a;
/** Beyond this a file that was truncated cannot have grown to its old length between two glances. */
const HEAD_PROOF_BYTES = 1024 * 1024;
const scratch = Buffer.alloc(HEAD_BYTES);
const proof = scratch.subarray(0, TAIL_BYTES);

export class Generation implements FileIdentity {
  device: string;
  inode: string;
  path: string;
  isGzip = false;
  head: HeadFingerprint = NO_HEAD;
  position = 0;
  isInOverlong = false;
  /** Bytes on disk, and time of the last write of this content, at the last look. */
  sizeBytes: number;
  mtimeMs: number;
  isDone = false;
  isDisplaced = false;
  /** Lines that end at or before this content offset are only read to complete the first window. */
  beforeUntil = 0;
  /** Monotonic time of the last line, or of the appearance of a newer generation. */
  quietSinceMs = 0;
  /** Directory entries that lead to the file; 0 = deleted, and only our descriptor keeps it. */
  links = 1;
  #handle: FileHandle | undefined;
  #content: Content | undefined;
  /** The bytes before the position; undefined while only their hash is known. */
  #tail: Buffer | undefined = Buffer.alloc(0);
  #savedTail: TailFingerprint | undefined;
  #isTailProved = false;
  /** As of the last glance. */
  readonly #seen = { sizeBytes: -1, mtimeMs: -1, ctimeMs: -1 };

  constructor(path: string, facts: FileFacts) {
    this.path = path;
    this.device = facts.device;
    this.inode = facts.inode;
    this.sizeBytes = facts.sizeBytes;
    this.mtimeMs = facts.mtimeMs;
  }

  static restore(saved: GenerationCheckpoint): Generation {
    const generation = new Generation(saved.path, {
      ...saved,
      birthMs: 0,
      changed: '',
      links: 1,
      isFile: true,
    });
    generation.isGzip = saved.isGzip;
    generation.head = saved.head;
    generation.position = saved.position;
    generation.isInOverlong = saved.isInOverlong;
    generation.isDone = saved.isDone;
    generation.isDisplaced = saved.isDisplaced;
    generation.beforeUntil = saved.beforeUntil;
    generation.#tail = undefined;
    generation.#savedTail = saved.tail;
    return generation;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** Why the compressed content is damaged; undefined if it is intact. Reading further opens the file again. */
  async findDamage(): Promise<string | undefined> {
    return this.#content?.finish();
  }

  get tail(): TailFingerprint {
    if (this.#tail !== undefined) return tailOf(this.#tail);
    return this.#savedTail ?? tailOf(Buffer.alloc(0));
  }

  get unreadBytes(): number {
    if (this.isDone) return 0;
    const read = this.isGzip ? (this.#content?.takenBytes ?? 0) : this.position;
    return Math.max(0, this.sizeBytes - read);
  }

  /** Takes over an open descriptor of this generation's file. */
  attach(file: OpenFile): void {
    this.#handle = file.handle;
    this.#isTailProved = false;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#content?.close();
    this.#content = undefined;
    this.#handle = undefined;
    await handle?.close();
  }

  /** The content is to be found in another file from now on; the position stays. */
  async moveTo(path: string, file: FileFacts, isCompressed: boolean): Promise<void> {
    await this.close();
    this.path = path;
    this.device = file.device;
    this.inode = file.inode;
    this.sizeBytes = file.sizeBytes;
    // Some compressors give their file the time at which they made it.
    if (!isCompressed) this.mtimeMs = file.mtimeMs;
    this.isGzip = isCompressed;
    this.isDisplaced = false;
  }

  async open(): Promise<boolean> {
    if (this.#handle !== undefined) return true;
    const file = await openRegular(this.path);
    if (file === undefined) return false;
    if (!isSameFile(file.facts, this)) {
      await file.handle.close();
      return false;
    }
    this.attach(file);
    return true;
  }

  /** Whether the open file still begins as this generation does; remembers more of its head as it grows. */
  async isIntact(): Promise<boolean> {
    const handle = this.#handle;
    if (handle === undefined) return false;
    const facts = factsOf(await handle.stat({ bigint: true }));
    this.links = facts.links;
    const taken = this.isGzip ? (this.#content?.takenBytes ?? 0) : this.position;
    if (facts.sizeBytes < taken) return false;
    const isUnchangedGzip = this.#content !== undefined && facts.sizeBytes === this.sizeBytes;
    if (this.isGzip && isUnchangedGzip) return true;
    const { bytes } = await readHead(handle);
    if (this.head.length > 0 && compareHead(bytes, this.head) !== 'same') return false;
    if (bytes.length > this.head.length) this.head = headOf(bytes);
    this.sizeBytes = facts.sizeBytes;
    this.mtimeMs = facts.mtimeMs;
    return true;
  }

  /** The first content bytes as they are at this moment; undefined while no descriptor is held. */
  async readHeadNow(): Promise<Uint8Array | undefined> {
    return this.#handle === undefined ? undefined : (await readHead(this.#handle)).bytes;
  }

  /** The next complete lines, in `buffer`. Errors of the file system are thrown. */
  async read(buffer: Uint8Array, maxLineBytes: number): Promise<ReadOutcome> {
    if (!(await this.open())) return { kind: 'elsewhere' };
    if (!(await this.isIntact())) return { kind: 'replaced' };
    const content = await this.#contentOf();
    if (content === undefined) return { kind: 'idle' };
    let filled = await this.#readFirst(content, buffer, firstReadBytes(maxLineBytes));
    if (filled === undefined) return { kind: 'replaced' };
    filled = this.#cutAtBefore(buffer, filled);
    const frame = await frameLines(content, this, buffer, maxLineBytes, filled);
    if (frame === undefined) return { kind: 'idle' };
    // A line that took several reads may have been cut in two by a truncation between them.
    const tookMore = frame.position > this.position + filled;
    if (tookMore && !(await this.isIntact())) return { kind: 'replaced' };
    const before = frame.position <= this.beforeUntil;
    this.#advance(frame, buffer);
    return { kind: 'lines', frame, before };
  }

  /**
   * A look in the thread of the caller, for a local file that is open: one fstat, and one read where
   * lines were added. `mayBeSame`: all that was there before is read.
   */
  glance(buffer: Uint8Array, maxLineBytes: number, mayBeSame: boolean): Glance {
    const handle = this.#handle;
    if (handle === undefined) return UNCLEAR;
    const { size, mtimeMs, ctimeMs, nlink } = fstatSync(handle.fd);
    const seen = this.#seen;
    const isSame = size === seen.sizeBytes && mtimeMs === seen.mtimeMs && ctimeMs === seen.ctimeMs;
    if (isSame && mayBeSame) return SAME;
    seen.sizeBytes = size;
    seen.mtimeMs = mtimeMs;
    seen.ctimeMs = ctimeMs;
    const tail = this.#tail;
    const isReady =
      nlink > 0 &&
      size > this.position &&
      tail?.length === TAIL_BYTES &&
      this.head.length === HEAD_BYTES &&
      this.beforeUntil <= this.position &&
      this.#content !== undefined &&
      !(this.isGzip || this.isInOverlong);
    if (!isReady || !this.#beginsAsBefore(handle.fd)) return UNCLEAR;
    const wanted = Math.min(firstReadBytes(maxLineBytes), size - this.position + 1);
    const parts = [proof, buffer.subarray(0, wanted)];
    const filled = readvSync(handle.fd, parts, this.position - TAIL_BYTES) - TAIL_BYTES;
    if (filled < 0 || !tail.equals(proof)) return UNCLEAR;
    this.sizeBytes = size;
    this.mtimeMs = mtimeMs;
    const end = buffer.subarray(0, filled).lastIndexOf(LF) + 1;
    if (end === 0) return filled < Math.min(wanted, maxLineBytes) ? SAME : UNCLEAR;
    const position = this.position + end;
    const whole = { start: 0, end, overlongLines: 0, overlongBytes: 0 };
    const frame = { ...whole, position, isInOverlong: false };
    this.#advance(frame, buffer);
    return { kind: 'lines', frame, isAll: filled < wanted };
  }

  /**
   * What stands after the last line feed, as a line of its own: nothing more is going to come. Undefined
   * where there is nothing, or the content is damaged there.
   */
  async takeRest(buffer: Uint8Array, maxLineBytes: number): Promise<Frame | undefined> {
    const content = await this.#contentOf();
    if (content === undefined) return undefined;
    const length = await content.read(buffer, 0, maxLineBytes, this.position);
    if ((await content.finish()) !== undefined) return undefined;
    const { isInOverlong } = this;
    if (length === 0 && !isInOverlong) return undefined;
    const position = this.position + length;
    const frame: Frame = isInOverlong
      ? { start: 0, end: 0, overlongLines: 1, overlongBytes: length, position, isInOverlong: false }
      : { start: 0, end: length + 1, overlongLines: 0, overlongBytes: 0, position, isInOverlong };
    this.#advance(frame, buffer);
    if (!isInOverlong) buffer[length] = LF;
    return frame;
  }

  #beginsAsBefore(fd: number): boolean {
    if (this.position > HEAD_PROOF_BYTES) return true;
    const count = readSync(fd, scratch, 0, HEAD_BYTES, 0);
    return compareHead(scratch.subarray(0, count), this.head) === 'same';
  }

  /** Goes to the end of the last complete line without handing anything out. */
  async skipToEnd(buffer: Uint8Array, maxLineBytes: number): Promise<void> {
    if (!(await this.open()) || !(await this.isIntact())) return;
    const content = await this.#contentOf();
    if (content === undefined) return;
    if (!this.isGzip) await this.#jump(content, this.sizeBytes, buffer, maxLineBytes);
    while ((await this.read(buffer, maxLineBytes)).kind === 'lines');
  }

  /** Plain files only: goes to the first line that begins at or after `position`. */
  async skipTo(position: number, buffer: Uint8Array, maxLineBytes: number): Promise<void> {
    if (!(await this.open()) || !(await this.isIntact())) return;
    const content = await this.#contentOf();
    if (content === undefined || this.isGzip) return;
    await this.#jump(content, position, buffer, maxLineBytes);
  }

  checkpoint(): GenerationCheckpoint {
    return {
      device: this.device,
      inode: this.inode,
      path: this.path,
      isGzip: this.isGzip,
      head: this.head,
      tail: this.tail,
      position: this.position,
      isInOverlong: this.isInOverlong,
      sizeBytes: this.sizeBytes,
      mtimeMs: this.mtimeMs,
      isDone: this.isDone,
      isDisplaced: this.isDisplaced,
      beforeUntil: this.beforeUntil,
    };
  }

  /** What kind of file it is can only be told once it has bytes. */
  async #contentOf(): Promise<Content | undefined> {
    if (this.#content !== undefined || this.#handle === undefined) return this.#content;
    const magic = Buffer.alloc(2);
    const { bytesRead } = await this.#handle.read(magic, 0, 2, 0);
    if (bytesRead === 0) return undefined;
    this.isGzip = isGzip(magic.subarray(0, bytesRead));
    this.#content = this.isGzip ? new GzipContent(this.#handle) : new PlainContent(this.#handle);
    return this.#content;
  }

  /**
   * The first bytes of a turn, with the proof in the same read that they continue what was read before;
   * undefined when they do not. A compressed file is proved once, when it is opened.
   */
  async #readFirst(content: Content, buffer: Uint8Array, wanted: number) {
    const tail = this.#tail ?? this.#savedTail;
    const length = tail?.length ?? 0;
    const before = Buffer.allocUnsafe(length);
    if (this.isGzip || this.#handle === undefined) {
      if (!this.#isTailProved && length > 0) {
        const count = await content.read(before, 0, length, this.position - length);
        if (count < length) return 0;
        if (!this.#proveTail(before)) return undefined;
      }
      return content.read(buffer, 0, wanted, this.position);
    }
    const parts = [before, buffer.subarray(0, wanted)];
    const { bytesRead } = await this.#handle.readv(parts, this.position - length);
    if (bytesRead < length || !this.#proveTail(before)) return undefined;
    // Where nothing stands before the position, the beginning itself is the proof: the file may have
    // been truncated and written anew since its head was compared.
    const first = buffer.subarray(0, bytesRead);
    if (this.position === 0 && !this.#isBeginning(first, bytesRead < wanted)) return undefined;
    return bytesRead - length;
  }

  /** Whether the file begins as it did; `isWhole`: there are no more bytes. */
  #isBeginning(bytes: Uint8Array, isWhole: boolean): boolean {
    const { head } = this;
    if (head.length === 0) return true;
    const isEnough = isWhole || bytes.length >= head.length;
    if (!isEnough && bytes.length < TELLING_BYTES) return true;
    const relation = compareHead(bytes, head);
    return relation === 'same' || (relation === 'shorter' && !isEnough);
  }

  #proveTail(bytes: Buffer): boolean {
    if (this.#tail !== undefined) {
      this.#isTailProved = this.#tail.equals(bytes);
    } else {
      const saved = this.#savedTail;
      this.#isTailProved = saved === undefined || isTail(bytes, saved);
      if (this.#isTailProved) this.#tail = Buffer.from(bytes);
    }
    return this.#isTailProved;
  }

  /** Ends the first read at the last line before `beforeUntil`, so that no batch lies on both sides. */
  #cutAtBefore(buffer: Uint8Array, filled: number): number {
    const before = this.beforeUntil - this.position;
    if (before <= 0 || filled <= before || this.isInOverlong) return filled;
    const end = buffer.subarray(0, before).lastIndexOf(LF) + 1;
    return end > 0 ? end : filled;
  }

  #advance(frame: Frame, buffer: Uint8Array): void {
    const count = frame.position - this.position;
    const fresh = buffer.subarray(Math.max(0, count - TAIL_BYTES), count);
    const kept = (this.#tail ?? Buffer.alloc(0)).subarray(-(TAIL_BYTES - fresh.length));
    const old = fresh.length < TAIL_BYTES ? kept : Buffer.alloc(0);
    this.#tail = Buffer.concat([old, fresh]);
    this.position = frame.position;
    this.isInOverlong = frame.isInOverlong;
  }

  /** Sets the position after the last LF before `position`; inside an over-long line when none is near. */
  async #jump(content: Content, position: number, buffer: Uint8Array, maxLineBytes: number) {
    const from = Math.max(0, position - maxLineBytes - 1);
    const count = await content.read(buffer, 0, position - from, from);
    const end = buffer.subarray(0, count).lastIndexOf(LF) + 1;
    this.isInOverlong = end === 0 && from > 0;
    this.position = this.isInOverlong ? position : from + end;
    const length = Math.min(TAIL_BYTES, this.position);
    const tail = Buffer.alloc(length);
    await content.read(tail, 0, length, this.position - length);
    this.#tail = tail;
  }
}
