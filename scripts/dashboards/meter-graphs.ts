/** The meter over time. While the database is away nothing arrives; the spool shows it afterwards. */
import type { Section } from './dashboard.ts';
import {
  AGENT_SELECTION,
  type Formula,
  formulaQuery,
  from,
  HOST_SELECTION,
  max,
  RANGE,
  ratio,
  sum,
  SPOOL_SHARE,
} from './influxql.ts';
import { fixed, PLAIN } from './palette.ts';
import { byColumn, byTag, type PanelSpec, timeSeries } from './panel.ts';

const BUCKET = '${__interval}';

function agent(formulas: readonly Formula[], tags: readonly string[] = []): string {
  return formulaQuery({
    measurement: from('access_log_lines'),
    formulas,
    selection: AGENT_SELECTION,
    range: RANGE,
    time: BUCKET,
    tags,
  });
}

function meter(formulas: readonly Formula[], tags: readonly string[] = []): string {
  return formulaQuery({
    measurement: from('access_log_meter'),
    formulas,
    selection: HOST_SELECTION,
    range: RANGE,
    time: BUCKET,
    tags,
  });
}

type Words = Pick<PanelSpec, 'id' | 'title' | 'description' | 'unit' | 'width'>;

/** Thirty seconds and a whole multiple of the window, so that no bar holds a window more than the next. */
function graph(words: Words, queries: PanelSpec['queries'], steps = PLAIN): PanelSpec {
  return { ...words, height: 8, steps, interval: '30s', maxDataPoints: 180, queries };
}

export const READING: Section = {
  id: 301,
  title: 'Reading',
  panels: [
    timeSeries(
      {
        ...graph(
          {
            id: 82,
            title: 'Lines per bar',
            description:
              'What became of the lines read; together they are all of them. Grow red or orange: the log format, or LATENESS.',
            unit: 'short',
            width: 8,
          },
          byColumn(agent([sum('counted'), sum('filtered'), sum('late'), sum('unparsed')])),
        ),
        overrides: [
          fixed('counted', 'green'),
          fixed('filtered', 'blue'),
          fixed('late', 'orange'),
          fixed('unparsed', 'red'),
        ],
      },
      { draw: 'bars', stack: 'normal' },
    ),
    timeSeries(
      {
        ...graph(
          {
            id: 83,
            title: 'Lines not counted',
            description:
              'Share of lines that are unparsed or late. When it began tells what changed: a new log_format, a slow disk, a clock.',
            unit: 'percentunit',
            width: 8,
          },
          byColumn(agent([ratio('unparsed', 'lines', 'unparsed'), ratio('late', 'lines', 'late')])),
          [
            [null, 'green'],
            [0.001, 'orange'],
            [0.01, 'red'],
          ],
        ),
        overrides: [fixed('late', 'orange'), fixed('unparsed', 'red')],
      },
      { showThresholds: true },
    ),
    timeSeries(
      graph(
        {
          id: 84,
          title: 'Lag by log',
          description:
            'Age of the newest line when it was read. A slope is a reader that does not keep up; a saw is the buffer of nginx.',
          unit: 'ms',
          width: 8,
        },
        byTag('log', agent([max('lag_ms', 'lag')], ['log'])),
        [
          [null, 'green'],
          [10_000, 'orange'],
          [60_000, 'red'],
        ],
      ),
      { showThresholds: true },
    ),
    timeSeries(
      graph(
        {
          id: 85,
          title: 'Unread bytes by log',
          description:
            'What stands in the log and has not been read. It should return to 0; a plateau while the spool is full is the reader waiting.',
          unit: 'bytes',
          width: 8,
        },
        byTag('log', agent([max('unread_bytes', 'unread')], ['log'])),
      ),
      { fillOpacity: 15 },
    ),
    timeSeries(
      graph(
        {
          id: 86,
          title: 'Rotations and truncations per bar',
          description:
            'Rotations noticed; each should match one of logrotate. More of them: the log is rotated by two programs.',
          unit: 'short',
          width: 8,
        },
        byColumn(agent([sum('rotations'), sum('truncations')])),
      ),
      { draw: 'bars' },
    ),
    timeSeries(
      graph(
        {
          id: 97,
          title: 'Syslog messages lost by host',
          description:
            'Messages that came by syslog and are in no count: of another form, without room here, or dropped by the system. Raise the receive buffer, or log to a file, which loses none.',
          unit: 'short',
          width: 8,
        },
        byTag('host', meter([sum('lost_messages', 'lost')], ['host'])),
        [
          [null, 'green'],
          [1, 'red'],
        ],
      ),
      { draw: 'bars' },
    ),
  ],
};

