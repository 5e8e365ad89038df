import { compareBytes, lineKey } from './line-order.ts';
import { DiskRun, HEAD_BYTES, MergedRuns, type SortedRun } from './sorted-run.ts';
import { TemporaryFile } from './temporary-file.ts';

/**
 * Sorts lines by the order of line-order.ts in bounded memory. What does not fit is sorted piece by
 * piece into temporary files, which are merged in the end; of each 32 files one is made before that,
 * so that few are open at any time.
 */

/** A line and what is noted of it take at least so many bytes; shorter lines fill the notes first. */
const LINE_BYTES_MIN = 64;
const RUNS_MAX = 32;
const WRITE_BYTES = 1024 * 1024;
const CR = 0x0d;

export class LineSorter {
  readonly #memory: Memory;
  readonly #levels: TemporaryFile[][] = [];
  #overlong = new Map<number, { lines: number; bytes: number }>();
  #merged: MergedRuns | undefined;

  constructor(memoryBytes: number) {
    this.#memory = new Memory(memoryBytes);
  }

  /** Bytes on disk. */
  get spilledBytes(): number {
    return this.#levels.flat().reduce((sum, file) => sum + file.length, 0);
  }

  /** Adds the line in `bytes[start, end)`, its LF included. Throws a TemporarySpaceError. */
  add(second: number, isTimed: boolean, view: DataView, start: number, end: number): void {
    const place = 2 * second + (isTimed ? 0 : 1);
    if (this.#memory.add(place, view, start, end)) return;
    this.#spill();
    if (!this.#memory.add(place, view, start, end)) throw new RangeError('a line is too long');
  }

  /** Lines after one of `second` that are too long to be kept. */
  addOverlong(second: number, lines: number, bytes: number): void {
    if (lines === 0 && bytes === 0) return;
    const known = this.#overlong.get(second) ?? { lines: 0, bytes: 0 };
    this.#overlong.set(second, { lines: known.lines + lines, bytes: known.bytes + bytes });
  }

  /**
   * Fills `target` with the next lines, from its beginning; undefined when there are none. The
   * over-long lines come after those of their second: they are told of before the lines of this call.
   */
  next(
    target: Uint8Array,
  ): { length: number; overlongLines: number; overlongBytes: number } | undefined {
    this.#merged ??= new MergedRuns([
      ...this.#levels.flat().map((file) => new DiskRun(file)),
      this.#memory.sorted(),
    ]);
    const { lines, bytes } = this.#overlongBefore(this.#merged.first);
    let length = 0;
    for (let { first } = this.#merged; first !== undefined; { first } = this.#merged) {
      if (length + first.end - first.start > target.length) break;
      if (length > 0 && this.#isOverlongBefore(first)) break;
      target.set(first.bytes.subarray(first.start, first.end), length);
      length += first.end - first.start;
      this.#merged.take();
    }
    if (length === 0 && lines === 0 && bytes === 0) return undefined;
    return { length, overlongLines: lines, overlongBytes: bytes };
  }

  close(): void {
    if (this.#merged === undefined) for (const file of this.#levels.flat()) file.close();
    this.#merged?.close();
    this.#levels.length = 0;
  }

  #isOverlongBefore(run: SortedRun | undefined): boolean {
    if (this.#overlong.size === 0) return false;
    const second = run === undefined ? Infinity : Math.floor(run.place / 2);
    for (const at of this.#overlong.keys()) if (at < second) return true;
    return false;
  }

  /** Takes what comes before the line of `run`. */
  #overlongBefore(run: SortedRun | undefined): { lines: number; bytes: number } {
    const sum = { lines: 0, bytes: 0 };
    if (!this.#isOverlongBefore(run)) return sum;
    const second = run === undefined ? Infinity : Math.floor(run.place / 2);
    for (const [at, { lines, bytes }] of this.#overlong) {
      if (at >= second) continue;
      sum.lines += lines;
      sum.bytes += bytes;
      this.#overlong.delete(at);
    }
    return sum;
  }

  #spill(): void {
    this.#write(0, [this.#memory.sorted()]);
    this.#memory.clear();
  }

  #write(level: number, runs: readonly SortedRun[]): void {
    const file = new TemporaryFile();
    const own = (this.#levels[level] ??= []);
    own.push(file);
    const merged = new MergedRuns(runs);
    const buffer = Buffer.allocUnsafe(WRITE_BYTES);
    let filled = 0;
    for (let { first } = merged; first !== undefined; { first } = merged) {
      const length = first.end - first.start;
      if (filled + HEAD_BYTES + length > buffer.length) {
        file.append(buffer.subarray(0, filled));
        filled = 0;
      }
      const isLong = HEAD_BYTES + length > buffer.length;
      const target = isLong ? Buffer.allocUnsafe(HEAD_BYTES + length) : buffer;
      const at = isLong ? 0 : filled;
      target.writeDoubleLE(first.place, at);
      target.writeUInt32LE(first.key, at + 8);
      target.writeUInt32LE(length, at + 12);
      target.set(first.bytes.subarray(first.start, first.end), at + HEAD_BYTES);
      if (isLong) file.append(target);
      else filled += HEAD_BYTES + length;
      merged.take();
    }
    file.append(buffer.subarray(0, filled));
    if (own.length < RUNS_MAX) return;
    // Each closes its file once it has been read to its end.
    const all = own.splice(0).map((one) => new DiskRun(one));
    this.#write(level + 1, all);
  }
}

/** Lines one after the other, and a note of each. */
class Memory {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #places: Float64Array;
  readonly #keys: Uint32Array;
  /** Where each line ends; it begins where the one before ends. */
  readonly #ends: Uint32Array;
  #count = 0;

  constructor(memoryBytes: number) {
    const linesMax = Math.ceil(memoryBytes / LINE_BYTES_MIN);
    this.#bytes = Buffer.allocUnsafeSlow(memoryBytes);
    this.#view = new DataView(this.#bytes.buffer, 0, memoryBytes);
    this.#places = new Float64Array(linesMax);
    this.#keys = new Uint32Array(linesMax);
    this.#ends = new Uint32Array(linesMax);
  }

  /** False when there is no room. */
  add(place: number, view: DataView, start: number, end: number): boolean {
    const at = this.#endOf(this.#count - 1);
    if (at + end - start > this.#bytes.length || this.#count === this.#ends.length) return false;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, end - start), at);
    this.#places[this.#count] = place;
    const endAt = at + end - start;
    const hasReturn = end - start > 1 && this.#bytes[endAt - 2] === CR;
    this.#keys[this.#count] = lineKey(this.#view, at, endAt - (hasReturn ? 2 : 1));
    this.#ends[this.#count] = endAt;
    this.#count++;
    return true;
  }

  clear(): void {
    this.#count = 0;
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] ?? 0);
  }

  sorted(): SortedRun {
    const [bytes, places, keys] = [this.#bytes, this.#places, this.#keys];
    const order = this.#order();
    const endOf = (index: number) => this.#endOf(index);
    let next = 0;
    return {
      place: 0,
      key: 0,
      bytes,
      start: 0,
      end: 0,
      advance(): boolean {
        if (next === order.length) return false;
        const index = order[next++] ?? 0;
        Object.assign(this, {
          place: places[index] ?? 0,
          key: keys[index] ?? 0,
          start: endOf(index - 1),
          end: endOf(index),
        });
        return true;
      },
      close() {},
    };
  }

  /** Indexes of the lines, sorted: by place as one typed array of numbers, then what shares a place. */
  #order(): Uint32Array {
    const count = this.#count;
    const places = this.#places.subarray(0, count);
    const least = places.reduce((a, b) => Math.min(a, b), Infinity);
    const pairs = new BigUint64Array(count);
    const halves = new Uint32Array(pairs.buffer);
    const [low, high] = isLittleEndian() ? [0, 1] : [1, 0];
    for (let i = 0; i < count; i++) {
      halves[2 * i + low] = i;
      halves[2 * i + high] = (places[i] ?? 0) - least;
    }
    pairs.sort();
    const order = Uint32Array.from({ length: count }, (_, i) => halves[2 * i + low] ?? 0);
    for (let from = 0; from < count; ) {
      let to = from + 1;
      while (to < count && places[order[to] ?? 0] === places[order[from] ?? 0]) to++;
      if (to - from > 1) order.subarray(from, to).sort((a, b) => this.#compare(a, b));
      from = to;
    }
    return order;
  }

  #compare(a: number, b: number): number {
    return (
      (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0) ||
      compareBytes(
        this.#bytes,
        this.#endOf(a - 1),
        this.#endOf(a),
        this.#bytes,
        this.#endOf(b - 1),
        this.#endOf(b),
      )
    );
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
}
