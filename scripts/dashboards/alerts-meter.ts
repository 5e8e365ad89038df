/** Alert rules on the meter itself. */
import type { AlertQuery, AlertRule } from './alert-rule.ts';
import { type Formula, formulaQuery, max, RANGE, ratio, sum, SPOOL_SHARE } from './influxql.ts';

const MINUTE = 60;
const SETTLED = 30;

function reading(measurement: string, tags: readonly string[]) {
  return (formula: Formula, minutes: number): AlertQuery => ({
    query: formulaQuery({ measurement, formulas: [formula], range: RANGE, tags }),
    from: minutes * MINUTE + SETTLED,
    to: SETTLED,
  });
}

const agent = reading('"access_log_lines"', ['host', 'log']);
const meter = reading('"access_log_meter"', ['host']);

const UNACCOUNTED: Formula = {
  name: 'unaccounted',
  expression: 'abs(1.0*sum("lines")-sum("counted")-sum("unparsed")-sum("late")-sum("filtered"))',
};

const WRITE_ERRORS: Formula = {
  name: 'ratio',
  expression: '1.0*sum("write_errors")/(sum("writes")+sum("write_errors"))',
};

const ON_METER = { dashboardUid: 'nginx-meter' } as const;
const QUIET = { noDataState: 'OK', execErrState: 'KeepLast' } as const;

