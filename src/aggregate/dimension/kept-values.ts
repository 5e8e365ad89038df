/**
 * Which values of one property (statuses, countries) of one log are kept, by the rule of keeping.ts.
 * There are many possible ones, a number each, so every value has a counter and none is ever thrown
 * out; heavy hitters of strangers' making (routes, sites) are chosen likewise among candidates in a
 * table of bounded size.
 *
 * What a window has kept it never hides, because what was written stays in the database: each window
 * has flags of its own, and keeps them when a value is kept no longer.
 */
import { decayOver, exchange, LEAD, Ration, UNIT, worthOf } from '../keeping.ts';

export interface KeptValuesSnapshot {
  /** [value, traffic, is kept, …]. */
  readonly values: readonly number[];
  readonly ration: number;
}

/** Per value: 1 when a window has it by itself. */
export type KeptFlags = Uint8Array;

export class KeptValues {
  readonly #keptMax: number;
  readonly #windowS: number;
  /** Per value: recent requests, in units. */
  readonly #traffic: Float64Array;
  readonly #kept: Uint8Array;
  #keptCount = 0;
  readonly #ration: Ration;
  /** Of the windows that lines may still change, by start. */
  readonly #windows = new Map<number, KeptFlags>();

  /** Values are whole numbers below `values`. */
  constructor(values: number, keptMax: number, windowS: number) {
    this.#keptMax = keptMax;
    this.#windowS = windowS;
    this.#traffic = new Float64Array(values);
    this.#kept = new Uint8Array(values);
    this.#ration = new Ration(keptMax);
  }

  /** Whether as many are kept as may be; so it stays. Before, nothing ever goes to `other`. */
  get isFull(): boolean {
    return this.#keptCount >= this.#keptMax;
  }

  get keptCount(): number {
    return this.#keptCount;
  }

  /** The flags of a new window; they change as values become kept, until `close()`. */
  open(startS: number): KeptFlags {
    const flags = this.#kept.slice();
    this.#windows.set(startS, flags);
    return flags;
  }

  /** No line will change the window any more. */
  close(startS: number): void {
    this.#windows.delete(startS);
  }

  /** Counts one request in a window with these flags; false when it belongs to `other` there. */
  count(value: number, flags: KeptFlags): boolean {
    this.#traffic[value] = (this.#traffic[value] ?? 0) + UNIT;
    if (flags[value] === 1) return true;
    if (this.#kept[value] === 0) {
      if (this.isFull) return false;
      this.#kept[value] = 1;
      this.#keptCount++;
    }
    flags[value] = 1;
    return true;
  }

  /**
   * The newest event time has entered a later window, `windows` further than before; the line that did
   * so is not counted yet. Windows that start before `openFromS` could take no line just before it, and
   * stay as they are.
   */
  cross(windows: number, openFromS: number): void {
    if (this.isFull) this.#choose(openFromS);
    const elapsedS = windows * this.#windowS;
    const factor = decayOver(elapsedS);
    for (let value = 0; value < this.#traffic.length; value++) {
      this.#traffic[value] = Math.floor((this.#traffic[value] ?? 0) * factor);
    }
    this.#ration.refill(elapsedS);
  }

  #choose(openFromS: number): void {
    const traffic = (value: number) => this.#traffic[value] ?? 0;
    const byTraffic = (a: number, b: number) => traffic(b) - traffic(a) || a - b;
    const values = Array.from(this.#traffic.keys());
    const worth = worthOf(this.#traffic.reduce((sum, units) => sum + units, 0));
    exchange(
      values.filter((value) => this.#kept[value] === 0).sort(byTraffic),
      values.filter((value) => this.#kept[value] === 1).sort((a, b) => byTraffic(b, a)),
      this.#ration,
      (value, weakest) => traffic(value) >= worth && traffic(value) > LEAD * traffic(weakest),
      (value, weakest) => {
        this.#kept[weakest] = 0;
        this.#kept[value] = 1;
        for (const [startS, flags] of this.#windows) if (startS >= openFromS) flags[value] = 1;
      },
    );
  }

  snapshot(): KeptValuesSnapshot {
    const values: number[] = [];
    this.#traffic.forEach((traffic, value) => {
      const isKept = this.#kept[value] ?? 0;
      if (traffic > 0 || isKept === 1) values.push(value, traffic, isKept);
    });
    return { values, ration: this.#ration.left };
  }

  /** Takes up a snapshot; only on a new instance, before any window is opened. */
  restore({ values, ration }: KeptValuesSnapshot): void {
    for (let i = 0; i + 2 < values.length; i += 3) {
      const value = values[i] ?? 0;
      this.#traffic[value] = values[i + 1] ?? 0;
      if (values[i + 2] === 1 && !this.isFull) {
        this.#kept[value] = 1;
        this.#keptCount++;
      }
    }
    this.#ration.restore(ration);
  }
}

/** Flags what a checkpoint says, and nothing of what has become kept since. */
export function restoreKept(flags: KeptFlags, list: readonly number[]): void {
  flags.fill(0);
  for (const value of list) flags[value] = 1;
}

/** The flagged values, as a checkpoint has them. */
export function keptList(flags: KeptFlags): number[] {
  return Array.from(flags.keys()).filter((value) => flags[value] === 1);
}
