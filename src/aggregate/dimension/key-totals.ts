/**
 * The totals of one window by key (a route, an upstream, … of a site): a row of figures for every key
 * that is a candidate for a series of its own, and one row per site for the rest, `other`.
 *
 * Owns its rows. A row is *shown* when its key is one of those with a series; this is never taken
 * back, because points that were written cannot be unwritten. A row that is not shown counts as
 * `other` when the window is sealed, so the sum over all keys is always the sum of all that was added.
 *
 * What can be lost: the figures of a candidate that is given up go to `other`; if its key comes back,
 * its row begins at zero.
 */
import { grown } from '../sketch/space-saving.ts';

export const OTHER_KEY = 'other';

/** What the rows need to know of the candidates; heavy-hitters.ts keeps it. */
export interface Candidates {
  /** Per slot: the two halves of the key. */
  readonly sites: readonly string[];
  readonly names: readonly string[];
  /** Per slot: 1 when the key has a series. */
  readonly kept: Uint8Array;
}

/** The form of a row. */
export interface RowShape {
  readonly columns: number;
  /** Columns whose value is the greatest, not the sum, of what was added. */
  readonly greatest: readonly number[];
}

export interface KeyedRow {
  readonly site: string;
  readonly name: string;
  /** One figure per column. */
  readonly values: Float64Array;
}

/** Slot (-1: none), shown, site, name, and the figures as [column, value, …] without zeros. */
type RowSnapshot = readonly [
  slot: number,
  kept: boolean,
  site: string,
  name: string,
  sparse: readonly number[],
];
export interface KeyTotalsSnapshot {
  readonly startS: number;
  readonly rows: readonly RowSnapshot[];
}

interface Owner {
  /** -1: the key is no candidate any more, or the row is one of `other`. */
  slot: number;
  isKept: boolean;
  site: string;
  name: string;
}

const ROWS_AT_FIRST = 8;

export class KeyTotals {
  readonly startS: number;
  /** Rows × columns; `rowAt()` says where a row begins. Replaced when it grows. */
  values: Float64Array<ArrayBuffer>;
  /** A key became visible since this was last set to false. */
  isDirty = false;
  /** Rows of keys with a series, at most `keptMax`. */
  kept = 0;
  readonly #shape: RowShape;
  readonly #candidates: Candidates;
  readonly #keptMax: number;
  /** Row + 1 of a slot; 0: none. */
  #rowOfSlot: Int32Array<ArrayBuffer>;
  readonly #owners: (Owner | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #others = new Map<string, number>();
  /** Rows that are shown and whose key lost its slot. */
  #detached: number[] = [];

  constructor(startS: number, shape: RowShape, candidates: Candidates, keptMax: number) {
    this.startS = startS;
    this.#shape = shape;
    this.#candidates = candidates;
    this.#keptMax = keptMax;
    this.values = new Float64Array(ROWS_AT_FIRST * shape.columns);
    this.#rowOfSlot = new Int32Array(ROWS_AT_FIRST);
  }

