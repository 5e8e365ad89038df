import type { KeptFlags } from './kept-values.ts';

/**
 * Requests of one site in one window by the values of a property of which there are many, a number
 * each: a row of figures for each value that has occurred.
 *
 * All values are told apart in here; which of them are written by themselves is said when the window is
 * handed over, and what is left is `other`, so sums are always right.
 */
const COLUMNS = 3; // count, traffic, errors
const ROWS_AT_FIRST = 8;

export interface ValueTotals {
  /** -1: the rest. */
  readonly value: number;
  readonly count: number;
  readonly traffic: number;
  readonly errors: number;
}

/** [value, count, traffic, errors, …]. */
export type ValueCellsSnapshot = readonly number[];

/** What is written by itself; with `hasRest` the rest is written too, also when nothing is left of it. */
export interface KeptInWindow {
  readonly flags: KeptFlags;
  readonly hasRest: boolean;
}

export class ValueCells {
  /** Per value: its row + 1, 0 for none. */
  readonly #rowOf: Uint16Array;
  readonly #values: number[] = [];
  #cells = new Float64Array(ROWS_AT_FIRST * COLUMNS);

  constructor(values: number) {
    this.#rowOf = new Uint16Array(values);
  }

  /** Counts a request; `errors` is 1 or 0. */
  add(value: number, errors: number, traffic: number): void {
    const row = this.#rowOf[value] ?? 0;
    const at = COLUMNS * ((row === 0 ? this.#newRow(value) : row) - 1);
    const cells = this.#cells;
    cells[at] = (cells[at] ?? 0) + 1;
    cells[at + 1] = (cells[at + 1] ?? 0) + traffic;
    cells[at + 2] = (cells[at + 2] ?? 0) + errors;
  }

  #newRow(value: number): number {
    const row = this.#values.push(value);
    this.#rowOf[value] = row;
    if (row * COLUMNS > this.#cells.length) {
      const grown = new Float64Array(2 * this.#cells.length);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    return row;
  }

  /** The values that are shown, ascending, and the rest. */
  totals({ flags, hasRest }: KeptInWindow): ValueTotals[] {
    const totals: ValueTotals[] = [];
    let [count, traffic, errors] = [0, 0, 0];
    for (const value of this.#values.toSorted((a, b) => a - b)) {
      const own = this.#totalsOf(value);
      if (flags[value] === 1) totals.push(own);
      else {
        count += own.count;
        traffic += own.traffic;
        errors += own.errors;
      }
    }
    if (hasRest || count > 0) totals.push({ value: -1, count, traffic, errors });
    return totals;
  }

  /** Of all values together. */
  sum(): { readonly count: number; readonly traffic: number; readonly errors: number } {
    let [count, traffic, errors] = [0, 0, 0];
    for (let at = 0; at < COLUMNS * this.#values.length; at += COLUMNS) {
      count += this.#cells[at] ?? 0;
      traffic += this.#cells[at + 1] ?? 0;
      errors += this.#cells[at + 2] ?? 0;
    }
    return { count, traffic, errors };
  }

  #totalsOf(value: number): ValueTotals {
    const at = COLUMNS * ((this.#rowOf[value] ?? 0) - 1);
    const [count = 0, traffic = 0, errors = 0] = this.#cells.subarray(at, at + COLUMNS);
    return { value, count, traffic, errors };
  }

  snapshot(): ValueCellsSnapshot {
    return this.#values.flatMap((value) => {
      const { count, traffic, errors } = this.#totalsOf(value);
      return [value, count, traffic, errors];
    });
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(cells: ValueCellsSnapshot): void {
    for (let i = 0; i + 3 < cells.length; i += 4) {
      const row = this.#newRow(cells[i] ?? 0);
      this.#cells.set(cells.slice(i + 1, i + 1 + COLUMNS), COLUMNS * (row - 1));
    }
  }
}
