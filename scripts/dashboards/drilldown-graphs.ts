/** The graphs of the drill-down: of the selected routes, of the upstreams, and of the site around them. */
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import { COARSE_LATENCY_BOUNDS_MS } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import type { Section } from './dashboard.ts';
import {
  type Formula,
  type FormulaQuery,
  formulaQuery,
  from,
  RANGE,
  ratio,
  SELECTION,
  sum,
} from './influxql.ts';
import { CLASS_COLORS, ERROR_RATIO, fixed, LATENCY, PLAIN, QUANTILE_COLORS } from './palette.ts';
import { byColumn, byTag, type PlacedLater, stat, timeSeries } from './panel.ts';
import { quantileQuery, USUAL_QUANTILES } from './quantile.ts';

const BUCKET = '${__interval}';
export const ROUTE = `${SELECTION} AND "route" =~ /^$route$/`;
const UPSTREAM = `${SELECTION} AND "upstream" =~ /^$upstream$/`;

const ROUTES = { measurement: from('access_log_route'), selection: ROUTE, range: RANGE } as const;
const UPSTREAMS = {
  measurement: from('access_log_upstream'),
  selection: UPSTREAM,
  range: RANGE,
} as const;

/** Detail measurements have a point a minute. */
const DETAIL = { interval: '1m', maxDataPoints: 120 } as const;

const MEAN: Formula = { name: 'mean', expression: '1.0*sum("rt_sum")/sum("rt_count")' };

type Source = Pick<FormulaQuery, 'measurement' | 'selection' | 'range'>;

function overTime(source: Source, formulas: readonly Formula[], tags: readonly string[] = []) {
  return formulaQuery({ ...source, formulas, time: BUCKET, tags, fill: 'none' });
}

function single(id: number, title: string, description: string, unit: string, query: string) {
  return {
    id,
    title,
    description,
    unit,
    width: 4,
    height: 4,
    steps: PLAIN,
    queries: byColumn(query),
  };
}

export const ROUTE_SECTION: Section = {
  id: 200,
  title: 'The selected routes',
  panels: [
    stat(
      single(
        30,
        'Requests',
        'Requests of the selection in the range. None: the selection does not exist in this range; set the route or upstream back to All.',
        'short',
        formulaQuery({ ...ROUTES, formulas: [sum('count', 'requests')] }),
      ),
    ),
    stat({
      ...single(
        31,
        'Error ratio',
        'Share of requests that failed (ERROR_STATUS_MIN and above). Compare with the site; if only this route fails, its handler does.',
        'percentunit',
        formulaQuery({ ...ROUTES, formulas: [ratio('errors', 'count', 'errors')] }),
      ),
      decimals: 2,
      steps: ERROR_RATIO,
    }),
    stat({
      ...single(
        32,
        '5xx ratio',
        'Share of requests that failed on our side. Over 1 % look at the upstreams below.',
        'percentunit',
        formulaQuery({ ...ROUTES, formulas: [ratio('c5xx', 'count', '5xx')] }),
      ),
      decimals: 2,
      steps: ERROR_RATIO,
    }),
    stat({
      ...single(
        33,
        'p95',
        '95 % of the requests of the selection were faster (from bins of powers of two, within about 8 %). Over a second look at the upstreams.',
        'ms',
        quantileQuery({
          ...ROUTES,
          quantiles: [{ q: 0.95, name: 'p95' }],
          boundsMs: COARSE_LATENCY_BOUNDS_MS,
        }),
      ),
      decimals: 0,
      steps: LATENCY,
      noValue: 'no requests match',
    }),
    stat({
      ...single(
        34,
        'Mean time',
        'Mean duration of the requests of the selection. Far below p95: few requests are slow, look for what they have in common.',
        'ms',
        formulaQuery({ ...ROUTES, formulas: [MEAN] }),
      ),
      decimals: 0,
      steps: LATENCY,
    }),
    stat(
      single(
        35,
        'Bytes sent',
        'Bytes sent to clients of the selection in the range. A large share of the whole is worth compressing or caching.',
        'bytes',
        formulaQuery({ ...ROUTES, formulas: [sum('traffic', 'bytes')] }),
      ),
    ),
    timeSeries(
      {
        id: 36,
        title: 'Requests per bar by class',
        description:
          'Requests of the selection in each bar by status class. A bar that is missing is a minute without such requests.',
        width: 12,
        height: 8,
        unit: 'short',
        steps: PLAIN,
        ...DETAIL,
        overrides: CLASS_COLORS,
        queries: byColumn(
          overTime(ROUTES, [
            sum('c2xx', '2xx'),
            sum('c3xx', '3xx'),
            sum('c4xx', '4xx'),
            sum('c5xx', '5xx'),
          ]),
        ),
      },
      { draw: 'bars', stack: 'normal' },
    ),
    timeSeries(
      {
        id: 37,
        title: 'Error ratios of the selection',
        description:
          'Share of failed requests of the selection. When it began is when to look for a release or a failing upstream.',
        width: 12,
        height: 8,
        unit: 'percentunit',
        steps: ERROR_RATIO,
        ...DETAIL,
        overrides: CLASS_COLORS,
        queries: byColumn(
          overTime(ROUTES, [ratio('c4xx', 'count', '4xx'), ratio('c5xx', 'count', '5xx')]),
        ),
      },
      { showThresholds: true },
    ),
  ],
};

