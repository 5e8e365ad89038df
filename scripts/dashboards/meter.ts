/** The meter itself: can the numbers be trusted, does it keep up, does the database take them. */
import { dashboard, type Section } from './dashboard.ts';
import { DELIVERY, PROCESS, READING } from './meter-graphs.ts';
import {
  AGENT_SELECTION,
  formulaQuery,
  from,
  HOST_SELECTION,
  LATEST,
  max,
  RANGE,
  ratio,
  sum,
  SPOOL_SHARE,
} from './influxql.ts';
import { PLAIN, SHARE_GOOD } from './palette.ts';
import { byColumn, stat } from './panel.ts';
import { table } from './table-panel.ts';
import { AGENT_VARIABLES, RESOLUTION_VARIABLE } from './variables.ts';

const AGENT = { measurement: from('access_log_lines'), selection: AGENT_SELECTION } as const;
const METER_POINT = { measurement: from('access_log_meter'), selection: HOST_SELECTION } as const;
const SMALL = { width: 4, height: 4 } as const;

/** Lines that no counter explains. Zero by construction; 1.0* since abs() of an integer is wrong on 1.6. */
const UNACCOUNTED = {
  name: 'unaccounted',
  expression: 'abs(1.0*sum("lines")-sum("counted")-sum("unparsed")-sum("late")-sum("filtered"))',
};

/** Windows there are, against the length of the range, of the log that has the fewest. */
const COVERAGE =
  'SELECT 1.0*min("seen")/${__range_s} AS "coverage" FROM (SELECT max("seen") AS "seen" FROM ' +
  `(SELECT sum("window") AS "seen" FROM ${from('access_log')} WHERE ${AGENT_SELECTION} AND ${RANGE} ` +
  'GROUP BY "host", "log", "site") GROUP BY "host", "log")';

const TRUST: Section = {
  id: 300,
  title: 'Can these numbers be trusted?',
  panels: [
    stat({
      ...SMALL,
      id: 70,
      title: 'Unaccounted lines',
      description:
        'Lines read less counted, unparsed, late and filtered ones: always 0. Anything else is a fault of the meter; report it with the log format.',
      unit: 'short',
      steps: [
        [null, 'green'],
        [1, 'red'],
      ],
      noValue: 'nothing written',
      queries: byColumn(formulaQuery({ ...AGENT, formulas: [UNACCOUNTED], range: RANGE })),
    }),
    stat({
      ...SMALL,
      id: 71,
      title: 'Counted',
      description:
        'Share of the lines read that are in the numbers of the other dashboards. Below 99 % see which of the next two explains it.',
      unit: 'percentunit',
      decimals: 2,
      steps: SHARE_GOOD,
      queries: byColumn(
        formulaQuery({ ...AGENT, formulas: [ratio('counted', 'lines', 'counted')], range: RANGE }),
      ),
    }),
    stat({
      ...SMALL,
      id: 72,
      title: 'Unparsed',
      description:
        'Share of lines that do not have the form of the log format. Over 0.1 % LOG_FORMAT is not the one nginx writes; the log of the meter shows samples.',
      unit: 'percentunit',
      decimals: 3,
      steps: [
        [null, 'green'],
        [0.001, 'orange'],
        [0.01, 'red'],
      ],
      queries: byColumn(
        formulaQuery({
          ...AGENT,
          formulas: [ratio('unparsed', 'lines', 'unparsed')],
          range: RANGE,
        }),
      ),
    }),
    stat({
      ...SMALL,
      id: 73,
      title: 'Late',
      description:
        'Share of lines older than LATENESS allows, so not in any window. Raise LATENESS above the flush time of nginx and the longest request.',
      unit: 'percentunit',
      decimals: 3,
      steps: [
        [null, 'green'],
        [0.0001, 'orange'],
        [0.001, 'red'],
      ],
      queries: byColumn(
        formulaQuery({ ...AGENT, formulas: [ratio('late', 'lines', 'late')], range: RANGE }),
      ),
    }),
    stat({
      ...SMALL,
      id: 74,
      title: 'Range covered',
      description:
        'Share of the range with windows, for the log with the fewest; an idle site counts as covered. Low right after the installation; else something was down: see the gaps.',
      unit: 'percentunit',
      decimals: 1,
      steps: SHARE_GOOD,
      noValue: 'silent',
      queries: byColumn(COVERAGE),
    }),
    stat({
      ...SMALL,
      id: 75,
      title: 'Points refused',
      description:
        'Points that the database refused for good. They are in the dead-letter file with the reason; mostly a field of another type or a retention that is too short.',
      unit: 'short',
      steps: [
        [null, 'green'],
        [1, 'red'],
      ],
      queries: byColumn(
        formulaQuery({
          ...METER_POINT,
          formulas: [sum('rejected_points', 'refused')],
          range: RANGE,
        }),
      ),
    }),
    stat({
      ...SMALL,
      id: 76,
      title: 'Lag',
      description:
        'Age of the newest line when it was read, over the last 30 points, of the worst log. Over 60 s the meter does not keep up (or nginx buffers: flush=).',
      unit: 'ms',
      steps: [
        [null, 'green'],
        [10_000, 'orange'],
        [60_000, 'red'],
      ],
      queries: byColumn(
        formulaQuery({ ...AGENT, formulas: [max('lag_ms', 'lag')], range: LATEST }),
      ),
    }),
    stat({
      ...SMALL,
      id: 77,
      title: 'Unread',
      description:
        'Bytes in the log that have not been read, over the last 30 points, of the worst log. Growing means not keeping up, or a full spool that has stopped the reader.',
      unit: 'bytes',
      steps: [
        [null, 'green'],
        [10_485_760, 'orange'],
        [104_857_600, 'red'],
      ],
      queries: byColumn(
        formulaQuery({ ...AGENT, formulas: [max('unread_bytes', 'unread')], range: LATEST }),
      ),
    }),
    stat({
      ...SMALL,
      id: 78,
      title: 'Spool',
      description:
        'Points that wait for the database as a share of SPOOL_MAX_BYTES, over the last 30 points, of the worst host. At 100 % reading stops; nothing is dropped.',
      unit: 'percentunit',
      steps: [
        [null, 'green'],
        [0.5, 'orange'],
        [0.8, 'red'],
      ],
      queries: byColumn(formulaQuery({ ...METER_POINT, formulas: [SPOOL_SHARE], range: LATEST })),
    }),
    stat({
      ...SMALL,
      id: 79,
      title: 'Failed writes',
      description:
        'Share of write requests that failed; each is tried again. Over 10 % look at the log of the meter and of the database.',
      unit: 'percentunit',
      decimals: 2,
      steps: [
        [null, 'green'],
        [0.01, 'orange'],
        [0.1, 'red'],
      ],
      queries: byColumn(
        formulaQuery({
          ...METER_POINT,
          formulas: [
            {
              name: 'failed',
              expression: '1.0*sum("write_errors")/(sum("writes")+sum("write_errors"))',
            },
          ],
          range: RANGE,
        }),
      ),
    }),
    stat({
      ...SMALL,
      id: 80,
      title: 'Truncations',
      description:
        'Logs cut to nothing while they were read (copytruncate). Lines written between the copy and the cut are lost to everybody; prefer renaming.',
      unit: 'short',
      steps: [
        [null, 'green'],
        [1, 'orange'],
      ],
      queries: byColumn(formulaQuery({ ...AGENT, formulas: [sum('truncations')], range: RANGE })),
    }),
    stat({
      ...SMALL,
      id: 81,
      title: 'Folded values',
      description:
        'Tag values counted as other because a limit was reached. Sums stay right; single values are missing. Add a route rule (ROUTES) or raise the limit.',
      unit: 'short',
      steps: [
        [null, 'green'],
        [1, 'orange'],
      ],
      queries: byColumn(formulaQuery({ ...METER_POINT, formulas: [sum('folded')], range: RANGE })),
    }),
  ],
};

