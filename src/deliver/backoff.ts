/**
 * How long to wait before the next try: exponential with full jitter, so that a fleet whose
 * database comes back does not knock on it all at once.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */

const FIRST_MS = 1_000;
const CAP_MS = 60_000;
/** A server that asks for more is asked again after this long all the same. */
const RETRY_AFTER_MAX_MS = 15 * 60_000;
/** Spread on top of a Retry-After, which is the same for everybody. */
const RETRY_AFTER_SPREAD_MS = 1_000;
/** A refusal that needs an operator is tried again after 30 to 60 s. */
const SLOW_MS = 30_000;

export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` returns a number in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Delay before the next try, after one more failure. `retryAfterMs` is what the server asked for. */
  nextDelayMs(retryAfterMs?: number): number {
    // 2^6 s is beyond the cap already; counting on would end in infinity.
    const ceilingMs = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(this.#failures, 6));
    this.#failures++;
    const jitter = this.#random();
    if (retryAfterMs !== undefined && retryAfterMs > 0)
      return Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) + jitter * RETRY_AFTER_SPREAD_MS;
    return jitter * ceilingMs;
  }

  /** Delay before asking again a server that said no, 30 to 60 s. */
  slowDelayMs(): number {
    return SLOW_MS * (1 + this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}

/**
 * A `Retry-After` header (RFC 9110, section 10.2.3) as milliseconds from `nowMs`: a number of
 * seconds or an HTTP date. Undefined where it is absent or neither; at most 15 minutes.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
  // A date has letters; without this test Date.parse would take '-5' or '1.5' for a year.
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(atMs - nowMs, 0), RETRY_AFTER_MAX_MS);
}
