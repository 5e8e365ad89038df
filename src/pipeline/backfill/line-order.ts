import { PARSED, type RecordBatch } from '../../parse/record-batch.ts';

/**
 * The one order of the lines of a log, whatever files they come from and in whatever order: by second,
 * and within a second by their bytes. Lines that are equal in all of this are equal, so what is
 * counted is a function of the lines alone.
 *
 * A line without a time of its own (unparsed, or of a time that nobody believes) has the second of the
 * line before it, and stands at the end of that second: there the window of that line is the newest.
 */

/** Rows of one second are sorted by one number each: a hash of 32 bits, and the row in so many. */
const ROW_BITS = 12;
const ROWS_MAX = 2 ** ROW_BITS;
const UNTIMED = 2 ** 32;

/** Whether a row has a time of its own; `latestS` is the latest that is believed. */
export function isTimed({ reason, timeS }: RecordBatch, row: number, latestS: number): boolean {
  return reason[row] === PARSED && (timeS[row] ?? Infinity) <= latestS;
}

/** A hash of the line in `view[start, end)`. */
export function lineKey(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function compareBytes(
  one: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): number {
  const length = Math.min(end - start, otherEnd - otherStart);
  for (let i = 0; i < length; i++) {
    const difference = (one[start + i] ?? 0) - (other[otherStart + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return end - start - (otherEnd - otherStart);
}

/** Puts the rows of each second of a batch into their order. Holds room for one batch. */
export class SecondsSorter {
  readonly #keys = new Float64Array(ROWS_MAX);
  readonly #order: Uint16Array;
  readonly #seconds: Float64Array;

  /** `rowsMax`: rows of a batch, at most 4096. */
  constructor(rowsMax: number) {
    if (rowsMax > ROWS_MAX) throw new RangeError('a batch has too many rows');
    this.#order = new Uint16Array(rowsMax);
    this.#seconds = new Float64Array(rowsMax);
  }

  /** Takes the seconds of the rows; `lastS` is that of the row before. Returns the first row of the last second. */
  look(records: RecordBatch, lastS: number, latestS: number): number {
    const { length, timeS } = records;
    let second = lastS;
    let from = 0;
    for (let row = 0; row < length; row++) {
      const own = isTimed(records, row, latestS) ? (timeS[row] ?? second) : second;
      if (own !== second && row > 0) from = row;
      second = own;
      this.#seconds[row] = own;
    }
    return from;
  }

  /** The second of a row that `look()` has seen. */
  secondOf(row: number): number {
    return this.#seconds[row] ?? 0;
  }

  /** Sorts the rows that are left of those that `look()` has seen. */
  sort(records: RecordBatch, latestS: number): void {
    const { length, bytes } = records;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let hasMoved = false;
    for (let from = 0; from < length; ) {
      let to = from + 1;
      while (to < length && this.#seconds[to] === this.#seconds[from]) to++;
      if (to - from === 1) this.#order[from] = from;
      else if (this.#sortSecond(records, view, from, to, latestS)) hasMoved = true;
      from = to;
    }
    if (hasMoved) records.reorder(this.#order);
  }

  /** Whether a row of [from, to) goes to another place. */
  #sortSecond(
    records: RecordBatch,
    view: DataView,
    from: number,
    to: number,
    latestS: number,
  ): boolean {
    const { lineStart, lineEnd, bytes } = records;
    const keys = this.#keys.subarray(0, to - from);
    for (let row = from; row < to; row++) {
      const key = lineKey(view, lineStart[row] ?? 0, lineEnd[row] ?? 0);
      const whole = isTimed(records, row, latestS) ? key : key + UNTIMED;
      keys[row - from] = whole * ROWS_MAX + (row - from);
    }
    keys.sort();
    let hasMoved = false;
    for (let i = 0; i < keys.length; i++) {
      const row = from + ((keys[i] ?? 0) % ROWS_MAX);
      this.#order[from + i] = row;
      if (row !== from + i) hasMoved = true;
      // Lines of one hash are the same line, but for one case in four thousand million.
      for (let at = from + i; at > from; at--) {
        const before = this.#order[at - 1] ?? 0;
        if (
          Math.floor((keys[at - 1 - from] ?? 0) / ROWS_MAX) !==
          Math.floor((keys[i] ?? 0) / ROWS_MAX)
        )
          break;
        const [a, b] = [lineStart[before] ?? 0, lineEnd[before] ?? 0];
        if (compareBytes(bytes, a, b, bytes, lineStart[row] ?? 0, lineEnd[row] ?? 0) <= 0) break;
        this.#order[at] = before;
        this.#order[at - 1] = row;
        hasMoved = true;
      }
    }
    return hasMoved;
  }
}
