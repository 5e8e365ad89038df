/**
 * Retention and rollups for InfluxDB 1.x. One statement a line: the image's init script hands each file
 * to the `influx` shell, which ends a statement at the line's end.
 *
 * Raw points stay two weeks in `autogen`, the policy that every database has. A rollup keeps a year in a
 * policy of its own and under the same measurement name: a query reads one resolution or the other by the
 * name of the policy, and can never add up both. Fields are merged as the schema says (sums and maxima;
 * what must not be merged is left out), so the same query gives the same totals.
 *
 * The hourly rollup is made of the five-minute one, which is a twelfth of the work of reading raw points.
 * Each query comes twice: a frequent one for what has just been written, and a slow one over two days for
 * what came late, after an outage of the database, say. Both write the same points, so it is no matter
 * which of them ran last. What is older still is repaired by hand with rebuild-rollups.iql.
 */
import { MEASUREMENTS, type MeasurementSchema } from '../../src/points/schema.ts';

const DATABASE = 'nginx';

interface Rollup {
  readonly policy: string;
  readonly source: string;
  readonly interval: string;
  readonly fresh: string;
  readonly repair: string;
}

export const ROLLUPS: readonly Rollup[] = [
  {
    policy: 'rollup_5m',
    source: 'autogen',
    interval: '5m',
    fresh: 'RESAMPLE EVERY 5m FOR 1h',
    repair: 'RESAMPLE EVERY 6h FOR 2d',
  },
  {
    policy: 'rollup_1h',
    source: 'rollup_5m',
    interval: '1h',
    fresh: 'RESAMPLE EVERY 15m FOR 3h',
    repair: 'RESAMPLE EVERY 6h FOR 2d',
  },
];

/** Not worth a year: keys of clients (and it is better not to keep them), and registers of distinct counts. */
const RAW_ONLY = new Set(['access_log_top', 'access_log_uniq']);

export const ROLLED_UP = MEASUREMENTS.filter(({ name }) => !RAW_ONLY.has(name));

function columns(measurement: MeasurementSchema): string {
  return measurement.fields
    .filter(({ merge }) => merge !== 'own')
    .map(({ name, merge }) => `${merge === 'max' ? 'max' : 'sum'}("${name}") AS "${name}"`)
    .join(', ');
}

/** `range` is a condition on time, which a continuous query must not have and everything else needs. */
export function rollupStatement(
  measurement: MeasurementSchema,
  rollup: Rollup,
  range?: string,
): string {
  const place = (policy: string) => `"${DATABASE}"."${policy}"."${measurement.name}"`;
  const where = range === undefined ? '' : ` WHERE ${range}`;
  return (
    `SELECT ${columns(measurement)} INTO ${place(rollup.policy)} FROM ${place(rollup.source)}` +
    `${where} GROUP BY time(${rollup.interval}), *`
  );
}

export function continuousQuery(
  name: string,
  resample: string,
  measurement: MeasurementSchema,
  rollup: Rollup,
): string {
  const select = rollupStatement(measurement, rollup);
  return `CREATE CONTINUOUS QUERY "${name}" ON "${DATABASE}" ${resample} BEGIN ${select} END`;
}

function continuousQueries(): string[] {
  return ROLLUPS.flatMap((rollup) =>
    ROLLED_UP.flatMap((measurement) => {
      const name = `${measurement.name}_${rollup.interval}`;
      return [
        continuousQuery(name, rollup.fresh, measurement, rollup),
        continuousQuery(`${name}_repair`, rollup.repair, measurement, rollup),
      ];
    }),
  );
}

const HEADER = '-- Written by npm run dashboards from scripts/dashboards/rollups.ts.';

export const INIT_STATEMENTS = [
  HEADER,
  `CREATE DATABASE "${DATABASE}"`,
  `ALTER RETENTION POLICY "autogen" ON "${DATABASE}" DURATION 14d REPLICATION 1 SHARD DURATION 1d DEFAULT`,
  ...ROLLUPS.map(
    ({ policy }) =>
      `CREATE RETENTION POLICY "${policy}" ON "${DATABASE}" DURATION 52w REPLICATION 1 SHARD DURATION 1w`,
  ),
  ...continuousQueries(),
  '',
].join('\n');

/**
 * For the standard input of the `influx` shell, which takes all of it as one text: with semicolons.
 *
 * Whole days only: a range that begins within a bucket would replace its full sum by a part of it. Raw
 * points are dropped by whole days too, so a day that is gone already leaves its rollup as it is.
 */
export const REBUILD_STATEMENTS = [
  HEADER,
  '-- Makes the rollups of whole UTC days again from the raw points, as often as you like:',
  `-- sed 's/FROM_DAY/2026-11-01/; s/TO_DAY/2026-11-08/' rebuild-rollups.iql | influx -username … -password … -database ${DATABASE}`,
  ...ROLLUPS.flatMap((rollup) =>
    ROLLED_UP.map(
      (measurement) =>
        `${rollupStatement(measurement, rollup, "time >= 'FROM_DAY' AND time < 'TO_DAY'")};`,
    ),
  ),
  '',
].join('\n');
