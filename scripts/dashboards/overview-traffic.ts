/** How much, how well, and from which host and site. */
import type { Section } from './dashboard.ts';
import { distinctQuery } from './distinct.ts';
import {
  condition,
  type Formula,
  formulaQuery,
  from,
  RANGE,
  rate,
  ratePerSeriesQuery,
  ratio,
  SELECTION,
  sum,
} from './influxql.ts';
import { CLASS_COLORS, ERROR_RATIO, fixed, PLAIN } from './palette.ts';
import { byColumn, byTag, stat, timeSeries } from './panel.ts';
import { RESOLUTION_INTERVAL } from './variables.ts';

const ACCESS_LOG = from('access_log');
const BUCKET = '${__interval}';

/** Requests per second of each class; a 499 is taken out of the 4xx, so that the sum is the total. */
const CLASS_RATES: readonly Formula[] = [
  rate('c1xx', '1xx'),
  rate('c2xx', '2xx'),
  rate('c3xx', '3xx'),
  { name: '4xx', expression: '(1.0*sum("c4xx")-sum("c499"))/sum("window")' },
  rate('c499', '499'),
  rate('c5xx', '5xx'),
];

export const TRAFFIC: Section = {
  id: 101,
  title: 'Traffic and errors',
  panels: [
    timeSeries(
      {
        id: 7,
        title: 'Requests by status class',
        description:
          'Requests per second, stacked, so the upper edge is the total. A gap means that nothing was written; no traffic is a zero. Look at what changed where red or purple grows.',
        width: 12,
        height: 8,
        unit: 'reqps',
        steps: PLAIN,
        interval: RESOLUTION_INTERVAL,
        overrides: CLASS_COLORS,
        queries: byColumn(
          ratePerSeriesQuery({
            measurement: ACCESS_LOG,
            formulas: CLASS_RATES,
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      { stack: 'normal', legend: 'right', legendCalcs: ['mean', 'max'] },
    ),
    {
      ...timeSeries(
        {
          id: 8,
          title: 'Requests now and a day earlier',
          description:
            'Requests per second with the day before laid over it, dashed (Grafana 13.3, or the toggle timeComparison before; else only today). Ask what happened where the two part.',
          width: 12,
          height: 8,
          unit: 'reqps',
          steps: PLAIN,
          interval: RESOLUTION_INTERVAL,
          overrides: [fixed('requests', 'blue')],
          queries: byColumn(
            ratePerSeriesQuery({
              measurement: ACCESS_LOG,
              formulas: [rate('count', 'requests')],
              selection: SELECTION,
              range: RANGE,
              time: BUCKET,
            }),
          ),
        },
        { options: { timeCompare: { timeCompare: true } } },
      ),
      timeCompare: '1d',
    },
    timeSeries(
      {
        id: 9,
        title: 'Error ratios',
        description:
          'Share of requests by kind of failure; 499 (the client gave up) is also within 4xx. 5xx above the lower dashed line: look at the upstreams; 4xx: a broken link, a release, or a scan.',
        width: 8,
        height: 8,
        unit: 'percentunit',
        steps: ERROR_RATIO,
        interval: RESOLUTION_INTERVAL,
        overrides: CLASS_COLORS,
        queries: byColumn(
          formulaQuery({
            measurement: ACCESS_LOG,
            formulas: [
              ratio('c4xx', 'count', '4xx'),
              ratio('c5xx', 'count', '5xx'),
              ratio('c499', 'count', '499'),
            ],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      { showThresholds: true },
    ),
    timeSeries(
      {
        id: 10,
        title: 'Bytes out and in',
        description:
          'Bytes sent, and below the axis bytes received where the log format has $request_length. A plateau may be a full line; much in with little out may be an upload abuse.',
        width: 8,
        height: 8,
        unit: 'Bps',
        steps: PLAIN,
        interval: RESOLUTION_INTERVAL,
        overrides: [
          fixed('out', 'green'),
          fixed('in', 'blue', { 'custom.transform': 'negative-Y' }),
        ],
        queries: byColumn(
          ratePerSeriesQuery({
            measurement: ACCESS_LOG,
            formulas: [rate('traffic', 'out'), rate('bytes_in', 'in')],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
          }),
        ),
      },
      { fillOpacity: 15 },
    ),
    timeSeries(
      {
        id: 11,
        title: 'Status codes per bar',
        description:
          'Requests in each bar by exact status. Use it to tell a 502 (upstream died) from a 504 (too slow) and a 403 from a 404.',
        width: 8,
        height: 8,
        unit: 'short',
        steps: PLAIN,
        interval: '1m',
        maxDataPoints: 120,
        queries: byTag(
          'value',
          formulaQuery({
            measurement: from('access_log_by'),
            formulas: [sum('count')],
            selection: `"dim" = 'status' AND ${SELECTION}`,
            range: RANGE,
            time: BUCKET,
            tags: ['value'],
            fill: 'none',
          }),
        ),
      },
      { draw: 'bars', stack: 'normal' },
    ),
  ],
};

export const BY_HOST_AND_SITE: Section = {
  id: 104,
  title: 'By host and by site',
  panels: [
    timeSeries(
      {
        id: 21,
        title: 'Requests/s by host',
        description:
          'Requests per second of each nginx. Hosts behind one balancer should run together; one that falls away is drained, dead, or not read.',
        width: 8,
        height: 8,
        unit: 'reqps',
        steps: PLAIN,
        interval: RESOLUTION_INTERVAL,
        queries: byTag(
          'host',
          ratePerSeriesQuery({
            measurement: ACCESS_LOG,
            formulas: [rate('count')],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
            tags: ['host'],
          }),
        ),
      },
      { fillOpacity: 0 },
    ),
    timeSeries(
      {
        id: 22,
        title: 'Requests/s by site',
        description:
          'Requests per second of each site. Pick the site that moved in the selection above.',
        width: 8,
        height: 8,
        unit: 'reqps',
        steps: PLAIN,
        interval: RESOLUTION_INTERVAL,
        queries: byTag(
          'site',
          ratePerSeriesQuery({
            measurement: ACCESS_LOG,
            formulas: [rate('count')],
            selection: SELECTION,
            range: RANGE,
            time: BUCKET,
            tags: ['site'],
          }),
        ),
      },
      { stack: 'normal' },
    ),
    stat({
      id: 23,
      title: 'Distinct clients',
      description:
        'Estimate of distinct clients (address and agent) over the range, hosts and sites (error about 9 %; only at the resolution 10s). Compare it with requests to tell many visitors from few busy ones.',
      width: 8,
      height: 8,
      unit: 'short',
      decimals: 0,
      steps: PLAIN,
      noValue: 'only at resolution 10s',
      queries: byColumn(
        distinctQuery(from('access_log_uniq'), condition(SELECTION, RANGE), 'clients'),
      ),
    }),
  ],
};
