/**
 * For how long the most silent host of the last hour has written nothing, in InfluxQL alone. The time of
 * a point is no number there, so it is counted in buckets: i is the number of a bucket, c the windows up
 * to it, d the windows within it. The last bucket with a window is the greatest i of those with d > 0.
 *
 * A host that stopped more than an hour before the end of the range is not in the answer; the dashboard of
 * the meters has it.
 */
import { condition, groupBy, type Source } from './influxql.ts';

const BUCKET_S = 10;
const LOOK_BACK = 'time > ${__to}ms - 1h AND time <= ${__to}ms';

export function silenceQuery({ selection }: Source): string {
  const byHost = groupBy(undefined, ['host']);
  const where = condition({ measurement: '', selection: selection ?? '', range: LOOK_BACK });
  const buckets = groupBy(`${BUCKET_S}s`, ['host'], '0');
  // Raw points at any range: it is about how fresh they are. A bucket without one is a 0 here, not a gap.
  const windows = `SELECT sum("window") AS w FROM "access_log" WHERE ${where}${buckets}`;
  const numbered = `SELECT w AS w, 0*w+1 AS one FROM (${windows})${byHost}`;
  const totals = `SELECT cumulative_sum(one) AS i, cumulative_sum(w) AS c FROM (${numbered})${byHost}`;
  const steps = `SELECT moving_average(i,2) AS i, difference(c) AS d FROM (${totals})${byHost}`;
  // 1.0* since abs() of a negative integer is wrong on 1.6; the second factor is 1 where d > 0, else 0.
  const written = `SELECT i AS i, i*(abs(1.0*d)-abs(1.0*d-1)+1)/2 AS p FROM (${steps})${byHost}`;
  const silent = `SELECT max(i)-max(p) AS silent FROM (${written})${byHost}`;
  return `SELECT ${BUCKET_S}*max(silent) AS "silent for" FROM (${silent})`;
}