export const MEAN_TIMES: Section = {
  id: 201,
  title: 'Duration',
  panels: [
    timeSeries(
      {
        id: 40,
        title: 'Percentiles of the selection',
        description:
          'Percentiles of the selected routes, from bins of powers of two. Compare with the site beside it: only here means this handler.',
        width: 8,
        height: 8,
        unit: 'ms',
        steps: LATENCY,
        ...DETAIL,
        overrides: QUANTILE_COLORS,
        queries: byColumn(
          quantileQuery({
            ...ROUTES,
            quantiles: USUAL_QUANTILES,
            boundsMs: COARSE_LATENCY_BOUNDS_MS,
            time: BUCKET,
          }),
        ),
      },
      { showThresholds: true },
    ),
    timeSeries(
      {
        id: 41,
        title: 'Percentiles of the site',
        description:
          'Percentiles of everything on the selected sites. If these rise together with the selection, look at what they share: the machine, the network, the database.',
        width: 8,
        height: 8,
        unit: 'ms',
        steps: LATENCY,
        ...DETAIL,
        overrides: QUANTILE_COLORS,
        queries: byColumn(
          quantileQuery({
            measurement: from('access_log'),
            selection: SELECTION,
            range: RANGE,
            quantiles: USUAL_QUANTILES,
            boundsMs: LATENCY_BOUNDS_MS,
            time: BUCKET,
          }),
        ),
      },
      { showThresholds: true },
    ),
    timeSeries(
      {
        id: 42,
        title: 'Mean time: whole request and upstream',
        description:
          'Mean time of whole requests of the site and of the upstreams within them. The distance is the client, the network and nginx; together means the application.',
        width: 8,
        height: 8,
        unit: 'ms',
        steps: LATENCY,
        ...DETAIL,
        overrides: [fixed('request', 'blue'), fixed('upstream', 'orange')],
        queries: [
          ...byColumn(
            overTime({ measurement: from('access_log'), selection: SELECTION, range: RANGE }, [
              { ...MEAN, name: 'request' },
            ]),
          ),
          ...byColumn(overTime(UPSTREAMS, [{ ...MEAN, name: 'upstream' }])),
        ],
      },
      { fillOpacity: 10 },
    ),
  ],
};

function perUpstream(id: number, title: string, description: string, unit: string): Base {
  return { id, title, description, unit, width: 6, height: 8, steps: PLAIN, ...DETAIL };
}
type Base = Omit<Parameters<typeof timeSeries>[0], 'queries'>;

export const UPSTREAM_SECTION: Section = {
  id: 202,
  title: 'Upstreams of the selected sites',
  panels: [
    timeSeries(
      {
        ...perUpstream(
          50,
          'Requests per bar by upstream',
          'Requests that each server answered. Unequal bars behind an equal balancer: one of them is marked down or just came up.',
          'short',
        ),
        queries: byTag('upstream', overTime(UPSTREAMS, [sum('count')], ['upstream'])),
      },
      { draw: 'bars', stack: 'normal' },
    ),
    timeSeries(
      {
        ...perUpstream(
          51,
          'Error ratio by upstream',
          'Share of failed answers of each server. One server alone: take it out; all of them: look behind them.',
          'percentunit',
        ),
        steps: ERROR_RATIO,
        queries: byTag(
          'upstream',
          overTime(UPSTREAMS, [ratio('errors', 'count', 'errors')], ['upstream']),
        ),
      },
      { showThresholds: true },
    ),
    timeSeries(
      {
        ...perUpstream(
          52,
          'Mean time by upstream',
          'Mean time of each server. A server slower than its peers is overloaded or far away.',
          'ms',
        ),
        steps: LATENCY,
        queries: byTag('upstream', overTime(UPSTREAMS, [MEAN], ['upstream'])),
      },
      {},
    ),
    timeSeries(
      {
        ...perUpstream(
          53,
          'Retries per bar by upstream',
          'Tries that went on to another server. Any steady number means that one server refuses or times out: find it in the error log.',
          'short',
        ),
        queries: byTag('upstream', overTime(UPSTREAMS, [sum('retries')], ['upstream'])),
      },
      { draw: 'bars', stack: 'normal' },
    ),
  ],
};

function byProperty(id: number, dim: string, title: string, description: string): PlacedLater {
  return timeSeries(
    {
      id,
      title,
      description,
      width: 8,
      height: 8,
      unit: 'short',
      steps: PLAIN,
      noValue: 'not in the log format',
      ...DETAIL,
      queries: byTag(
        'value',
        overTime(
          {
            measurement: from('access_log_by'),
            selection: `"dim" = '${dim}' AND ${SELECTION}`,
            range: RANGE,
          },
          [sum('count')],
          ['value'],
        ),
      ),
    },
    { draw: 'bars', stack: 'percent' },
  );
}

export const SITE_SECTION: Section = {
  id: 204,
  title: 'The site around them (not by route)',
  panels: [
    byProperty(
      55,
      'status',
      'Status codes, share per bar',
      'Share of each status. A new colour is a new kind of answer: find out since when.',
    ),
    byProperty(
      56,
      'method',
      'Methods, share per bar',
      'Share of each method. A growing share of POST costs more than the number of requests tells.',
    ),
    byProperty(
      57,
      'cache',
      'Cache, share per bar',
      'Share of each cache status. A fall of HIT after a release is a changed cache key.',
    ),
  ],
};
