/** Alert rules on the meter itself, and on the database, which are told apart from a quiet site. */
import type { AlertQuery, AlertRule } from './alert-rule.ts';
import {
  type Formula,
  formulaQuery,
  RANGE,
  ratio,
  SPOOL_SHARE,
  sum,
  UNACCOUNTED,
  WRITE_ERRORS,
} from './influxql.ts';

const MINUTE = 60;
const SETTLED = 30;

function reading(name: string, tags: readonly string[]) {
  const measurement = `"${name}"`;
  return (formula: Formula, minutes: number): AlertQuery => ({
    query: formulaQuery({ measurement, formulas: [formula], range: RANGE, tags }),
    from: minutes * MINUTE + SETTLED,
    to: SETTLED,
  });
}

const ofLog = reading('access_log_lines', ['host', 'log']);
const ofMeter = reading('access_log_meter', ['host']);

const POINTS: AlertQuery = {
  query: `SELECT count("uptime") AS "points" FROM "access_log_meter" WHERE ${RANGE}`,
  from: 2 * MINUTE,
  to: 0,
};
/** A row always has a count above nothing, so these rules fire by having no row, and by an error. */
const BY_STATE = {
  queries: { points: POINTS },
  equation: '$points < 1',
  above: 0,
} as const;

function seconds(field: string, name: string): Formula {
  return { name, expression: `0.001*max("${field}")` };
}

export const METER_RULES: readonly AlertRule[] = [
  {
    uid: 'meter-silent',
    ...BY_STATE,
    noDataState: 'Alerting',
  },
  {
    uid: 'database-silent',
    ...BY_STATE,
    noDataState: 'OK',
    execErrState: 'Alerting',
  },
  {
    uid: 'meter-host-silent',
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
    switch: { variable: 'ALERT_HOST_SILENT', unset: 'on' },
  },
  {
    uid: 'meter-lag',
    queries: { lag: ofLog(seconds('lag_ms', 'lag'), 5) },
    equation: '$lag',
    above: 60,
  },
  {
    uid: 'meter-unparsed',
    queries: {
      ratio: ofLog(ratio('unparsed', 'lines', 'ratio'), 10),
      lines: ofLog(sum('lines'), 10),
    },
    equation: '$ratio * ($lines >= 100)',
    above: 0.01,
  },
  {
    uid: 'meter-late',
    queries: { ratio: ofLog(ratio('late', 'lines', 'ratio'), 10), lines: ofLog(sum('lines'), 10) },
    equation: '$ratio * ($lines >= 100)',
    above: 0.001,
  },
  {
    uid: 'meter-accounting',
    queries: { unaccounted: ofLog(UNACCOUNTED, 10) },
    equation: '$unaccounted',
    above: 0,
  },
  {
    uid: 'meter-spool',
    queries: { spool: ofMeter(SPOOL_SHARE, 5) },
    equation: '$spool',
    above: 0.8,
  },
  {
    uid: 'meter-spool-age',
    queries: { age: ofMeter(seconds('spool_age_ms', 'age'), 5) },
    equation: '$age',
    above: 600,
  },
  {
    uid: 'meter-rejected',
    queries: { refused: ofMeter(sum('rejected_points', 'refused'), 5) },
    equation: '$refused',
    above: 0,
  },
  {
    uid: 'meter-lost-messages',
    queries: { lost: ofMeter(sum('lost_messages', 'lost'), 5) },
    equation: '$lost',
    above: 0,
  },
  {
    uid: 'meter-write-errors',
    queries: { ratio: ofMeter(WRITE_ERRORS, 5) },
    equation: '$ratio',
    above: 0.1,
  },
  {
    uid: 'meter-folded',
    queries: { folded: ofMeter(sum('folded'), 15) },
    equation: '$folded',
    above: 0,
  },
];
