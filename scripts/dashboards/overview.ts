/**
 * The first dashboard to open, at three in the morning: is it up, is it bad, is it slow, since when, on
 * which site, and beside it what fails by route and by upstream. All of that is one screen and twelve
 * queries; the graphs behind it stand in closed rows, which ask nothing until they are opened.
 */
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import { closedRow, dashboard, row } from './dashboard.ts';
import {
  ALL_ROUTES,
  ALL_UPSTREAMS,
  BUCKET,
  byDimension,
  FAILED,
  FAILED_COLUMN,
  type Formula,
  formulaQuery,
  max,
  MEAN,
  merged,
  perSecond,
  rate,
  rates,
  ratio,
  REQUESTS,
  REQUESTS_A_DAY_BEFORE,
  series,
  shareWithin,
  sum,
  total,
} from './influxql.ts';
import { drillDown, linkTo } from './links.ts';
import {
  CLASS_COLORS,
  ERROR_RATIO,
  fixed,
  LATENCY,
  own,
  QUANTILE_COLORS,
  SHARE_GOOD,
  VALUE_COLORS,
  worseFrom,
} from './palette.ts';
import { byColumn, byTag, graph, heatmap, stat, timeline } from './panel.ts';
import { p95, percentiles } from './quantile.ts';
import { silenceQuery } from './silence.ts';
import { COLUMNS, table } from './table-panel.ts';
import { SITE_VARIABLES } from './variables.ts';

/** Of each moment, the site that fails most: a large and healthy one does not hide it. */
const WORST_SITE = merged([max('5xx', 'worst site')], series(REQUESTS, [FAILED], ['site'], 'none'));

/** How many hosts have written in each bucket. */
const HOSTS_WRITING = merged(
  [{ name: 'writing', expression: 'count("window")' }],
  series(REQUESTS, [sum('window')], ['host'], 'none'),
);

const SITE = { field: 'site', link: drillDown(['site']) } as const;

const NOW = row(100, 'Now, and since when', [
  stat(1, byColumn(rates([rate('count', 'requests')])), {
    width: 5,
    links: [linkTo('Drill down', 'nginx-drilldown', 'site')],
  }),
  stat(4, byColumn(series(REQUESTS, [{ ...FAILED, name: 'all sites' }]), WORST_SITE), {
    width: 7,
    decimals: 2,
    steps: ERROR_RATIO,
    noValue: 'no requests',
  }),
  stat(5, byColumn(p95(REQUESTS, { time: BUCKET })), {
    width: 5,
    decimals: 0,
    steps: LATENCY,
    noValue: 'no requests',
  }),
  stat(6, byColumn(HOSTS_WRITING, silenceQuery(REQUESTS)), {
    width: 7,
    overrides: [
      own('writing', 'short', [
        [null, 'red'],
        [1, 'text'],
      ]),
      own('silent for', 's', worseFrom(40, 90)),
    ],
    noValue: 'silent for over an hour',
    noValueColor: 'red',
    links: [linkTo('Meters', 'nginx-meter')],
  }),
  table(
    2,
    [
      total(
        REQUESTS,
        [perSecond('count', 'req/s'), FAILED_COLUMN, ratio('c4xx', 'count', '4xx %')],
        ['site'],
      ),
      p95(REQUESTS, { tags: ['site'] }),
      total(REQUESTS_A_DAY_BEFORE, [perSecond('count', 'before')], ['site']),
    ],
    {
      width: 13,
      height: 9,
      noValue: 'no site has written in this range',
      sortBy: '5xx %',
      quotient: { of: 'req/s', over: 'before', name: 'vs 1 d' },
      columns: [
        SITE,
        COLUMNS.failedRatio,
        COLUMNS.p95,
        COLUMNS.perSecond,
        COLUMNS.change,
        COLUMNS.refusedRatio,
      ],
    },
  ),
  timeline(3, byTag(series(REQUESTS, [FAILED], ['site']), 'site'), {
    width: 11,
    height: 9,
    decimals: 2,
    steps: ERROR_RATIO,
    interval: '1m',
    maxDataPoints: 120,
    noValue: 'no requests',
  }),
  table(
    16,
    [
      formulaQuery({
        ...ALL_ROUTES,
        formulas: [sum('c5xx', '5xx'), FAILED_COLUMN, sum('c4xx', '4xx')],
        tags: ['site', 'route'],
        having: '"5xx" > 0',
      }),
    ],
    {
      noValue: 'nothing fails',
      sortBy: '5xx',
      columns: [
        { ...SITE, width: 120 },
        { field: 'route', link: drillDown(['site', 'route']) },
        COLUMNS.failed,
        COLUMNS.failedRatio,
        COLUMNS.refused,
      ],
    },
  ),
  table(
    18,
    [
      total(
        ALL_UPSTREAMS,
        [sum('c5xx', '5xx'), FAILED_COLUMN, MEAN, max('rt_max', 'max')],
        ['site', 'upstream'],
      ),
    ],
    {
      noValue: 'no upstream in the log format',
      sortBy: '5xx',
      columns: [
        { ...SITE, width: 110 },
        { field: 'upstream', link: drillDown(['site', 'upstream']) },
        COLUMNS.failed,
        COLUMNS.failedRatio,
        COLUMNS.mean,
        COLUMNS.max,
      ],
    },
  ),
]);

