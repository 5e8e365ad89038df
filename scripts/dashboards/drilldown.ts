/** One site, route or upstream by itself: what the links of the other tables lead to. */
import { closedRow, dashboard, row } from './dashboard.ts';
import {
  BUCKET,
  byDimension,
  FAILED,
  FAILED_COLUMN,
  type Formula,
  max,
  MEAN,
  perSecond,
  rate,
  rates,
  ratio,
  REQUESTS,
  ROUTES,
  series,
  type Source,
  sum,
  total,
  UPSTREAMS,
} from './influxql.ts';
import { drillDown } from './links.ts';
import {
  CLASS_COLORS,
  ERROR_RATIO,
  LATENCY,
  own,
  QUANTILE_COLORS,
  VALUE_COLORS,
} from './palette.ts';
import { byColumn, byTag, graph, type PlacedLater, type Query, stat, type Style } from './panel.ts';
import { p95, percentiles } from './quantile.ts';
import { type Column, COLUMNS, table } from './table-panel.ts';
import { DETAIL_VARIABLES } from './variables.ts';

/** Detail measurements have a point a minute. */
const DETAIL = { interval: '1m', maxDataPoints: 120 } as const;
const BARS = { ...DETAIL, draw: 'bars', stack: 'normal' } as const;

const ERRORS = ratio('errors', 'count', 'errors');

/** Numbers of the whole range side by side. */
function numbers(id: number, source: Source): PlacedLater {
  const formulas = [perSecond('count', 'req/s'), sum('count', 'requests'), FAILED, ERRORS, MEAN];
  return stat(id, byColumn(total(source, formulas), p95(source)), {
    width: 24,
    noValue: 'no requests match',
    overrides: [
      own('req/s', 'reqps', undefined, 2),
      own('5xx', 'percentunit', ERROR_RATIO, 2),
      own('errors', 'percentunit', undefined, 2),
      own('mean', 'ms', LATENCY, 0),
      own('p95', 'ms', LATENCY, 0),
    ],
  });
}

const SELECTION = row(200, 'The selection', [
  numbers(30, ROUTES),
  numbers(31, UPSTREAMS),
  graph(
    36,
    byColumn(
      series(
        ROUTES,
        ['2xx', '3xx', '4xx', '5xx'].map((name) => sum(`c${name}`, name)),
      ),
    ),
    { ...BARS, overrides: CLASS_COLORS },
  ),
  graph(37, byColumn(series(ROUTES, [ratio('c4xx', 'count', '4xx'), FAILED])), {
    ...DETAIL,
    steps: ERROR_RATIO,
    overrides: CLASS_COLORS,
  }),
  graph(40, byColumn(percentiles(ROUTES, { time: BUCKET })), {
    ...DETAIL,
    isLogarithmic: true,
    steps: LATENCY,
    overrides: QUANTILE_COLORS,
  }),
]);

function perUpstream(id: number, formula: Formula | undefined, style: Style): PlacedLater {
  const query =
    formula === undefined
      ? p95(UPSTREAMS, { time: BUCKET, tags: ['upstream'] })
      : series(UPSTREAMS, [formula], ['upstream'], 'none');
  return graph(id, byTag(query, 'upstream'), { width: 6, ...style });
}

const BY_UPSTREAM = row(202, 'Upstreams of the selected sites', [
  perUpstream(50, sum('count'), BARS),
  perUpstream(51, FAILED, { ...DETAIL, steps: ERROR_RATIO }),
  perUpstream(52, undefined, { ...DETAIL, isLogarithmic: true, steps: LATENCY }),
  perUpstream(53, sum('retries'), BARS),
]);

function detailTable(
  id: number,
  source: Source,
  tags: readonly string[],
  more: readonly Formula[],
  columns: readonly Column[],
  sortBy: string,
): PlacedLater {
  const formulas = [sum('count', 'requests'), sum('c5xx', '5xx'), FAILED_COLUMN];
  const all = [...formulas, ERRORS, MEAN, max('rt_max', 'max'), ...more];
  const queries = [total(source, all, tags), p95(source, { tags })];
  const variables = ['site', 'route', 'upstream'];
  const named = tags.map((field, i) => ({
    field,
    link: drillDown(tags.slice(0, i + 1), variables),
    ...(i === 0 && { width: 180 }),
  }));
  const look = { width: 24, height: 9, noValue: 'no requests match', sortBy };
  return table(id, queries, { ...look, columns: [...named, ...columns] });
}

const { requests, failed, failedRatio, mean, p95: slow, max: slowest } = COLUMNS;

const TABLES = row(203, 'Tables of the selection', [
  detailTable(
    60,
    ROUTES,
    ['site', 'route'],
    [sum('c4xx', '4xx'), sum('rt_sum', 'time consumed'), sum('traffic', 'bytes')],
    [
      COLUMNS.consumed,
      requests,
      slow,
      failedRatio,
      failed,
      COLUMNS.refused,
      mean,
      slowest,
      COLUMNS.bytes,
    ],
    'time consumed',
  ),
  detailTable(
    61,
    UPSTREAMS,
    ['site', 'upstream'],
    [sum('retries')],
    [requests, slow, failedRatio, failed, COLUMNS.retries, mean, slowest],
    'requests',
  ),
]);

function shares(id: number, dim: keyof typeof VALUE_COLORS): PlacedLater {
  const query = series(byDimension(dim), [sum('count')], ['value'], 'none');
  return graph(id, byTag(query, 'value'), {
    ...BARS,
    stack: 'percent',
    noValue: 'not in the log format',
    overrides: VALUE_COLORS[dim],
  });
}

function ratesBy(tag: string): Query[] {
  return byTag(rates([rate('count')], [tag]), tag);
}

const AROUND = closedRow(204, 'The sites around them (not by route)', [
  shares(55, 'status'),
  shares(56, 'method'),
  shares(57, 'cache'),
  graph(41, byColumn(percentiles(REQUESTS, { time: BUCKET })), {
    ...DETAIL,
    isLogarithmic: true,
    steps: LATENCY,
    overrides: QUANTILE_COLORS,
  }),
  graph(21, ratesBy('host')),
  graph(22, ratesBy('site'), { stack: 'normal' }),
]);

export const DRILLDOWN = dashboard({
  uid: 'nginx-drilldown',
  title: 'nginx / drill-down',
  description: 'One site, route or upstream: rate, errors, duration, and what lies behind them.',
  variables: DETAIL_VARIABLES,
  sections: [SELECTION, BY_UPSTREAM, TABLES, AROUND],
});
