import type { Latency } from './model.ts';

/**
 * Percentiles from counts by bins that add up over windows and hosts, by the same rule as the
 * dashboards (scripts/dashboards/quantile.ts): between the edges of a bin, in logarithms, the density
 * changes evenly from that of the bin before to that of the bin behind. Times are whole milliseconds, so
 * a bin up to 6 ms ends at 6.5.
 */
const HALF_MS = 0.5;

/** `boundsMs`: upper bounds, ascending; `bins` has one more, the open one. Whole milliseconds. */
export function quantileMs(
  bins: readonly number[],
  boundsMs: readonly number[],
  maxMs: number,
  quantile: number,
): number {
  const count = bins.reduce((sum, n) => sum + n, 0);
  const target = quantile * count;
  let below = 0;
  const at = bins.findIndex((n) => {
    if (n > 0 && below + n >= target) return true;
    below += n;
    return false;
  });
  const upper = boundsMs[at];
  if (upper === undefined) return maxMs;
  const lower = (boundsMs[at - 1] ?? 0) + HALF_MS;
  const part = (target - below) / (bins[at] ?? 1);
  const width = Math.log((upper + HALF_MS) / lower);
  const value =
    lower *
    Math.exp(width * within(part, root(bins, boundsMs, at - 1), root(bins, boundsMs, at + 1)));
  return Math.min(maxMs, Math.round(value));
}

/** Where in a bin the part `x` of its requests ends, with the roots of the densities on both sides. */
function within(x: number, a: number, b: number): number {
  if (a + b === 0) return x;
  return (x * (a + b)) / (a + Math.sqrt(a * a + (b * b - a * a) * x));
}

/** The root of the density of a bin; the open one counts as wide as the last. */
function root(bins: readonly number[], boundsMs: readonly number[], at: number): number {
  const bounded = Math.min(at, boundsMs.length - 1);
  const upper = boundsMs[bounded];
  if (upper === undefined) return 0;
  const width = Math.log((upper + HALF_MS) / ((boundsMs[bounded - 1] ?? 0) + HALF_MS));
  return Math.sqrt((bins[at] ?? 0) / width);
}

export function latencyOf(
  count: number,
  sumMs: number,
  maxMs: number,
  bins: readonly number[],
  boundsMs: readonly number[],
): Latency {
  const at = (quantile: number) => quantileMs(bins, boundsMs, maxMs, quantile);
  return { count, sumMs, maxMs, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
