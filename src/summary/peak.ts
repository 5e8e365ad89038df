import type { Totals } from './model.ts';

/**
 * The busiest minute of a span, in whatever order its requests come. Owns 11 kB for each day that has
 * requests, of at most DAYS_MAX days; requests of further days have no part in the peak.
 */
const MINUTE_S = 60;
const DAY_S = 86_400;
const DAYS_MAX = 4000;

export class Peak {
  readonly #days = new Map<number, Uint32Array>();
  #last: Uint32Array | undefined;
  #lastDay = Number.NaN;

  add(atS: number, requests: number): void {
    const day = Math.floor(atS / DAY_S);
    if (day !== this.#lastDay) {
      this.#last = this.#dayOf(day);
      this.#lastDay = day;
    }
    if (this.#last === undefined) return;
    this.#last[Math.floor((atS - day * DAY_S) / MINUTE_S)]! += requests;
  }

  #dayOf(day: number): Uint32Array | undefined {
    let minutes = this.#days.get(day);
    if (minutes === undefined && this.#days.size < DAYS_MAX) {
      minutes = new Uint32Array(DAY_S / MINUTE_S);
      this.#days.set(day, minutes);
    }
    return minutes;
  }

  /** The earliest of the busiest minutes. */
  get busiest(): Totals['peak'] {
    let found: { readonly atS: number; readonly requests: number } | undefined;
    for (const [day, minutes] of this.#days) {
      for (const [minute, requests] of minutes.entries()) {
        const atS = day * DAY_S + minute * MINUTE_S;
        const isMore = requests > (found?.requests ?? 0);
        if (isMore || (requests === found?.requests && atS < found.atS)) found = { atS, requests };
      }
    }
    if (found === undefined) return undefined;
    return { atS: found.atS, stepS: MINUTE_S, perSecond: found.requests / MINUTE_S };
  }
}
