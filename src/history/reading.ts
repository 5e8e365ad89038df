import type { DatabaseSync } from 'node:sqlite';
import { LATENCY_BOUNDS_MS } from '../aggregate/sealed-window.ts';
import { binFieldNames } from '../points/schema.ts';
import { buildSummary } from '../summary/build.ts';
import { MergedPoints, type Narrowing } from '../summary/merged-points.ts';
import type { Span, Summary, Totals } from '../summary/model.ts';
import { Timeline } from '../summary/timeline.ts';
import { mergedColumns, quoted, type Table, TABLES, TOP_TABLE } from './tables.ts';

/** What the rows of a span say, merged by SQLite by the rules of the schema. */
const MINUTE_S = 60;
/** Of each list and site, so many keys are looked at. */
const KEYS_MAX = 2000;
/** Steps of the timeline before it is made coarser for the eye. */
const STEPS_MAX = 1500;
const STEPS_S = [10, 60, 600, 3600, 21_600, 86_400];

type Row = Readonly<Record<string, unknown>>;
type Range = readonly (string | number)[];

interface Where {
  readonly sql: string;
  readonly values: Range;
}

export function readSummary(
  database: DatabaseSync,
  span: Span,
  narrowing: Narrowing,
  top: number,
): Summary {
  const merged = new MergedPoints();
  for (const table of TABLES) {
    if (table.name === TOP_TABLE) putTops(database, whereOf(table, span, narrowing), merged);
    else if (table.tags.includes('log')) putRows(database, table, span, narrowing, merged);
  }
  const { log, site } = narrowing;
  return buildSummary({
    origin: {
      kind: 'history',
      names: logsOf(database, span),
      ...(log === undefined ? {} : { log }),
      ...(site === undefined ? {} : { site }),
    },
    span,
    timeline: timelineOf(database, span, narrowing),
    merged,
    peak: peakOf(database, span, narrowing),
    gaps: { unparsed: [], lacks: [] },
    accuracy: () => 'at-least',
    top,
  });
}

function whereOf({ tags }: Table, { fromS, untilS }: Span, narrowing: Narrowing): Where {
  const names = (['log', 'site'] as const).filter(
    (name) => narrowing[name] !== undefined && tags.includes(name),
  );
  return {
    sql: `WHERE "time" >= ? AND "time" < ?${names.map((name) => ` AND "${name}" = ?`).join('')}`,
    values: [fromS, untilS, ...names.map((name) => narrowing[name] ?? '')],
  };
}

function tableOf(name: string): Table {
  const table = TABLES.find((one) => one.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

function putRows(
  database: DatabaseSync,
  table: Table,
  span: Span,
  narrowing: Narrowing,
  into: MergedPoints,
): void {
  const { sql, values } = whereOf(table, span, narrowing);
  const tags = table.tags.map(quoted).join(', ');
  const merged = mergedColumns(table);
  const fields = merged.map(([name, column]) => `${column} AS ${quoted(name)}`).join(', ');
  const rows = database
    .prepare(`SELECT ${tags}, ${fields} FROM ${quoted(table.name)} ${sql} GROUP BY ${tags}`)
    .iterate(...values);
  for (const row of rows) {
    into.beginPoint(
      table.name,
      Object.fromEntries(table.tags.map((tag) => [tag, textOf(row, tag)])),
    );
    for (const [name] of merged) if (row[name] !== null) into.integer(name, numberOf(row, name));
    into.endPoint();
  }
}

function putTops(database: DatabaseSync, { sql, values }: Where, into: MergedPoints): void {
  const sums =
    `SELECT "site", "dim", "key", SUM("count") AS "count", SUM("errors") AS "errors", ` +
    `SUM("traffic") AS "traffic" FROM "${TOP_TABLE}" ${sql} AND "count" > 0 ` +
    'GROUP BY "site", "dim", "key"';
  const ranked =
    'SELECT *, ROW_NUMBER() OVER (PARTITION BY "site", "dim" ORDER BY "count" DESC) AS place ' +
    `FROM (${sums})`;
  const rows = database
    .prepare(`SELECT * FROM (${ranked}) WHERE place <= ${KEYS_MAX}`)
    .iterate(...values);
  for (const row of rows) {
    into.beginPoint(TOP_TABLE, { site: textOf(row, 'site'), dim: textOf(row, 'dim') });
    into.string('key', textOf(row, 'key'));
    for (const name of ['count', 'errors', 'traffic']) into.integer(name, numberOf(row, name));
    into.endPoint();
  }
}

function timelineOf(database: DatabaseSync, span: Span, narrowing: Narrowing): Timeline {
  const table = tableOf('access_log');
  const seconds = span.untilS - span.fromS;
  const stepS = STEPS_S.find((length) => seconds / length <= STEPS_MAX) ?? 86_400;
  const timeline = new Timeline(stepS);
  const { sql, values } = whereOf(table, span, narrowing);
  const bins = binFieldNames(LATENCY_BOUNDS_MS);
  const columns = mergedColumns(table).map(([name, column]) => `${column} AS ${quoted(name)}`);
  const rows = database
    .prepare(
      `SELECT ("time" / ${stepS}) * ${stepS} AS step, ${columns.join(', ')} ` +
        `FROM "access_log" ${sql} GROUP BY step`,
    )
    .iterate(...values);
  for (const row of rows) {
    const count = numberOf(row, 'count');
    if (count === 0) continue;
    timeline.add({
      startS: numberOf(row, 'step'),
      count,
      classes: ['c1xx', 'c2xx', 'c3xx', 'c4xx', 'c5xx'].map((name) => numberOf(row, name)),
      traffic: numberOf(row, 'traffic'),
      latency: {
        count: numberOf(row, 'rt_count'),
        sumMs: numberOf(row, 'rt_sum'),
        maxMs: numberOf(row, 'rt_max'),
        bins: bins.map((name) => numberOf(row, name)),
      },
    });
  }
  return timeline;
}

/** The busiest minute, or the busiest of the longer windows that old rows have. */
function peakOf(database: DatabaseSync, span: Span, narrowing: Narrowing): Totals['peak'] {
  const { sql, values } = whereOf(tableOf('access_log'), span, narrowing);
  const row = database
    .prepare(
      `SELECT ("time" / ${MINUTE_S}) * ${MINUTE_S} AS atS, SUM("count") AS "count", ` +
        `MAX(${MINUTE_S}, MAX("window")) AS stepS FROM "access_log" ${sql} ` +
        'GROUP BY atS ORDER BY 1.0 * SUM("count") / MAX(60, MAX("window")) DESC, atS LIMIT 1',
    )
    .get(...values);
  if (row === undefined || numberOf(row, 'count') === 0) return undefined;
  const stepS = numberOf(row, 'stepS');
  return { atS: numberOf(row, 'atS'), stepS, perSecond: numberOf(row, 'count') / stepS };
}

function logsOf(database: DatabaseSync, { fromS, untilS }: Span): string[] {
  return database
    .prepare('SELECT DISTINCT "log" FROM "access_log_lines" WHERE "time" >= ? AND "time" < ?')
    .all(fromS, untilS)
    .map((row) => textOf(row, 'log'))
    .toSorted();
}

function numberOf(row: Row, name: string): number {
  const value = row[name];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

function textOf(row: Row, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}
