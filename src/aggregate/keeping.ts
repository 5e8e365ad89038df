/**
 * The one rule by which keys of a log keep a series of their own: sites, routes, upstreams, statuses,
 * countries. The others share `other`.
 *
 * While there is room, a key is kept from its first request on. Once `keptMax` keys are kept, another
 * key may take the place of the weakest one only at a *crossing*, when the newest event time enters a
 * later window: with LEAD times its traffic, and enough traffic to be worth a series. Such changes are
 * rationed, so that the number of series over the days is bounded against clients that invent keys.
 * Traffic is a count of requests that halves every six hours of event time.
 *
 * All of it is a function of the lines in their order, of no clock, and of no moment at which a window
 * was written, so a log that is read again gives the same series.
 */

/** A request counts so many units, so that decay leaves fractions of one. */
export const UNIT = 1024;
/** Units of the fewest requests that are worth a series. */
export const WORTH_MIN = 8 * UNIT;
/** How much more traffic than the weakest kept key another one must have. */
export const LEAD = 2;

const HALF_LIFE_S = 6 * 3600;
const DAY_S = 86_400;
/** The share of the traffic of a log that is worth a series. */
const SHARE_MIN = 0.002;

/** The units that are worth a series in a log of so many. */
export function worthOf(totalUnits: number): number {
  return Math.max(WORTH_MIN, SHARE_MIN * totalUnits);
}

/** What is left of a count after so much event time. */
export function decayOver(elapsedS: number): number {
  return 0.5 ** (elapsedS / HALF_LIFE_S);
}

/** How many keys may become kept in another's place: `max` at once, and `perDay` more each day. */
export class Ration {
  left: number;
  readonly #perDay: number;
  readonly #max: number;

  constructor(perDay: number, max = perDay) {
    this.#perDay = perDay;
    this.#max = max;
    this.left = max;
  }

  get isSpent(): boolean {
    return this.left < 1;
  }

  refill(elapsedS: number): void {
    this.left = Math.min(this.#max, this.left + (this.#perDay * elapsedS) / DAY_S);
  }

  /** Takes up what a checkpoint had left. */
  restore(left: number): void {
    this.left = Math.min(this.#max, left);
  }
}

/**
 * Lets candidates take the place of kept keys while the ration lasts: the strongest candidate that of
 * the weakest key, and so on, until one is not strong enough.
 */
export function exchange<Candidate, Kept>(
  candidates: readonly Candidate[],
  weakestFirst: readonly Kept[],
  ration: Ration,
  isStronger: (candidate: Candidate, kept: Kept) => boolean,
  replace: (candidate: Candidate, kept: Kept) => void,
): void {
  for (const [i, candidate] of candidates.entries()) {
    const weakest = weakestFirst[i];
    if (weakest === undefined || ration.isSpent || !isStronger(candidate, weakest)) return;
    ration.left--;
    replace(candidate, weakest);
  }
}
