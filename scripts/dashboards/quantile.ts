/**
 * Percentiles merged over hosts and time from the bins `b_N`, in InfluxQL alone, without Flux.
 *
 * Three levels: the sum of every bin, their running totals C, and the value. For quantile q of N requests
 * the target is T = q·N; bin i contributes x = clamp01((T − C[i−1]) / (C[i] − C[i−1])), and the value is
 * lo·exp(Σ ln(upper/lower)·x): interpolation on a logarithmic scale, as wide as the bins are. InfluxQL has
 * no minimum of two values, so clamp01(x) is written (|x| − |x−1| + 1) / 2.
 *
 * Two traps: `abs()` of a negative integer comes back negative on 1.6, so the argument is kept a float;
 * and a time without requests is cut off by the outermost condition, or it would read half a millisecond.
 */
import { condition, type Formula } from './influxql.ts';

export interface QuantileQuery {
  /** 0…1 and the name of the column. */
  readonly quantiles: readonly { readonly q: number; readonly name: string }[];
  /** Upper bounds of the bins in ms, ascending, without the open one. */
  readonly boundsMs: readonly number[];
  readonly measurement: string;
  readonly selection?: string;
  readonly range: string;
  readonly time?: string;
  readonly tags?: readonly string[];
}

/** Keeps an empty bin from dividing by zero; far below the weight of one request. */
const EPSILON = '0.000001';

function valueOf(q: number, boundsMs: readonly number[]): string {
  const lowest = boundsMs[0];
  if (lowest === undefined) throw new RangeError('no bounds');
  const target = `${q}*c${boundsMs.length}`;
  // Bins of the same relative width share one factor, which keeps the text short.
  const termsByWeight = new Map<string, string[]>();
  boundsMs.forEach((bound, i) => {
    const below = i === 0 ? '' : `-c${i - 1}`;
    const width = i === 0 ? 2 : bound / (boundsMs[i - 1] ?? lowest);
    const x = `(${target}${below})/(c${i}${below}+${EPSILON})`;
    const weight = (Math.log(width) / 2).toFixed(6);
    const terms = termsByWeight.get(weight) ?? [];
    terms.push(`abs(${x})-abs(${x}-1)`);
    termsByWeight.set(weight, terms);
  });
  const exponent = [...termsByWeight]
    .map(([weight, terms]) => `${weight}*(${terms.join('+')}+${terms.length})`)
    .join('+');
  return `${lowest / 2}*exp(${exponent})`;
}

export function quantileQuery(query: QuantileQuery): string {
  const { boundsMs } = query;
  const fields = [...boundsMs.map((ms) => `b_${ms}`), 'b_inf'];
  const total = `c${boundsMs.length}`;
  const where = condition(query.selection, query.range);
  const tags = (query.tags ?? []).map((tag) => `"${tag}"`);
  const sums = fields.map((field, i) => `sum("${field}") AS n${i}`).join(',');
  const running = fields
    .map((_, i) => `${Array.from({ length: i + 1 }, (_, j) => `n${j}`).join('+')} AS c${i}`)
    .join(',');
  const values: Formula[] = query.quantiles.map(({ q, name }) => ({
    name,
    expression: valueOf(q, boundsMs),
  }));
  const inner = [...(query.time === undefined ? [] : [`time(${query.time})`]), ...tags].join(', ');
  const fill = query.time === undefined ? '' : ' fill(none)';
  const byTags = tags.length === 0 ? '' : ` GROUP BY ${tags.join(', ')}`;
  const select = values.map(({ name, expression }) => `${expression} AS "${name}"`).join(',');
  return (
    `SELECT ${select} FROM (SELECT ${running} FROM (SELECT ${sums} FROM ${query.measurement} ` +
    `WHERE ${where}${inner === '' ? '' : ` GROUP BY ${inner}${fill}`})${byTags}) ` +
    `WHERE ${total} > 0${byTags}`
  );
}

/** The three that every latency graph shows. */
export const USUAL_QUANTILES = [
  { q: 0.5, name: 'p50' },
  { q: 0.95, name: 'p95' },
  { q: 0.99, name: 'p99' },
] as const;
