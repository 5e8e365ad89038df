import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { INIT_STATEMENTS, REBUILD_STATEMENTS } from '../../scripts/dashboards/rollups.ts';
import { runMeter } from './cli.ts';
import { defer } from './defer.ts';
import { type Influx, startInflux } from './influxdb.ts';
import { followerFields, meterPoints } from './daemon-points.ts';
import { HEALTH_PATH, KNOWN_FORMAT, knownCountries, knownLog } from './known-log.ts';
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
  /** Both in stretches without a gap. */
  readonly stretches: readonly KnownStretch[];
}

export interface KnownStretch {
  readonly requests: readonly KnownRequest[];
  readonly accounts: readonly KnownAccount[];
}

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
    stretches: parts,
  };
}

/**
 * The meter itself reads the logs of these requests, as a process, once for each host and stretch, and
 * writes its points; then those that only a running one could have written are added.
 */
export async function fill(influx: Influx, stretches: readonly KnownStretch[]): Promise<void> {
  const env = { INFLUX_URL: influx.url, INFLUX_DB: DATABASE };
  await readBack(stretches, [], env);
  await writePoints(influx, daemonPoints(stretches));
}

/** The same points as text, for who writes them more than once. */
export async function pointsOf(stretches: readonly KnownStretch[]): Promise<string[]> {
  const printed = await readBack(stretches, ['--stdout'], {});
  const lines = printed.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return [...lines, ...daemonPoints(stretches)];
}

function daemonPoints(stretches: readonly KnownStretch[]): string[] {
  const accounts = stretches.flatMap((stretch) => stretch.accounts);
  return [...meterPoints(accounts), ...followerFields(accounts)];
}

/** Some of the known lines are unparsed on purpose. */
const BACKFILL = ['backfill', 'access.log', '--max-unparsed', '10%'];

/** What each run has printed. */
async function readBack(
  stretches: readonly KnownStretch[],
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
  const printed: string[] = [];
  try {
    writeFileSync(join(cwd, 'countries.mmdb'), knownCountries());
    for (const { requests, accounts } of stretches)
      for (const [host, own] of Map.groupBy(accounts, (one) => one.host)) {
        const ofHost = requests.filter((one) => one.host === host);
        writeFileSync(join(cwd, 'access.log'), knownLog(ofHost, own));
        const settings = { LOG_FORMAT: KNOWN_FORMAT, IGNORE: HEALTH_PATH, HOST_TAG: host };
        const done = await runMeter([...BACKFILL, ...options], {
          cwd,
          env: { ...settings, GEOIP_DB: 'countries.mmdb', ...env },
        });
        assert.equal(done.code, 0, done.output);
        printed.push(done.stdout);
      }
  } finally {
    rmSync(cwd, { recursive: true });
  }
  return printed;
}

export async function writePoints(influx: Influx, lines: readonly string[]): Promise<void> {
  for (let i = 0; i < lines.length; i += 5000)
    await influx.write(DATABASE, lines.slice(i, i + 5000).join('\n'));
}

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

/** A real InfluxDB with policies, what the meter wrote of known traffic, and the rollups of all of it. */
export async function dashboardDatabase(t: TestContext, traffic: KnownTraffic): Promise<Influx> {
  const influx = await startInflux({ dir: temporaryFolder(t) });
  defer(t, () => influx.stop());
  await createPolicies(influx);
  await fill(influx, traffic.stretches);
  for (const statement of rebuildStatements(traffic.fromS - 7 * DAY_S, traffic.toS))
    await influx.query(statement, DATABASE);
  return influx;
}
