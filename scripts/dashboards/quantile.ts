/**
 * Percentiles merged over hosts and time from the bins `b_N`, in InfluxQL alone, without Flux.
 *
 * Four levels. The sum n of every bin; running totals C, and per bin g = √(n / width), the root of its
 * density, width being the logarithm of upper ÷ lower. For quantile q of N requests the target is
 * T = q·N, of which bin i holds the part x = clamp01((T − C[i−1]) / n). The value is
 * lowest·exp(Σ width·s(x)): in full for the bins below the target, nothing for those above, and in the
 * bin of the target as far as s says.
 *
 * s is where in the bin the part x of its requests ends. With s = x they would lie as close at both
 * ends, and in the tail, where a bin has twice as many at its lower end, p99 came out 6 % too great. So
 * the density is taken to change evenly through the bin, from that between it and the bin before
 * (a = g[i−1]; their geometric mean, whose factor √n cancels out) to that between it and the one behind
 * (b = g[i+1]): s = x·(a + b) / (a + √(a² + (b² − a²)·x)).
 *
 * Times are whole milliseconds, so a bin up to 6 ms ends at 6.5.
 *
 * InfluxQL has no minimum of two values, so clamp01(x) is written (|x| − |x−1| + 1) / 2. Two traps:
 * `abs()` of a negative integer comes back negative on 1.6, so the argument is kept a float; and a time
 * without requests is cut off by the outermost condition, or it would read half a millisecond.
 */
import { COARSE_LATENCY_BOUNDS_MS } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import { condition, groupBy, type Source } from './influxql.ts';

export interface QuantileQuery extends Source {
  /** 0…1 and the name of the column. */
  readonly quantiles: readonly { readonly q: number; readonly name: string }[];
  /** Upper bounds of the bins in ms, ascending, without the open one. */
  readonly boundsMs: readonly number[];
  readonly time?: string;
  readonly tags?: readonly string[];
  /** Milliseconds in the unit of the result: 1 unless given, 1000 for seconds. */
  readonly unitMs?: number;
}

/** Keeps an empty bin from dividing by zero; far below the weight of one request. */
const EPSILON = '0.000001';
/** The same for the root of a density. */
const ROOT_MIN = '0.001';
const HALF_MS = 0.5;

/** Logarithms of upper ÷ lower edge. */
function widthsOf(boundsMs: readonly number[]): number[] {
  return boundsMs.map((bound, i) =>
    Math.log((bound + HALF_MS) / ((boundsMs[i - 1] ?? 0) + HALF_MS)),
  );
}

function columns(count: number, expression: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => expression(i)).join(',');
}

/** Second level: running totals, and roots of densities; the open bin counts as wide as the last. */
function runningColumns(widths: readonly number[]): string {
  const bins = widths.length + 1;
  const totals = columns(bins, (i) => {
    const parts = Array.from({ length: i + 1 }, (_, j) => `n${j}`);
    return `${parts.join('+')} AS c${i}`;
  });
  const roots = columns(bins, (i) => {
    const weight = (widths[i] ?? widths.at(-1) ?? 1) ** -0.5;
    return `sqrt(n${i})*${weight.toFixed(5)}+${ROOT_MIN} AS g${i}`;
  });
  return `${totals},${roots}`;
}

/** Third level, for quantile number `j`: the part of each bin that lies below the target. */
function partColumns(q: number, j: number, bins: number): string {
  return columns(bins, (i) => {
    const below = i === 0 ? '' : `-c${i - 1}`;
    const x = `(${q}*c${bins}${below})/(c${i}${below}+${EPSILON})`;
    return `(abs(${x})-abs(${x}-1)+1)/2 AS x${j}_${i}`;
  });
}

/** Fourth level. */
function valueOf(j: number, widths: readonly number[], unitMs: number): string {
  const terms = widths.map((width, i) => {
    const x = `x${j}_${i}`;
    const a = i === 0 ? ROOT_MIN : `g${i - 1}`;
    const b = `g${i + 1}`;
    return `${width.toFixed(5)}*${x}*(${a}+${b})/(${a}+sqrt(${a}*${a}+(${b}*${b}-${a}*${a})*${x}))`;
  });
  return `${HALF_MS / unitMs}*exp(${terms.join('+')})`;
}

export function quantileQuery(query: QuantileQuery): string {
  const { boundsMs, quantiles, unitMs = 1 } = query;
  const widths = widthsOf(boundsMs);
  const bins = widths.length;
  const fields = [...boundsMs.map((ms) => `b_${ms}`), 'b_inf'];
  const byTags = groupBy(undefined, query.tags);
  const sums =
    `SELECT ${fields.map((field, i) => `sum("${field}") AS n${i}`).join(',')} ` +
    `FROM ${query.measurement} WHERE ${condition(query)}${groupBy(query.time, query.tags, 'none')}`;
  const running = `SELECT ${runningColumns(widths)} FROM (${sums})${byTags}`;
  const parts = [
    ...quantiles.map(({ q }, j) => partColumns(q, j, bins)),
    columns(bins + 1, (i) => `g${i} AS g${i}`),
    `c${bins} AS n`,
  ].join(',');
  const values = quantiles
    .map(({ name }, j) => `${valueOf(j, widths, unitMs)} AS "${name}"`)
    .join(',');
  const result = `SELECT ${values} FROM (SELECT ${parts} FROM (${running})${byTags}) WHERE n > 0${byTags}`;
  if (query.time === undefined) return result;
  // A bucket without requests is a gap, and not a line between its neighbours.
  const merged = quantiles.map(({ name }) => `max("${name}") AS "${name}"`).join(',');
  return `SELECT ${merged} FROM (${result}) WHERE ${query.range}${groupBy(query.time, query.tags)}`;
}

/** The three that every latency graph shows. */
export const USUAL_QUANTILES = [
  { q: 0.5, name: 'p50' },
  { q: 0.95, name: 'p95' },
  { q: 0.99, name: 'p99' },
] as const;

type Spread = Pick<QuantileQuery, 'time' | 'tags' | 'unitMs'>;

function boundsOf({ measurement }: Source): readonly number[] {
  return /_(?:route|upstream)"$/.test(measurement) ? COARSE_LATENCY_BOUNDS_MS : LATENCY_BOUNDS_MS;
}

/** `p50`, `p95` and `p99` of a measurement, whatever bins it has. */
export function percentiles(
  source: Source,
  spread: Spread = {},
  quantiles: QuantileQuery['quantiles'] = USUAL_QUANTILES,
): string {
  return quantileQuery({ ...source, ...spread, quantiles, boundsMs: boundsOf(source) });
}

export function p95(source: Source, spread: Spread = {}): string {
  return percentiles(source, spread, [{ q: 0.95, name: 'p95' }]);
}
