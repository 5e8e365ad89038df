/**
 * The meter itself: can the numbers be trusted, does it keep up, does the database take them. While the
 * database is away nothing arrives; the spool shows it afterwards.
 */
import { closedRow, dashboard, FILE_EVENTS, row } from './dashboard.ts';
import {
  BUCKET,
  condition,
  type Formula,
  formulaQuery,
  LINES,
  max,
  METERS,
  RANGE_MS,
  ratio,
  selected,
  series,
  SPOOL_SHARE,
  sum,
  total,
  UNACCOUNTED,
  WRITE_ERRORS,
} from './influxql.ts';
import { linkTo } from './links.ts';
import { fixed, NEVER, own, SHARE_GOOD, type Step, worseFrom } from './palette.ts';
import {
  byColumn,
  byTag,
  graph as anyGraph,
  type PlacedLater,
  type Query,
  stat,
  type Style,
} from './panel.ts';
import { table } from './table-panel.ts';
import { METER_VARIABLES } from './variables.ts';

const UNPARSED = worseFrom(0.001, 0.01);
const LATE = worseFrom(0.0001, 0.001);
const LAG = worseFrom(10_000, 60_000);
const SPOOL = worseFrom(0.5, 0.8);

const unparsed = ratio('unparsed', 'lines', 'unparsed');
const late = ratio('late', 'lines', 'late');
const counted = ratio('counted', 'lines', 'counted');

/** Windows there are, against the length of the range, of the log that has the fewest. */
const COVERAGE =
  `SELECT 1000.0*min("seen")/${RANGE_MS} AS "covered" FROM (SELECT max("seen") AS "seen" FROM ` +
  `(SELECT sum("window") AS "seen" FROM "\${rp}"."access_log" WHERE ${condition(LINES)} ` +
  'GROUP BY "host", "log", "site") GROUP BY "host", "log")';

const TRUST = row(300, 'Can these numbers be trusted?', [
  stat(70, byColumn(total(LINES, [counted, unparsed, late, UNACCOUNTED])), {
    width: 10,
    noValue: 'nothing written',
    overrides: [
      own('counted', 'percentunit', SHARE_GOOD, 2),
      own('unparsed', 'percentunit', UNPARSED, 3),
      own('late', 'percentunit', LATE, 3),
      own('unaccounted', 'short', NEVER, 0),
    ],
  }),
  stat(74, byColumn(COVERAGE), {
    width: 4,
    decimals: 1,
    steps: SHARE_GOOD,
    noValue: 'silent',
    noValueColor: 'red',
  }),
  stat(76, byColumn(series(LINES, [max('lag_ms', 'lag'), max('unread_bytes', 'unread')])), {
    width: 10,
    overrides: [own('lag', 'ms', LAG), own('unread', 'bytes', worseFrom(10_485_760, 104_857_600))],
  }),
  stat(
    75,
    byColumn(
      total(METERS, [
        sum('rejected_points', 'refused'),
        WRITE_ERRORS,
        SPOOL_SHARE,
        sum('lost_messages', 'lost'),
        sum('folded'),
      ]),
    ),
    {
      width: 24,
      noValue: 'nothing written',
      overrides: [
        own('refused', 'short', NEVER),
        own('failed', 'percentunit', worseFrom(0.01, 0.1), 2),
        own('spool', 'percentunit', SPOOL, 1),
        own('lost', 'short', NEVER),
        own('folded', 'short', worseFrom(1)),
      ],
    },
  ),
]);

/** What lasts: a host that fell silent yesterday is still listed. */
const LAST_POINTS =
  `SELECT last("uptime") AS "uptime" FROM "access_log_meter" WHERE ${selected('host')} ` +
  'AND time > ${__to}ms - 14d AND time <= ${__to}ms GROUP BY "host"';

const WHICH = row(304, 'Which host, which log', [
  table(95, [LAST_POINTS], {
    width: 7,
    noValue: 'nothing written in two weeks',
    keepTime: true,
    sortBy: 'last point',
    columns: [
      { field: 'host', link: linkTo('Overview', 'nginx-overview') },
      { field: 'Time', title: 'last point', unit: 'dateTimeFromNow', width: 100 },
      { field: 'uptime', unit: 's', width: 70 },
    ],
  }),
  table(
    96,
    [
      total(
        LINES,
        [
          sum('lines'),
          { ...counted, name: 'ratio' },
          sum('unparsed'),
          sum('late'),
          sum('filtered'),
          sum('bytes'),
          max('lag_ms', 'lag'),
        ],
        ['host', 'log'],
      ),
    ],
    {
      width: 17,
      noValue: 'nothing written',
      sortBy: 'lines',
      columns: [
        { field: 'host', width: 110 },
        { field: 'log' },
        { field: 'lines', unit: 'short', width: 75 },
        {
          field: 'ratio',
          title: 'counted',
          unit: 'percentunit',
          decimals: 2,
          steps: SHARE_GOOD,
          width: 85,
        },
        { field: 'unparsed', unit: 'short', steps: worseFrom(1), width: 85 },
        { field: 'late', unit: 'short', steps: worseFrom(1), width: 65 },
        { field: 'filtered', unit: 'short', width: 75 },
        { field: 'bytes', unit: 'bytes', width: 85 },
        { field: 'lag', title: 'worst lag', unit: 'ms', steps: LAG, width: 90 },
      ],
    },
  ),
]);

