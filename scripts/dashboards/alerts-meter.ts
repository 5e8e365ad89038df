/** Alert rules on the meter itself, and on the database, which are told apart from a quiet site. */
import type { AlertQueries, AlertQuery } from './alert-rule.ts';
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

function seconds(field: string, name: string): Formula {
  return { name, expression: `0.001*max("${field}")` };
}

export const METER_QUERIES: Readonly<Record<string, AlertQueries>> = {
  'meter-silent': { points: POINTS },
  'database-silent': { points: POINTS },
  // fill(0) keeps a host that has gone silent in the answer for the half hour that is asked for.
  'meter-host-silent': {
    points: {
      query: `SELECT count("uptime") AS "points" FROM "access_log_meter" WHERE ${RANGE} GROUP BY time(2m), "host" fill(0)`,
      from: 30 * MINUTE,
      to: SETTLED,
    },
  },
  'meter-lag': { lag: ofLog(seconds('lag_ms', 'lag'), 5) },
  'meter-unparsed': {
    ratio: ofLog(ratio('unparsed', 'lines', 'ratio'), 10),
    lines: ofLog(sum('lines'), 10),
  },
  'meter-late': {
    ratio: ofLog(ratio('late', 'lines', 'ratio'), 10),
    lines: ofLog(sum('lines'), 10),
  },
  'meter-accounting': { unaccounted: ofLog(UNACCOUNTED, 10) },
  'meter-spool': { spool: ofMeter(SPOOL_SHARE, 5) },
  'meter-spool-age': { age: ofMeter(seconds('spool_age_ms', 'age'), 5) },
  'meter-rejected': { refused: ofMeter(sum('rejected_points', 'refused'), 5) },
  'meter-lost-messages': { lost: ofMeter(sum('lost_messages', 'lost'), 5) },
  'meter-write-errors': { ratio: ofMeter(WRITE_ERRORS, 5) },
  'meter-folded': { folded: ofMeter(sum('folded'), 15) },
};
