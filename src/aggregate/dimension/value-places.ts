/**
 * Which values of one property (statuses, countries) of one log have a series of their own. There are
 * many possible ones, a number each, and `places` places; the rest shares `other`.
 *
 * While there is room a value gets its place with its first request. Once all are taken, a value may
 * take the weakest place only at a *crossing*, when the newest event time enters a later window: with
 * twice its traffic, and with so many requests and such a share of the log's that it is worth a series.
 * Such changes are rationed, so that in the long run no more than `places` series a day are new.
 * Traffic is a count of requests that halves every six hours of event time. All of it is a function of
 * the lines in their order, so reading a log again gives the same series.
 *
 * What a window has shown it never hides, because what was written stays in the database: each window
 * has flags of its own, and keeps them when a value loses its place.
 *
 * Heavy hitters of strangers' making (routes, sites) are chosen likewise, but as candidates in a table
 * of bounded size; here every value has a counter, so nothing is ever thrown out.
 */

export interface ValuePlacesSnapshot {
  /** [value, traffic, has a place, …]. */
  readonly values: readonly number[];
  readonly ration: number;
}

/** Per value: 1 when a window shows it by itself. */
export type ShownValues = Uint8Array;

/** A request counts so many units, so that decay leaves fractions of one. */
const UNIT = 1024;
const HALF_LIFE_S = 6 * 3600;
/** How much more traffic than the weakest place a value must have. */
const LEAD = 2;
/** And at least so many requests, and this share of the log's traffic. */
const REQUESTS_MIN = 8;
const SHARE_MIN = 0.002;
/** As many places as there are may change hands at once, and after so long as many again. */
const RATION_PERIOD_S = 86_400;

export class ValuePlaces {
  readonly #places: number;
  readonly #windowS: number;
  /** Per value: recent requests, in units. */
  readonly #traffic: Float64Array;
  readonly #kept: Uint8Array;
  #keptCount = 0;
  /** Places that may change hands now. */
  #ration: number;
  /** Of the windows that lines may still change, by start. */
  readonly #windows = new Map<number, ShownValues>();

  /** Values are whole numbers below `values`. */
  constructor(values: number, places: number, windowS: number) {
    this.#places = places;
    this.#windowS = windowS;
    this.#traffic = new Float64Array(values);
    this.#kept = new Uint8Array(values);
    this.#ration = places;
  }

  /** Whether all places are taken; so it stays. Before, nothing ever goes to `other`. */
  get isFull(): boolean {
    return this.#keptCount >= this.#places;
  }

  /** Values with a place of their own. */
  get keptCount(): number {
    return this.#keptCount;
  }

  /** The flags of a new window; they change as values get places, until `close()`. */
  open(startS: number): ShownValues {
    const shown = this.#kept.slice();
    this.#windows.set(startS, shown);
    return shown;
  }

  /** No line will change the window any more. */
  close(startS: number): void {
    this.#windows.delete(startS);
  }

  /** Counts one request in a window with these flags; false when it belongs to `other` there. */
  count(value: number, shown: ShownValues): boolean {
    this.#traffic[value] = (this.#traffic[value] ?? 0) + UNIT;
    if (shown[value] === 1) return true;
    if (this.#kept[value] === 0) {
      if (this.isFull) return false;
      this.#kept[value] = 1;
      this.#keptCount++;
    }
    shown[value] = 1;
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
    const factor = 0.5 ** (elapsedS / HALF_LIFE_S);
    for (let value = 0; value < this.#traffic.length; value++) {
      this.#traffic[value] = Math.floor((this.#traffic[value] ?? 0) * factor);
    }
    const refill = (this.#places * elapsedS) / RATION_PERIOD_S;
    this.#ration = Math.min(this.#places, this.#ration + refill);
  }

  #choose(openFromS: number): void {
    const byTraffic = (a: number, b: number) =>
      (this.#traffic[b] ?? 0) - (this.#traffic[a] ?? 0) || a - b;
    const values = Array.from({ length: this.#traffic.length }, (_, value) => value);
    const candidates = values.filter((value) => this.#kept[value] === 0).sort(byTraffic);
    const places = values.filter((value) => this.#kept[value] === 1).sort(byTraffic);
    const total = this.#traffic.reduce((sum, traffic) => sum + traffic, 0);
    const enough = Math.max(REQUESTS_MIN * UNIT, SHARE_MIN * total);
    for (const value of candidates) {
      const weakest = places.pop();
      const traffic = this.#traffic[value] ?? 0;
      if (weakest === undefined || this.#ration < 1 || traffic < enough) return;
      if (traffic <= LEAD * (this.#traffic[weakest] ?? 0)) return;
      this.#kept[weakest] = 0;
      this.#kept[value] = 1;
      this.#ration--;
      for (const [startS, shown] of this.#windows) if (startS >= openFromS) shown[value] = 1;
    }
  }

  snapshot(): ValuePlacesSnapshot {
    const values: number[] = [];
    this.#traffic.forEach((traffic, value) => {
      const isKept = this.#kept[value] ?? 0;
      if (traffic > 0 || isKept === 1) values.push(value, traffic, isKept);
    });
    return { values, ration: this.#ration };
  }

  /** Takes up a snapshot; only on a new instance, before any window is opened. */
  restore({ values, ration }: ValuePlacesSnapshot): void {
    for (let i = 0; i + 2 < values.length; i += 3) {
      const value = values[i] ?? 0;
      this.#traffic[value] = values[i + 1] ?? 0;
      if (values[i + 2] === 1 && this.#keptCount < this.#places) {
        this.#kept[value] = 1;
        this.#keptCount++;
      }
    }
    this.#ration = Math.min(ration, this.#places);
  }
}

/** Flags what a checkpoint says, and nothing of what has got its place since. */
export function restoreShown(shown: ShownValues, list: readonly number[]): void {
  shown.fill(0);
  for (const value of list) shown[value] = 1;
}

/** The flagged values, as a checkpoint has them. */
export function shownList(shown: ShownValues): number[] {
  return Array.from(shown.keys()).filter((value) => shown[value] === 1);
}
