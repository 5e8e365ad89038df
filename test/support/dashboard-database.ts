import type { TestContext } from 'node:test';
import { INIT_STATEMENTS, REBUILD_STATEMENTS } from '../../scripts/dashboards/rollups.ts';
import { defer } from './defer.ts';
import { type Influx, startInflux } from './influxdb.ts';
import { knownPoints } from './known-points.ts';
import {
  type KnownAccount,
  type KnownRequest,
  knownAccounts,
  knownTraffic,
  type TrafficOptions,
} from './known-traffic.ts';
import { temporaryFolder } from './temp-folder.ts';

export const DATABASE = 'nginx';
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** Two full hours that are over, the same hour a day and a week earlier, and all that is known of them. */
export interface KnownTraffic {
  /** The later of the two hours, [fromS, toS). */
  readonly fromS: number;
  readonly toS: number;
  readonly requests: readonly KnownRequest[];
  readonly accounts: readonly KnownAccount[];
}

/** Brings known requests into a database. Points made by hand, or the meter reading a log of them. */
export type Filler = (influx: Influx, traffic: KnownTraffic) => Promise<void>;

export const HOSTS = ['web-1', 'web-2'];
export const SITES = ['shop.example', 'api.example'];

export function twoKnownHours(nowS = Math.floor(Date.now() / 1000)): KnownTraffic {
  const toS = nowS - (nowS % HOUR_S);
  const part = (fromS: number, hours: number, perTenSeconds: number, seed: number) => {
    const options: TrafficOptions = {
      fromS,
      toS: fromS + hours * HOUR_S,
      hosts: HOSTS,
      sites: SITES,
      seed,
      perTenSeconds,
    };
    const requests = knownTraffic(options);
    return { requests, accounts: knownAccounts(requests, options) };
  };
  const parts = [
    part(toS - 2 * HOUR_S, 2, 4, 1),
    part(toS - HOUR_S - DAY_S, 1, 2, 2),
    part(toS - HOUR_S - 7 * DAY_S, 1, 1, 3),
  ];
  return {
    fromS: toS - HOUR_S,
    toS,
    requests: parts.flatMap(({ requests }) => requests),
    accounts: parts.flatMap(({ accounts }) => accounts),
  };
}

export const fillWithPoints: Filler = async (influx, { requests, accounts }) => {
  const lines = knownPoints(requests, accounts);
  for (let i = 0; i < lines.length; i += 5000)
    await influx.write(DATABASE, lines.slice(i, i + 5000).join('\n'));
};

function isoDay(timeS: number): string {
  return new Date(timeS * 1000).toISOString().slice(0, 10);
}

/** The statements of rebuild-rollups.iql for the days of a range. */
export function rebuildStatements(fromS: number, toS: number): string[] {
  return REBUILD_STATEMENTS.replaceAll('FROM_DAY', isoDay(fromS))
    .replaceAll('TO_DAY', isoDay(toS + DAY_S))
    .split('\n')
    .filter((statement) => statement.startsWith('SELECT'));
}

/** Database and policies of influxdb/init, without its continuous queries, which run when they like. */
export async function createPolicies(influx: Influx): Promise<void> {
  for (const statement of INIT_STATEMENTS.split('\n'))
    if (/^(CREATE DATABASE|(ALTER|CREATE) RETENTION POLICY)/.test(statement))
      await influx.query(statement, DATABASE);
}

/** A real InfluxDB with policies, known points and the rollups of all of them. */
export async function dashboardDatabase(
  t: TestContext,
  traffic: KnownTraffic,
  fill: Filler = fillWithPoints,
): Promise<Influx> {
  const influx = await startInflux({ dir: temporaryFolder(t) });
  defer(t, () => influx.stop());
  await createPolicies(influx);
  await fill(influx, traffic);
  for (const statement of rebuildStatements(traffic.fromS - 7 * DAY_S, traffic.toS))
    await influx.query(statement, DATABASE);
  return influx;
}