/** Requests per second of each class; a 499 is taken out of the 4xx, so that the sum is the total. */
const CLASS_RATES: readonly Formula[] = [
  rate('c1xx', '1xx'),
  rate('c2xx', '2xx'),
  rate('c3xx', '3xx'),
  { name: '4xx', expression: '(1.0*sum("c4xx")-sum("c499"))/sum("window")' },
  rate('c499', '499'),
  rate('c5xx', '5xx'),
];

const TRAFFIC = closedRow(101, 'Traffic and errors', [
  graph(7, byColumn(rates(CLASS_RATES)), {
    width: 24,
    stack: 'normal',
    calcs: ['mean', 'max'],
    overrides: CLASS_COLORS,
  }),
  {
    ...graph(8, byColumn(rates([rate('count', 'requests')])), {
      width: 12,
      overrides: [fixed('requests', 'blue')],
      options: { timeCompare: { timeCompare: true } },
    }),
    timeCompare: '1d',
  },
  graph(
    9,
    byColumn(
      series(REQUESTS, [ratio('c4xx', 'count', '4xx'), FAILED, ratio('c499', 'count', '499')]),
    ),
    { width: 12, steps: ERROR_RATIO, overrides: CLASS_COLORS },
  ),
  graph(10, byColumn(rates([rate('traffic', 'out'), rate('bytes_in', 'in')])), {
    width: 12,
    fillOpacity: 15,
    overrides: [fixed('out', 'green'), fixed('in', 'blue', { 'custom.transform': 'negative-Y' })],
  }),
  graph(11, byTag(series(byDimension('status'), [sum('count')], ['value'], 'none'), 'value'), {
    width: 12,
    draw: 'bars',
    stack: 'normal',
    interval: '1m',
    maxDataPoints: 120,
    overrides: VALUE_COLORS.status,
  }),
]);

const BOUND_MS = 512;

const LATENCY_SECTION = closedRow(102, 'Latency', [
  graph(12, byColumn(percentiles(REQUESTS, { time: BUCKET })), {
    width: 12,
    isLogarithmic: true,
    interval: '1m',
    steps: LATENCY,
    calcs: ['lastNotNull', 'max'],
    overrides: QUANTILE_COLORS,
  }),
  graph(13, byColumn(series(REQUESTS, [shareWithin(LATENCY_BOUNDS_MS, BOUND_MS, 'within')])), {
    width: 6,
    steps: SHARE_GOOD,
    softMin: 0.9,
    softMax: 1,
    overrides: [fixed('within', 'green')],
  }),
  heatmap(
    14,
    byColumn(
      series(REQUESTS, [
        ...LATENCY_BOUNDS_MS.map((ms) => sum(`b_${ms}`, `${ms}`)),
        sum('b_inf', '+Inf'),
      ]),
    ),
    { width: 6, maxDataPoints: 120 },
  ),
]);

export const OVERVIEW = dashboard({
  uid: 'nginx-overview',
  title: 'nginx / overview',
  description: 'Is it up, is it bad, is it slow, since when, and on which site.',
  variables: SITE_VARIABLES,
  sections: [NOW, TRAFFIC, LATENCY_SECTION],
});