  /** Where in `values` the row of a candidate begins. Allocates only for its first line. */
  rowAt(slot: number): number {
    const row = this.#rowOfSlot[slot] ?? 0;
    return (row === 0 ? this.#newRowOf(slot) : row - 1) * this.#shape.columns;
  }

  /** Where in `values` the row for the rest of a site begins. */
  otherAt(site: string): number {
    let row = this.#others.get(site);
    if (row === undefined) {
      row = this.#newRow({ slot: -1, isKept: false, site, name: OTHER_KEY });
      this.#others.set(site, row);
    }
    return row * this.#shape.columns;
  }

  #newRowOf(slot: number): number {
    const site = this.#candidates.sites[slot] ?? '';
    const name = this.#candidates.names[slot] ?? '';
    let row = this.#detached.find((row) => {
      const owner = this.#owners[row];
      return owner?.site === site && owner.name === name;
    });
    if (row === undefined) {
      row = this.#newRow({ slot, isKept: false, site, name });
      this.#place(slot, row);
      if (this.#candidates.kept[slot] === 1) this.keep(slot);
      return row;
    }
    this.#detached = this.#detached.filter((other) => other !== row);
    const owner = this.#owners[row];
    if (owner !== undefined) owner.slot = slot;
    this.#place(slot, row);
    return row;
  }

  #place(slot: number, row: number): void {
    if (slot >= this.#rowOfSlot.length) {
      const size = 2 ** Math.ceil(Math.log2(slot + 1));
      this.#rowOfSlot = grown(this.#rowOfSlot, new Int32Array(size));
    }
    this.#rowOfSlot[slot] = row + 1;
  }

  #newRow(owner: Owner): number {
    const row = this.#free.pop() ?? this.#owners.length;
    this.#owners[row] = owner;
    if ((row + 1) * this.#shape.columns > this.values.length) {
      this.values = grown(this.values, new Float64Array(2 * this.values.length));
    }
    return row;
  }

  /** The candidate has a series: its row, if it has one, is shown as long as there is room. */
  keep(slot: number): void {
    const row = (this.#rowOfSlot[slot] ?? 0) - 1;
    const owner = row < 0 ? undefined : this.#owners[row];
    if (owner === undefined || owner.isKept || this.kept >= this.#keptMax) return;
    owner.isKept = true;
    this.kept++;
    this.isDirty = true;
  }

  /** The slot is about to get another key. */
  release(slot: number): void {
    const row = (this.#rowOfSlot[slot] ?? 0) - 1;
    if (row < 0) return;
    this.#rowOfSlot[slot] = 0;
    const owner = this.#owners[row];
    if (owner === undefined) return;
    owner.slot = -1;
    if (owner.isKept) {
      this.#detached.push(row);
      return;
    }
    const { columns } = this.#shape;
    const otherAt = this.otherAt(owner.site);
    this.#fold(row, this.values, otherAt);
    this.values.fill(0, row * columns, (row + 1) * columns);
    this.#owners[row] = undefined;
    this.#free.push(row);
  }

  #fold(row: number, to: Float64Array, toAt: number): void {
    const { columns, greatest } = this.#shape;
    const at = row * columns;
    for (let i = 0; i < columns; i++) {
      const value = this.values[at + i] ?? 0;
      const before = to[toAt + i] ?? 0;
      to[toAt + i] = greatest.includes(i) ? Math.max(before, value) : before + value;
    }
  }

  /**
   * The window as it stands: the shown keys, and `other` for every site that has a rest. Where keys
   * may have to go without a series (`hasOther`) every site has one, also of zeros: what stands in the
   * database as `other`, from whatever moment or run, must not stay there once its keys are shown.
   */
  rows(hasOther: boolean): KeyedRow[] {
    const { columns } = this.#shape;
    const kept: KeyedRow[] = [];
    const others = new Map<string, Float64Array>();
    if (hasOther) {
      for (const owner of this.#owners) {
        if (owner !== undefined) others.set(owner.site, new Float64Array(columns));
      }
    }
    this.#owners.forEach((owner, row) => {
      if (owner === undefined) return;
      const { site, name } = owner;
      if (owner.isKept) {
        const at = row * columns;
        kept.push({ site, name, values: this.values.slice(at, at + columns) });
        return;
      }
      const rest = others.get(site) ?? new Float64Array(columns);
      others.set(site, rest);
      this.#fold(row, rest, 0);
    });
    for (const [site, values] of others) kept.push({ site, name: OTHER_KEY, values });
    return kept.sort((a, b) => compareText(a.site, b.site) || compareText(a.name, b.name));
  }

  snapshot(): KeyTotalsSnapshot {
    const { columns } = this.#shape;
    const rows: RowSnapshot[] = [];
    this.#owners.forEach((owner, row) => {
      if (owner === undefined) return;
      const sparse: number[] = [];
      for (let i = 0; i < columns; i++) {
        const value = this.values[row * columns + i] ?? 0;
        if (value !== 0) sparse.push(i, value);
      }
      rows.push([owner.slot, owner.isKept, owner.site, owner.name, sparse]);
    });
    return { startS: this.startS, rows };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: KeyTotalsSnapshot): void {
    for (const [slot, isKept, site, name, sparse] of snapshot.rows) {
      const row = this.#newRow({ slot, isKept, site, name });
      if (isKept) this.kept++;
      if (slot >= 0) this.#place(slot, row);
      else if (isKept) this.#detached.push(row);
      else this.#others.set(site, row);
      for (let i = 0; i + 1 < sparse.length; i += 2) {
        this.values[row * this.#shape.columns + (sparse[i] ?? 0)] = sparse[i + 1] ?? 0;
      }
    }
  }
}

/** Order of UTF-16 units, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