export const DELIVERY: Section = {
  id: 302,
  title: 'Writing to the database',
  panels: [
    timeSeries(
      {
        ...graph(
          {
            id: 87,
            title: 'Write requests per bar',
            description:
              'Requests that succeeded and that failed. Failures come with a growing spool: look at the database first.',
            unit: 'short',
            width: 8,
          },
          byColumn(meter([sum('writes', 'succeeded'), sum('write_errors', 'failed')])),
        ),
        overrides: [fixed('succeeded', 'green'), fixed('failed', 'red')],
      },
      { draw: 'bars', stack: 'normal' },
    ),
    timeSeries(
      {
        ...graph(
          {
            id: 88,
            title: 'Points per bar',
            description:
              'Points taken and refused by the database. A jump is the spool being emptied; refused ones are in the dead-letter file.',
            unit: 'short',
            width: 8,
          },
          byColumn(meter([sum('points', 'taken'), sum('rejected_points', 'refused')])),
        ),
        overrides: [fixed('taken', 'green'), fixed('refused', 'red')],
      },
      { draw: 'bars', stack: 'normal' },
    ),
    timeSeries(
      graph(
        {
          id: 89,
          title: 'Write time by host',
          description:
            'Duration of the last write request. Over a second the database is busy: fewer series, larger windows, or a larger machine.',
          unit: 'ms',
          width: 8,
        },
        byTag('host', meter([max('write_ms', 'duration')], ['host'])),
        [
          [null, 'green'],
          [1000, 'orange'],
          [5000, 'red'],
        ],
      ),
      { showThresholds: true },
    ),
    timeSeries(
      graph(
        {
          id: 90,
          title: 'Spool by host',
          description:
            'Points waiting on disk, as a share of SPOOL_MAX_BYTES. A hill is an outage that healed; near the upper dashed line reading is about to stop.',
          unit: 'percentunit',
          width: 12,
        },
        byTag('host', meter([SPOOL_SHARE], ['host'])),
        [
          [null, 'green'],
          [0.5, 'orange'],
          [0.8, 'red'],
        ],
      ),
      { showThresholds: true, fillOpacity: 15 },
    ),
    timeSeries(
      graph(
        {
          id: 91,
          title: 'Age of the spool by host',
          description:
            'Age of the oldest point that waits. It grows by a second a second while the database does not answer.',
          unit: 'ms',
          width: 12,
        },
        byTag('host', meter([max('spool_age_ms', 'age')], ['host'])),
        [
          [null, 'green'],
          [60_000, 'orange'],
          [600_000, 'red'],
        ],
      ),
      { showThresholds: true },
    ),
  ],
};

export const PROCESS: Section = {
  id: 303,
  title: 'The process',
  panels: [
    timeSeries(
      graph(
        {
          id: 92,
          title: 'Memory by host',
          description:
            'Resident memory. It is bounded; a steady climb over days is a leak: report it.',
          unit: 'bytes',
          width: 8,
        },
        byTag('host', meter([max('rss', 'memory')], ['host'])),
        [
          [null, 'green'],
          [134_217_728, 'orange'],
          [201_326_592, 'red'],
        ],
      ),
    ),
    timeSeries(
      {
        ...graph(
          {
            id: 93,
            title: 'Processor by host',
            description:
              'Processor time used, as a share of one core. Near 100 % the reader lags: the next step is fewer dimensions.',
            unit: 'percentunit',
            width: 8,
          },
          byTag(
            'host',
            meter([{ name: 'cpu', expression: '1.0*sum("cpu_ms")/${__interval_ms}' }], ['host']),
          ),
          [
            [null, 'green'],
            [0.5, 'orange'],
            [0.9, 'red'],
          ],
        ),
        // A share needs whole windows in each point; the window may be up to a minute long.
        interval: '1m',
      },
      { showThresholds: true },
    ),
    timeSeries(
      graph(
        {
          id: 94,
          title: 'Series and folded values',
          description:
            'Series held in memory, and tag values counted as other. If these keep growing, a route rule is missing.',
          unit: 'short',
          width: 8,
        },
        byColumn(meter([max('series'), sum('folded')])),
      ),
    ),
  ],
};