const WHICH: Section = {
  id: 304,
  title: 'Which host, which log',
  panels: [
    table({
      id: 95,
      title: 'Hosts',
      description:
        'When each meter wrote last. One that has been silent for minutes is stopped, cut off from the database, or its pod is gone.',
      width: 8,
      height: 8,
      unit: 'short',
      steps: PLAIN,
      keepTime: true,
      queries: [
        {
          query: `SELECT last("uptime") AS "uptime" FROM ${METER_POINT.measurement} WHERE ${HOST_SELECTION} AND ${RANGE} GROUP BY "host"`,
        },
      ],
      sortBy: 'last point',
      columns: [
        { field: 'host' },
        { field: 'Time', title: 'last point', unit: 'dateTimeFromNow' },
        { field: 'uptime', unit: 's' },
      ],
    }),
    table({
      id: 96,
      title: 'Account of each log',
      description:
        'For each log, lines = counted + unparsed + late + filtered. The log whose unparsed or late stands out is the one to look at.',
      width: 16,
      height: 8,
      unit: 'short',
      steps: PLAIN,
      queries: [
        {
          query: formulaQuery({
            ...AGENT,
            formulas: [
              sum('lines'),
              sum('counted'),
              sum('unparsed'),
              sum('late'),
              sum('filtered'),
              ratio('counted', 'lines', 'ratio'),
              sum('bytes'),
              max('lag_ms', 'lag'),
            ],
            range: RANGE,
            tags: ['host', 'log'],
          }),
        },
      ],
      sortBy: 'lines',
      columns: [
        { field: 'host' },
        { field: 'log' },
        { field: 'lines', unit: 'short' },
        { field: 'counted', unit: 'short' },
        { field: 'unparsed', unit: 'short' },
        { field: 'late', unit: 'short' },
        { field: 'filtered', unit: 'short' },
        {
          field: 'ratio',
          title: 'counted/lines',
          unit: 'percentunit',
          decimals: 2,
          steps: SHARE_GOOD,
          cell: 'color-text',
        },
        { field: 'bytes', unit: 'bytes' },
        { field: 'lag', title: 'worst lag', unit: 'ms' },
      ],
    }),
  ],
};

export const METER = dashboard({
  uid: 'nginx-meter',
  title: 'nginx / meter',
  description: 'The meter itself: whether its numbers can be trusted, and what holds it up.',
  variables: [...AGENT_VARIABLES, RESOLUTION_VARIABLE],
  sections: [TRUST, READING, DELIVERY, PROCESS, WHICH],
});
