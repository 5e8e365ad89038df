/** Who and what: the most frequent keys, and the shares of one property. */
import { condition, formulaQuery, from, RANGE, SELECTION, sum } from './influxql.ts';
import { PLAIN } from './palette.ts';
import { byTag, type PlacedLater, pie } from './panel.ts';
import { table } from './table-panel.ts';

export interface TopSpec {
  readonly id: number;
  readonly dim: 'ip' | 'url' | 'referer' | 'ua' | 'notfound';
  readonly title: string;
  readonly description: string;
  readonly width: number;
}

/** Enough for the ten ranks of one log over a day; the newest are kept. */
const TOP_ROWS = 20_000;

export function topTable(spec: TopSpec, selection: string): PlacedLater {
  const where = condition(`"dim" = '${spec.dim}' AND ${selection}`, RANGE);
  return table({
    id: spec.id,
    title: spec.title,
    description: spec.description,
    width: spec.width,
    height: 8,
    unit: 'short',
    steps: PLAIN,
    noValue: '-',
    queries: [
      {
        query:
          `SELECT "key", "count", "errors", "traffic" FROM ${from('access_log_top')} ` +
          `WHERE ${where} ORDER BY time DESC LIMIT ${TOP_ROWS}`,
      },
    ],
    sortBy: 'requests',
    sumBy: { key: 'key', fields: ['count', 'errors', 'traffic'] },
    columns: [
      { field: 'key', title: spec.title },
      { field: 'count', title: 'requests', unit: 'short', cell: 'gauge' },
      { field: 'errors', unit: 'short' },
      { field: 'traffic', title: 'bytes', unit: 'bytes' },
    ],
  });
}

export interface ShareSpec {
  readonly id: number;
  readonly dim: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  /** Shown where there is nothing. */
  readonly noValue?: string;
}

export function shareOf({
  dim,
  noValue = 'not in the log format',
  ...spec
}: ShareSpec): PlacedLater {
  return pie({
    ...spec,
    height: 8,
    unit: 'short',
    steps: PLAIN,
    noValue,
    queries: byTag(
      'value',
      formulaQuery({
        measurement: from('access_log_by'),
        formulas: [sum('count')],
        selection: `"dim" = '${dim}' AND ${SELECTION}`,
        range: RANGE,
        tags: ['value'],
      }),
    ),
  });
}
