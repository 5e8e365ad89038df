/**
 * The InfluxQL that panels and alert rules share. Facts it rests on, all seen on a real InfluxDB 1.6:
 * an integer divided by an integer inside a subquery is cut off, hence `1.0*` before every division;
 * the result of a subquery loses a tag that the outer query does not group by; InfluxQL cannot divide
 * across series, hence every equation stays within one point.
 *
 * Variables are written with braces: Grafana's InfluxDB plugin takes everything between two slashes on
 * a line for a regular expression and escapes a bare `$name` in it (grafana#96820). The exceptions are
 * `$timeFilter`, which only the back end knows, and multi-value variables, which are always escaped.
 */

/** `${rp}` is the retention policy, so the same query reads raw points or a rollup. */
export function from(measurement: string): string {
  return `"\${rp}"."${measurement}"`;
}

export const SELECTION = '"host" =~ /^$host$/ AND "log" =~ /^$log$/ AND "site" =~ /^$site$/';
export const AGENT_SELECTION = '"host" =~ /^$host$/ AND "log" =~ /^$log$/';
export const HOST_SELECTION = '"host" =~ /^$host$/';
export const RANGE = '$timeFilter';

/**
 * The last thirty points of the range: five minutes at ten seconds. `${rp:text}` is the resolution, so
 * a rollup gets a window that has points in it. The range's end is `now` less the dashboard's nowDelay.
 */
export const LATEST = 'time > ${__to}ms - ${rp:text} * 30 AND time <= ${__to}ms';

const SERIES_TAGS = ['host', 'log', 'site'] as const;

export interface Formula {
  readonly name: string;
  /** An expression over sums of fields, `1.0*sum("count")/sum("window")`. */
  readonly expression: string;
}

export interface FormulaQuery {
  readonly measurement: string;
  readonly formulas: readonly Formula[];
  /** Conditions on tags. */
  readonly selection?: string;
  /** Conditions on time: `RANGE` or `LATEST`. */
  readonly range: string;
  /** The bucket of `GROUP BY time(…)`; left out for one value of the whole range. */
  readonly time?: string;
  readonly tags?: readonly string[];
  /** `null` shows that nothing was written; `none` is for values that are absent when there were none. */
  readonly fill?: 'null' | 'none';
}

function quoted(names: readonly string[]): string[] {
  return names.map((name) => `"${name}"`);
}

function groupBy(
  time: string | undefined,
  tags: readonly string[],
  fill: string | undefined,
): string {
  const terms = [...(time === undefined ? [] : [`time(${time})`]), ...quoted(tags)];
  if (terms.length === 0) return '';
  return ` GROUP BY ${terms.join(', ')}${time === undefined ? '' : ` fill(${fill ?? 'null'})`}`;
}

function columns(formulas: readonly Formula[]): string {
  return formulas.map((formula) => `${formula.expression} AS "${formula.name}"`).join(', ');
}

export function condition(selection: string | undefined, range: string): string {
  return selection === undefined ? range : `${selection} AND ${range}`;
}

/** One level: sums over all series, which is right for counts and for ratios of counts. */
export function formulaQuery(query: FormulaQuery): string {
  const grouping = groupBy(query.time, query.tags ?? [], query.fill);
  const where = condition(query.selection, query.range);
  return `SELECT ${columns(query.formulas)} FROM ${query.measurement} WHERE ${where}${grouping}`;
}

/**
 * Two levels: the formula for each series, then the sum over the series. This is what a rate needs: the
 * windows of two sites are the same seconds, so they must not be added before the division.
 */
export function ratePerSeriesQuery(query: FormulaQuery): string {
  const tags = query.tags ?? [];
  const inner = formulaQuery({
    ...query,
    tags: [...new Set([...SERIES_TAGS, ...tags])],
    fill: 'none',
  });
  const sums = query.formulas.map(({ name }) => `sum("${name}") AS "${name}"`).join(', ');
  // Of the inner condition the outer query only repeats the time: the other tags are gone.
  const outer = query.time === undefined ? '' : ` WHERE ${query.range}`;
  return `SELECT ${sums} FROM (${inner})${outer}${groupBy(query.time, tags, query.fill)}`;
}

export function rate(field: string, name = field): Formula {
  return { name, expression: `1.0*sum("${field}")/sum("window")` };
}

export function sum(field: string, name = field): Formula {
  return { name, expression: `sum("${field}")` };
}

export function max(field: string, name = field): Formula {
  return { name, expression: `max("${field}")` };
}

export function ratio(numerator: string, denominator: string, name: string): Formula {
  return { name, expression: `1.0*sum("${numerator}")/sum("${denominator}")` };
}

/** Requests that took at most `boundMs`, which must be one of the bounds: an exact number. */
export function shareWithin(boundsMs: readonly number[], boundMs: number, name: string): Formula {
  if (!boundsMs.includes(boundMs)) throw new RangeError(`${boundMs} ms is not a bound of the bins`);
  const bins = boundsMs.filter((ms) => ms <= boundMs).map((ms) => `sum("b_${ms}")`);
  return { name, expression: `1.0*(${bins.join('+')})/sum("rt_count")` };
}

/** Points that wait, as a share of what may wait. */
export const SPOOL_SHARE: Formula = {
  name: 'spool',
  expression: '1.0*max("spool_bytes")/max("spool_max_bytes")',
};