export const METER_RULES: readonly AlertRule[] = [
  {
    uid: 'meter-silent',
    title: 'Every meter has stopped writing',
    // No row at all is the alarm; a row always has a count above nothing, so the threshold never fires.
    queries: {
      points: {
        query: `SELECT count("uptime") AS "points" FROM "access_log_meter" WHERE ${RANGE}`,
        from: 2 * MINUTE,
        to: 0,
      },
    },
    equation: '$points < 1',
    above: 0,
    for: '2m',
    severity: 'critical',
    noDataState: 'Alerting',
    execErrState: 'Alerting',
    ...ON_METER,
    panelId: 95,
    summary: 'No meter has written for two minutes, or the database does not answer',
    description:
      'All graphs stand still. Look whether the database answers, then at the log of a meter.',
  },
  {
    uid: 'meter-host-silent',
    title: 'One meter has stopped writing',
    // fill(0) keeps a host that has gone silent in the answer for the half hour that is asked for.
    queries: {
      points: {
        query: `SELECT count("uptime") AS "points" FROM "access_log_meter" WHERE ${RANGE} GROUP BY time(2m), "host" fill(0)`,
        from: 30 * MINUTE,
        to: SETTLED,
      },
    },
    equation: '$points < 1',
    above: 0,
    for: '2m',
    severity: 'warning',
    isPaused: true,
    ...QUIET,
    ...ON_METER,
    panelId: 95,
    summary: '{{ $labels.host }}: nothing written for two minutes',
    description:
      'For fixed hosts: unpause it. Where pods or containers come and go with new names it would fire at each of them.',
  },
  {
    uid: 'meter-lag',
    title: 'A meter does not keep up',
    queries: { lag: agent(max('lag_ms', 'lag'), 5) },
    equation: '$lag',
    above: 60_000,
    for: '5m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 84,
    summary:
      '{{ $labels.host }}, {{ $labels.log }}: reads lines that are {{ humanize $values.lag.Value }} ms old',
    description:
      'Either the spool is full and stops the reader, or processor time is short, or nginx buffers (flush=).',
  },
  {
    uid: 'meter-unparsed',
    title: 'Lines cannot be parsed',
    queries: {
      ratio: agent(ratio('unparsed', 'lines', 'ratio'), 10),
      lines: agent(sum('lines'), 10),
    },
    equation: '$ratio * ($lines >= 100)',
    above: 0.01,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 83,
    summary:
      '{{ $labels.host }}, {{ $labels.log }}: {{ $values.ratio.Value | humanizePercentage }} of lines are not of the log format',
    description:
      'LOG_FORMAT and the log_format of nginx differ; the log of the meter shows samples.',
  },
  {
    uid: 'meter-late',
    title: 'Lines come too late',
    queries: { ratio: agent(ratio('late', 'lines', 'ratio'), 10), lines: agent(sum('lines'), 10) },
    equation: '$ratio * ($lines >= 100)',
    above: 0.001,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 83,
    summary:
      '{{ $labels.host }}, {{ $labels.log }}: {{ $values.ratio.Value | humanizePercentage }} of lines are in no window',
    description: 'Raise LATENESS above the flush time of nginx and the longest request.',
  },
  {
    uid: 'meter-accounting',
    title: 'Lines are unaccounted for',
    queries: { unaccounted: agent(UNACCOUNTED, 10) },
    equation: '$unaccounted',
    above: 0,
    for: '2m',
    severity: 'critical',
    ...QUIET,
    ...ON_METER,
    panelId: 70,
    summary:
      '{{ $labels.host }}, {{ $labels.log }}: {{ $values.unaccounted.Value }} lines are unaccounted for',
    description:
      'lines = counted + unparsed + late + filtered does not hold: a fault of the meter; report it.',
  },
  {
    uid: 'meter-spool',
    title: 'The spool fills',
    queries: { spool: meter(SPOOL_SHARE, 5) },
    equation: '$spool',
    above: 0.8,
    for: '5m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 90,
    summary:
      '{{ $labels.host }}: {{ $values.spool.Value | humanizePercentage }} of SPOOL_MAX_BYTES wait for the database',
    description:
      'When it is full, reading stops and the log is the buffer. Look why the database is slow.',
  },
  {
    uid: 'meter-spool-age',
    title: 'Points are late',
    queries: { age: meter(max('spool_age_ms', 'age'), 5) },
    equation: '$age',
    above: 600_000,
    for: '10m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 91,
    summary: '{{ $labels.host }}: the oldest point waits since {{ humanize $values.age.Value }} ms',
    description:
      'The database takes points more slowly than they come: look at its load and at failed writes.',
  },
  {
    uid: 'meter-rejected',
    title: 'The database refuses points',
    queries: { refused: meter(sum('rejected_points', 'refused'), 5) },
    equation: '$refused',
    above: 0,
    for: '0s',
    severity: 'critical',
    ...QUIET,
    ...ON_METER,
    panelId: 88,
    summary: '{{ $labels.host }}: {{ $values.refused.Value }} points were refused for good',
    description: 'They are in the dead-letter file with the reason of the database.',
  },
  {
    uid: 'meter-lost-messages',
    title: 'Syslog messages are lost',
    queries: { lost: meter(sum('lost_messages', 'lost'), 5) },
    equation: '$lost',
    above: 0,
    for: '0s',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 97,
    summary: '{{ $labels.host }}: {{ $values.lost.Value }} syslog messages came and were lost',
    description:
      'They are in no count. /metrics tells why: malformed is another sender, dropped a receive buffer that is too small; a log file loses none.',
  },
  {
    uid: 'meter-write-errors',
    title: 'Writes fail',
    queries: { ratio: meter(WRITE_ERRORS, 5) },
    equation: '$ratio',
    above: 0.1,
    for: '5m',
    severity: 'warning',
    ...QUIET,
    ...ON_METER,
    panelId: 87,
    summary: '{{ $labels.host }}: {{ $values.ratio.Value | humanizePercentage }} of writes fail',
    description:
      'They are tried again and kept meanwhile. The log of the meter has the answer of the database.',
  },
  {
    uid: 'meter-folded',
    title: 'Values are counted as other',
    queries: { folded: meter(sum('folded'), 15) },
    equation: '$folded',
    above: 0,
    for: '15m',
    severity: 'info',
    ...QUIET,
    ...ON_METER,
    panelId: 94,
    summary: '{{ $labels.host }}: {{ $values.folded.Value }} tag values were counted as other',
    description:
      'Sums stay right. Add a rule to ROUTES for paths that are one route, or raise the limit.',
  },
];
