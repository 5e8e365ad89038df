/** The tables of routes and upstreams; each row leads to its own graphs. */
import { COARSE_LATENCY_BOUNDS_MS } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { type Formula, formulaQuery, from, max, RANGE, ratio, sum } from './influxql.ts';
import { ERROR_RATIO, LATENCY, PLAIN } from './palette.ts';
import type { PlacedLater } from './panel.ts';
import { type Column, table } from './table-panel.ts';
import { quantileQuery } from './quantile.ts';

const CARRY = '${__url_time_range}&${host:queryparam}&${rp:queryparam}';

const ROUTE_LINK = {
  title: 'Drill down to this route',
  url: `/d/nginx-drilldown?${CARRY}&var-site=\${__data.fields.site:percentencode}&var-route=\${__data.fields.route:percentencode}`,
};
const SITE_LINK = {
  title: 'Drill down to this site',
  url: `/d/nginx-drilldown?${CARRY}&var-site=\${__data.fields.site:percentencode}`,
};
const UPSTREAM_LINK = {
  title: 'Drill down to this upstream',
  url: `/d/nginx-drilldown?${CARRY}&var-upstream=\${__data.fields.upstream:percentencode}`,
};

const REQUESTS: Column = { field: 'requests', unit: 'short', cell: 'gauge' };
const ERROR_SHARE: Column = {
  field: 'error ratio',
  unit: 'percentunit',
  decimals: 2,
  steps: ERROR_RATIO,
  cell: 'color-text',
};
const P95: Column = { field: 'p95', unit: 'ms', decimals: 0, steps: LATENCY, cell: 'color-text' };
const CONSUMED: Column = { field: 'time consumed', unit: 'ms', decimals: 1 };

const MEAN: Formula = { name: 'mean', expression: '1.0*sum("rt_sum")/sum("rt_count")' };

/** Sums and the p95 of every value of these tags: two queries that the table joins. */
function routeQueries(selection: string): { query: string }[] {
  const tags = ['site', 'route'];
  return [
    {
      query: formulaQuery({
        measurement: from('access_log_route'),
        formulas: [
          sum('count', 'requests'),
          sum('errors'),
          sum('c4xx', '4xx'),
          sum('c5xx', '5xx'),
          ratio('errors', 'count', 'error ratio'),
          MEAN,
          max('rt_max', 'max'),
          sum('rt_sum', 'time consumed'),
          sum('traffic', 'bytes'),
        ],
        selection,
        range: RANGE,
        tags,
      }),
    },
    {
      query: quantileQuery({
        quantiles: [{ q: 0.95, name: 'p95' }],
        boundsMs: COARSE_LATENCY_BOUNDS_MS,
        measurement: from('access_log_route'),
        selection,
        range: RANGE,
        tags,
      }),
    },
  ];
}

export function routeTable(id: number, selection: string): PlacedLater {
  return table({
    id,
    title: 'Routes by time consumed',
    description:
      'Time consumed is requests times their duration: the first rows are where a faster handler pays most. Click a route for its own graphs.',
    width: 24,
    height: 9,
    unit: 'short',
    steps: PLAIN,
    noValue: '-',
    queries: routeQueries(selection),
    sortBy: 'time consumed',
    columns: [
      { field: 'site', width: 180, link: SITE_LINK },
      { field: 'route', width: 360, link: ROUTE_LINK },
      CONSUMED,
      REQUESTS,
      ERROR_SHARE,
      { field: '5xx', unit: 'short' },
      { field: '4xx', unit: 'short' },
      { field: 'errors', unit: 'short' },
      { field: 'mean', unit: 'ms', decimals: 0 },
      P95,
      { field: 'max', unit: 'ms', decimals: 0 },
      { field: 'bytes', unit: 'bytes' },
    ],
  });
}

export function failingRouteTable(id: number, selection: string): PlacedLater {
  return table({
    id,
    title: 'Routes by errors',
    description:
      'Routes with the most failed requests. Many 5xx: look at the upstream; many 4xx on one route: a broken link or a scanner.',
    width: 12,
    height: 8,
    unit: 'short',
    steps: PLAIN,
    noValue: '-',
    queries: [
      {
        query: formulaQuery({
          measurement: from('access_log_route'),
          formulas: [
            sum('errors'),
            sum('c5xx', '5xx'),
            sum('c4xx', '4xx'),
            ratio('errors', 'count', 'error ratio'),
          ],
          selection,
          range: RANGE,
          tags: ['site', 'route'],
        }),
      },
    ],
    sortBy: 'errors',
    columns: [
      { field: 'site', width: 160, link: SITE_LINK },
      { field: 'route', width: 260, link: ROUTE_LINK },
      { field: 'errors', unit: 'short', cell: 'gauge' },
      { field: '5xx', unit: 'short' },
      { field: '4xx', unit: 'short' },
      ERROR_SHARE,
    ],
  });
}

export function upstreamTable(id: number, selection: string): PlacedLater {
  const tags = ['site', 'upstream'];
  const measurement = from('access_log_upstream');
  return table({
    id,
    title: 'Upstreams',
    description:
      'What each upstream server answered. One that fails or lags behind its peers is sick: take it out; all of them alike: look behind them.',
    width: 12,
    height: 8,
    unit: 'short',
    steps: PLAIN,
    noValue: '-',
    queries: [
      {
        query: formulaQuery({
          measurement,
          formulas: [
            sum('count', 'requests'),
            ratio('errors', 'count', 'error ratio'),
            sum('retries'),
            MEAN,
            max('rt_max', 'max'),
          ],
          selection,
          range: RANGE,
          tags,
        }),
      },
      {
        query: quantileQuery({
          quantiles: [{ q: 0.95, name: 'p95' }],
          boundsMs: COARSE_LATENCY_BOUNDS_MS,
          measurement,
          selection,
          range: RANGE,
          tags,
        }),
      },
    ],
    sortBy: 'requests',
    columns: [
      { field: 'site', width: 160, link: SITE_LINK },
      { field: 'upstream', width: 180, link: UPSTREAM_LINK },
      REQUESTS,
      ERROR_SHARE,
      { field: 'retries', unit: 'short' },
      { field: 'mean', unit: 'ms', decimals: 0 },
      P95,
      { field: 'max', unit: 'ms', decimals: 0 },
    ],
  });
}