/** Thirty seconds and a whole multiple of the window, so that no bar holds a window more than the next. */
const EVEN = { interval: '30s', maxDataPoints: 144 } as const;
const BARS = { draw: 'bars', stack: 'normal' } as const;

function graph(id: number, queries: readonly Query[], style: Style = {}): PlacedLater {
  return anyGraph(id, queries, { ...EVEN, ...style });
}

/** One line a host. */
function byHost(
  id: number,
  formula: Formula,
  steps?: readonly Step[],
  style: Style = {},
): PlacedLater {
  const queries = byTag(series(METERS, [formula], ['host']), 'host');
  return graph(id, queries, { ...style, ...(steps && { steps }) });
}

function byLog(formula: Formula): Query[] {
  return byTag(series(LINES, [formula], ['host', 'log']), 'host', 'log');
}

const READING = closedRow(301, 'Reading', [
  graph(
    82,
    byColumn(
      series(
        LINES,
        ['counted', 'filtered', 'late', 'unparsed'].map((name) => sum(name)),
      ),
    ),
    {
      ...BARS,
      overrides: [
        fixed('counted', 'green'),
        fixed('filtered', 'blue'),
        fixed('late', 'orange'),
        fixed('unparsed', 'red'),
      ],
    },
  ),
  graph(83, byColumn(series(LINES, [unparsed, late])), {
    steps: UNPARSED,
    overrides: [fixed('late', 'orange'), fixed('unparsed', 'red')],
  }),
  graph(84, byLog(max('lag_ms', 'lag')), { steps: LAG }),
  graph(85, byLog(max('unread_bytes', 'unread')), { fillOpacity: 15 }),
  graph(86, byColumn(series(LINES, [sum('rotations'), sum('truncations')])), {
    draw: 'bars',
    overrides: [fixed('rotations', 'blue'), fixed('truncations', 'orange')],
  }),
  byHost(97, sum('lost_messages', 'lost'), NEVER, { draw: 'bars' }),
]);

const DELIVERY = closedRow(302, 'Writing to the database', [
  graph(87, byColumn(series(METERS, [sum('writes', 'succeeded'), sum('write_errors', 'failed')])), {
    ...BARS,
    overrides: [fixed('succeeded', 'green'), fixed('failed', 'red')],
  }),
  graph(88, byColumn(series(METERS, [sum('points', 'taken'), sum('rejected_points', 'refused')])), {
    ...BARS,
    overrides: [fixed('taken', 'green'), fixed('refused', 'red')],
  }),
  byHost(89, max('write_ms', 'duration'), worseFrom(1000, 5000)),
  byHost(90, SPOOL_SHARE, SPOOL, { width: 12, fillOpacity: 15 }),
  byHost(91, max('spool_age_ms', 'age'), worseFrom(60_000, 600_000), { width: 12 }),
]);

/**
 * Processor time over the time between the first and the last point of a bucket, which uptime tells: a
 * bucket that is cut off at the edge of the range has less of both. A bucket with one point has no length.
 */
const CPU: Formula = {
  name: 'cpu',
  expression: '1.0*sum("cpu_ms")*(count("cpu_ms")-1)/(1000*spread("uptime")*count("cpu_ms"))',
};

const PROCESS = closedRow(303, 'The process', [
  byHost(92, max('rss', 'memory'), worseFrom(134_217_728, 201_326_592)),
  graph(
    93,
    byTag(
      formulaQuery({
        ...METERS,
        formulas: [CPU],
        time: BUCKET,
        tags: ['host'],
        fill: 'none',
        having: '"cpu" > 0',
      }),
      'host',
    ),
    { interval: '2m', steps: worseFrom(0.5, 0.9) },
  ),
  graph(94, byColumn(series(METERS, [max('series'), sum('folded')])), {
    overrides: [fixed('series', 'blue'), fixed('folded', 'orange')],
  }),
]);

export const METER = dashboard({
  uid: 'nginx-meter',
  title: 'nginx / meter',
  description: 'The meter itself: whether its numbers can be trusted, and what holds it up.',
  variables: METER_VARIABLES,
  events: FILE_EVENTS,
  sections: [TRUST, WHICH, READING, DELIVERY, PROCESS],
});
