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
function from(measurement: string): string {
  return `"\${rp}"."${measurement}"`;
}

export const BUCKET = '${__interval}';
export const RANGE = '$timeFilter';
/** The whole range, a day earlier. */
const DAY_BEFORE = 'time >= ${__from}ms - 1d AND time <= ${__to}ms - 1d';
export const RANGE_MS = '(${__to}-${__from})';

const SERIES_TAGS = ['host', 'log', 'site'] as const;

/** What the selections at the top of a dashboard leave of the tags. */
export function selected(...tags: readonly string[]): string {
  return tags.map((tag) => `"${tag}" =~ /^$${tag}$/`).join(' AND ');
}

export interface Source {
  readonly measurement: string;
  /** Conditions on tags. */
  readonly selection?: string;
  /** Conditions on time. */
  readonly range: string;
}

function source(measurement: string, ...tags: readonly string[]): Source {
  return { measurement: from(measurement), selection: selected(...tags), range: RANGE };
}

export const REQUESTS = source('access_log', ...SERIES_TAGS);
export const REQUESTS_A_DAY_BEFORE: Source = { ...REQUESTS, range: DAY_BEFORE };
export const ALL_ROUTES = source('access_log_route', ...SERIES_TAGS);
export const ROUTES = source('access_log_route', ...SERIES_TAGS, 'route');
export const ALL_UPSTREAMS = source('access_log_upstream', ...SERIES_TAGS);
export const UPSTREAMS = source('access_log_upstream', ...SERIES_TAGS, 'upstream');
/** Read at every range from the raw points, which alone have them. */
export const DISTINCT: Source = {
  ...source('access_log_uniq', ...SERIES_TAGS),
  measurement: '"access_log_uniq"',
};
export const LINES = source('access_log_lines', 'host', 'log');
export const METERS = source('access_log_meter', 'host');

/** Requests by one property. */
export function byDimension(dim: string): Source {
  const all = source('access_log_by', ...SERIES_TAGS);
  return { ...all, selection: `"dim" = '${dim}' AND ${all.selection}` };
}

/**
 * The keys of a top list, of which the database holds ten a minute and site: the rows with the greatest
 * counts of the whole range, from raw points. A key cannot be grouped by, since it is no tag; Grafana adds
 * up what it gets, so its sum is what a key has at least.
 */
export function topRows(dim: string): string {
  const where = `"dim" = '${dim}' AND ${selected(...SERIES_TAGS)} AND ${RANGE}`;
  return `SELECT top("count", 5000) AS "count", "key", "errors", "traffic" FROM "access_log_top" WHERE ${where}`;
}

export interface Formula {
  readonly name: string;
  /** An expression over sums of fields, `1.0*sum("count")/sum("window")`. */
  readonly expression: string;
}

export interface FormulaQuery extends Source {
  readonly formulas: readonly Formula[];
  /** The bucket of `GROUP BY time(…)`; left out for one value of the whole range. */
  readonly time?: string;
  readonly tags?: readonly string[];
  /** `null` shows that nothing was written; `none` is for values that are absent when there were none. */
  readonly fill?: 'null' | 'none';
  /** Leaves out rows of which this does not hold, `"5xx" > 0`. */
  readonly having?: string;
}

export function groupBy(
  time: string | undefined,
  tags: readonly string[] = [],
  fill: string = 'null',
): string {
  const terms = [
    ...(time === undefined ? [] : [`time(${time})`]),
    ...tags.map((name) => `"${name}"`),
  ];
  if (terms.length === 0) return '';
  return ` GROUP BY ${terms.join(', ')}${time === undefined ? '' : ` fill(${fill})`}`;
}

export function condition({ selection, range }: Source): string {
  return selection === undefined ? range : `${selection} AND ${range}`;
}

/** One level: sums over all series, which is right for counts and for ratios of counts. */
export function formulaQuery(query: FormulaQuery): string {
  const { time, tags, fill, having } = query;
  const columns = query.formulas.map(({ name, expression }) => `${expression} AS "${name}"`);
  const text =
    `SELECT ${columns.join(', ')} FROM ${query.measurement} ` +
    `WHERE ${condition(query)}${groupBy(time, tags, fill)}`;
  if (having === undefined) return text;
  const names = query.formulas.map(({ name }) => `"${name}"`).join(', ');
  return `SELECT ${names} FROM (${text}) WHERE ${having}${groupBy(undefined, tags)}`;
}

/** Of each bucket. Without a point in it there is a gap, unless only what there was is asked for. */
export function series(
  source: Source,
  formulas: readonly Formula[],
  tags: readonly string[] = [],
  fill: 'null' | 'none' = 'null',
): string {
  return formulaQuery({ ...source, formulas, time: BUCKET, tags, fill });
}

/** Of the whole range. */
export function total(
  source: Source,
  formulas: readonly Formula[],
  tags: readonly string[] = [],
): string {
  return formulaQuery({ ...source, formulas, tags });
}

/**
 * Two levels: the formula for each series, then the sum over the series. This is what a rate needs: the
 * windows of two sites are the same seconds, so they must not be added before the division.
 */
export function rates(formulas: readonly Formula[], tags: readonly string[] = []): string {
  const inner = series(REQUESTS, formulas, [...new Set([...SERIES_TAGS, ...tags])], 'none');
  return merged(
    formulas.map(({ name }) => sum(name)),
    inner,
    tags,
  );
}

/** Formulas over the rows of an inner query, in the same buckets and within the same time. */
export function merged(
  formulas: readonly Formula[],
  inner: string,
  tags: readonly string[] = [],
): string {
  // Of the inner condition the outer query only repeats the time: the other tags are gone.
  return series({ measurement: `(${inner})`, range: RANGE }, formulas, tags);
}

export function rate(field: string, name = field): Formula {
  return { name, expression: `1.0*sum("${field}")/sum("window")` };
}

/** Per second of the whole range, for measurements that do not say how long their windows are. */
export function perSecond(field: string, name: string): Formula {
  return { name, expression: `1000.0*sum("${field}")/${RANGE_MS}` };
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

export const FAILED = ratio('c5xx', 'count', '5xx');
export const FAILED_COLUMN: Formula = { ...FAILED, name: '5xx %' };
export const MEAN: Formula = { name: 'mean', expression: '1.0*sum("rt_sum")/sum("rt_count")' };

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

/** Lines that no counter explains. Zero by construction; 1.0* since abs() of an integer is wrong on 1.6. */
export const UNACCOUNTED: Formula = {
  name: 'unaccounted',
  expression: 'abs(1.0*sum("lines")-sum("counted")-sum("unparsed")-sum("late")-sum("filtered"))',
};

export const WRITE_ERRORS: Formula = {
  name: 'failed',
  expression: '1.0*sum("write_errors")/(sum("writes")+sum("write_errors"))',
};
