/** The first row of the overview: six numbers that tell whether there is something to look at. */
import { LATENCY_BOUNDS_MS } from '../../src/aggregate/sealed-window.ts';
import type { Section } from './dashboard.ts';
import {
  formulaQuery,
  from,
  LATEST,
  RANGE,
  rate,
  ratePerSeriesQuery,
  ratio,
  SELECTION,
} from './influxql.ts';
import { CHANGE, ERROR_RATIO, LATENCY, PLAIN } from './palette.ts';
import { byColumn, comparison, stat } from './panel.ts';
import { quantileQuery } from './quantile.ts';

const ACCESS_LOG = from('access_log');

function rateOver(name: string, range: string): string {
  return ratePerSeriesQuery({
    measurement: ACCESS_LOG,
    formulas: [rate('count', name)],
    selection: SELECTION,
    range,
  });
}

/** The whole selected range, so many days earlier. */
function shifted(days: number): string {
  return `time >= \${__from}ms - ${days}d AND time <= \${__to}ms - ${days}d`;
}

function changeQueries(days: number) {
  return [{ query: rateOver('now', RANGE) }, { query: rateOver('before', shifted(days)) }];
}

/**
 * Seconds of the last five minutes without a window, of the worst host that has written in them at all.
 * Always from the raw points: it is about how fresh they are.
 */
const MISSING_SECONDS =
  'SELECT max("missing") AS "missing" FROM (SELECT 300-max("seen") AS "missing" FROM ' +
  `(SELECT sum("window") AS "seen" FROM "access_log" WHERE ${SELECTION} ` +
  'AND time > ${__to}ms - 5m AND time <= ${__to}ms ' +
  'GROUP BY "host", "log", "site") GROUP BY "host", "log")';

export const NOW: Section = {
  id: 100,
  title: 'Now (the last 30 points of the range) and against earlier',
  panels: [
    stat({
      id: 1,
      title: 'Requests/s',
      description:
        'Requests per second over the last 30 points of the range. Far from what you know? Look at the comparisons beside it first.',
      width: 4,
      height: 4,
      unit: 'reqps',
      steps: PLAIN,
      queries: byColumn(rateOver('requests', LATEST)),
      links: [
        { title: 'Drill down', url: '/d/nginx-drilldown?${__url_time_range}&${site:queryparam}' },
      ],
    }),
    comparison({
      id: 2,
      title: 'Against yesterday',
      description:
        'Requests per second of the selected range against the same range a day earlier. Below -20 % ask what keeps visitors away, above +50 % whether the machines suffice.',
      width: 4,
      height: 4,
      unit: 'percentunit',
      decimals: 0,
      steps: CHANGE,
      noValue: 'no data a day earlier',
      queries: changeQueries(1),
    }),
    comparison({
      id: 3,
      title: 'Against last week',
      description:
        'The same against seven days earlier, which is fairer at weekends. Nothing is shown until there is a week of data.',
      width: 4,
      height: 4,
      unit: 'percentunit',
      decimals: 0,
      steps: CHANGE,
      noValue: 'no data a week earlier',
      queries: changeQueries(7),
    }),
    stat({
      id: 4,
      title: '5xx ratio',
      description:
        'Share of requests that failed on our side, over the last 30 points. Over 1 % look at the failing routes below, over 5 % treat it as an incident.',
      width: 4,
      height: 4,
      unit: 'percentunit',
      decimals: 2,
      steps: ERROR_RATIO,
      queries: byColumn(
        formulaQuery({
          measurement: ACCESS_LOG,
          formulas: [ratio('c5xx', 'count', '5xx')],
          selection: SELECTION,
          range: LATEST,
        }),
      ),
    }),
    stat({
      id: 5,
      title: 'p95',
      description:
        '95 % of requests were faster, over the last 30 points, merged over hosts and sites. Over 500 ms look at the routes sorted by time consumed.',
      width: 4,
      height: 4,
      unit: 'ms',
      decimals: 0,
      steps: LATENCY,
      noValue: 'no requests',
      queries: byColumn(
        quantileQuery({
          quantiles: [{ q: 0.95, name: 'p95' }],
          boundsMs: LATENCY_BOUNDS_MS,
          measurement: ACCESS_LOG,
          selection: SELECTION,
          range: LATEST,
        }),
      ),
    }),
    stat({
      id: 6,
      title: 'Data missing',
      description:
        'Seconds of the last five minutes for which the worst host has written nothing. From 30 s on do not trust the right edge of any graph: open the meter dashboard.',
      width: 4,
      height: 4,
      unit: 's',
      steps: [
        [null, 'green'],
        [30, 'orange'],
        [90, 'red'],
      ],
      noValue: 'silent',
      queries: byColumn(MISSING_SECONDS),
      links: [{ title: 'Meter', url: '/d/nginx-meter?${__url_time_range}&${host:queryparam}' }],
    }),
  ],
};
