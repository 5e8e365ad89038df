import { compareBytes } from './line-order.ts';
import type { TemporaryFile } from './temporary-file.ts';

/** Lines in their order, one at a time: those of memory, or of a run on disk. */
export interface SortedRun {
  /** Of the line in hand: the second, doubled, and one more where the line has no time of its own. */
  readonly place: number;
  readonly key: number;
  /** `bytes[start, end)` is the line with its LF. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Goes on to the next line; false when there is none. */
  advance(): boolean;
  close(): void;
}

function compareRuns(one: SortedRun, other: SortedRun): number {
  return (
    one.place - other.place ||
    one.key - other.key ||
    compareBytes(one.bytes, one.start, one.end, other.bytes, other.start, other.end)
  );
}

/** Before each line on disk: its place, its key, its length. */
export const HEAD_BYTES = 16;
const CHUNK_BYTES = 256 * 1024;

export class DiskRun implements SortedRun {
  place = 0;
  key = 0;
  bytes = Buffer.alloc(CHUNK_BYTES);
  start = 0;
  end = 0;
  readonly #file: TemporaryFile;
  /** Of the file. */
  #position = 0;
  #filled = 0;

  constructor(file: TemporaryFile) {
    this.#file = file;
  }

  advance(): boolean {
    if (!this.#hold(this.end, HEAD_BYTES)) return false;
    const length = this.bytes.readUInt32LE(this.end + 12);
    this.#hold(this.end, HEAD_BYTES + length);
    this.place = this.bytes.readDoubleLE(this.end);
    this.key = this.bytes.readUInt32LE(this.end + 8);
    this.start = this.end + HEAD_BYTES;
    this.end = this.start + length;
    return true;
  }

  /** Sees to it that `length` bytes from `at` on are there; `end` moves along. */
  #hold(at: number, length: number): boolean {
    if (at + length <= this.#filled) return true;
    const rest = this.bytes.subarray(at, this.#filled);
    const target = length <= this.bytes.length ? this.bytes : Buffer.alloc(length + CHUNK_BYTES);
    rest.copy(target);
    this.bytes = target;
    this.#filled = rest.length;
    this.end = 0;
    const count = this.#file.read(target, rest.length, target.length - rest.length, this.#position);
    this.#position += count;
    this.#filled += count;
    return length <= this.#filled;
  }

  close(): void {
    this.#file.close();
  }
}

/** Several runs as one, by a heap with the run of the first line at its top. */
export class MergedRuns {
  readonly #heap: SortedRun[] = [];

  constructor(runs: readonly SortedRun[]) {
    for (const run of runs) {
      if (run.advance()) this.#heap.push(run);
      else run.close();
    }
    for (let at = this.#heap.length >> 1; at >= 0; at--) this.#sink(at);
  }

  /** The run with the first line, or undefined when all lines have been taken. */
  get first(): SortedRun | undefined {
    return this.#heap[0];
  }

  /** The line of `first` has been taken. */
  take(): void {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined) return;
    if (!first.advance()) {
      first.close();
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
    }
    this.#sink(0);
  }

  close(): void {
    for (const run of this.#heap) run.close();
    this.#heap.length = 0;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const one = heap[child];
        const other = heap[least];
        if (one !== undefined && other !== undefined && compareRuns(one, other) < 0) least = child;
      }
      const [own, below] = [heap[at], heap[least]];
      if (least === at || own === undefined || below === undefined) return;
      heap[at] = below;
      heap[least] = own;
      at = least;
    }
  }
}
