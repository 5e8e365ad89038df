import { LATENCY_BOUNDS_MS, type LatencyTotals } from './sealed-window.ts';

/**
 * Latency histogram of one series in one window: log-linear bins of whole milliseconds, right-closed
 * so that the 33 bounds of the schema are sums of whole bins. Up to 64 ms every millisecond has its own
 * bin, 0 included; above, an octave has 32 bins, so a value read back from the middle of its bin is off
 * by at most 1.6 %. Times beyond 2^22 ms (70 min) share the last bin; sum and maximum stay exact.
 *
 * A histogram is a bare Uint32Array, so that adding a request is one increment.
 */
export const LATENCY_BINS = 65 + 16 * 32;
const LAST_VALUE = 2 ** 22 - 1;

/** The bin of a time in whole milliseconds, not negative. */
export function latencyBin(ms: number): number {
  if (ms <= 64) return ms;
  const value = ms > LAST_VALUE ? LAST_VALUE : ms - 1;
  const exponent = 31 - Math.clz32(value);
  return 65 + (exponent - 6) * 32 + (value >> (exponent - 5)) - 32;
}

/** Greatest time of a bin, inclusive. */
function upperMs(bin: number): number {
  if (bin <= 64) return bin;
  const shift = 1 + ((bin - 65) >> 5);
  return (33 + ((bin - 65) & 31)) << shift;
}

const UPPER_MS = Uint32Array.from({ length: LATENCY_BINS }, (_, bin) => upperMs(bin));
const BOUND_OF_BIN = Uint8Array.from(UPPER_MS, (upper) => {
  const bound = LATENCY_BOUNDS_MS.findIndex((boundMs) => upper <= boundMs);
  return bound === -1 ? LATENCY_BOUNDS_MS.length : bound;
});

/** Index into LATENCY_BOUNDS_MS of the bin of the schema that a time belongs to; the open bin is the last. */
export function boundOf(ms: number): number {
  return BOUND_OF_BIN[latencyBin(ms)] ?? LATENCY_BOUNDS_MS.length;
}

/** Nearest-rank quantile: the middle of the bin that holds the request of that rank, at most `maxMs`. */
function quantileMs(bins: Uint32Array, count: number, maxMs: number, quantile: number): number {
  const rank = Math.max(1, Math.ceil(quantile * count));
  let seen = 0;
  for (let bin = 0; bin < LATENCY_BINS; bin++) {
    seen += bins[bin] ?? 0;
    if (seen < rank) continue;
    const upper = UPPER_MS[bin] ?? 0;
    const lower = bin === 0 ? 0 : (UPPER_MS[bin - 1] ?? 0) + 1;
    return bin === LATENCY_BINS - 1 ? maxMs : Math.min(maxMs, Math.round((lower + upper) / 2));
  }
  return maxMs;
}

/** The totals of a histogram in the form of the schema. `count` must be the sum of the bins. */
export function latencyTotals(
  bins: Uint32Array | undefined,
  count: number,
  sumMs: number,
  maxMs: number,
): LatencyTotals {
  const bounds = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  if (bins === undefined || count === 0) {
    return { count, sumMs, maxMs, p50Ms: 0, p95Ms: 0, p99Ms: 0, bins: bounds };
  }
  bins.forEach((n, bin) => {
    const bound = BOUND_OF_BIN[bin] ?? 0;
    bounds[bound] = (bounds[bound] ?? 0) + n;
  });
  return {
    count,
    sumMs,
    maxMs,
    p50Ms: quantileMs(bins, count, maxMs, 0.5),
    p95Ms: quantileMs(bins, count, maxMs, 0.95),
    p99Ms: quantileMs(bins, count, maxMs, 0.99),
    bins: bounds,
  };
}
