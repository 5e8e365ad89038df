import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { printable } from '../../text/printable.ts';
import { stateHolder } from '../../state/state-lock.ts';
import type { Findings } from './findings.ts';
import { inspectPort } from './port.ts';
import { inspectStateFolder } from './state-folder.ts';
import { shownUrl } from '../../deliver/influx/address.ts';

/** What stands around the meter: its state folder, the database, the port. */
export interface SurroundingsOptions {
  readonly clock: Clock;
  readonly isOffline: boolean;
  /** Whether a state folder that cannot be used is a trouble, or only said. */
  readonly isAboutState: boolean;
  /** Whether the port is tried. */
  readonly isAboutPort: boolean;
}

const ASK_LIMIT_MS = 8_000;
/** With less there is no room for a checkpoint and a few records. */
const FREE_BYTES_MIN = 16 * 1024 * 1024;

export async function checkSurroundings(
  config: Config,
  findings: Findings,
  options: SurroundingsOptions,
): Promise<void> {
  const holder = await checkState(config, findings, options.isAboutState);
  await checkDatabase(config, findings, options);
  if (options.isAboutPort) await checkPort(config, findings, holder);
}

/** Returns the pid of a meter that runs on the folder. */
async function checkState(
  { stateDir }: Config,
  findings: Findings,
  isAboutState: boolean,
): Promise<string | undefined> {
  const { isUsable, text } = await inspectStateFolder(stateDir);
  const shown = printable(stateDir);
  const holder = await stateHolder(stateDir);
  findings.fact('state', { folder: stateDir, isUsable, usedByPid: holder ?? null });
  if (isUsable || !isAboutState) findings.print(`State: ${shown}, which ${text}`);
  else findings.trouble(`State: ${shown}, which ${text}`);
  if (holder !== undefined) {
    findings.note(
      `STATE_DIR ${shown} is in use by the nginx-meter with pid ${holder}, which runs.`,
    );
  }
  const free = isUsable ? await freeBytes(stateDir) : undefined;
  if (free !== undefined && free < FREE_BYTES_MIN) {
    const text = `STATE_DIR ${shown} has room for ${Math.floor(free / 1e6)} MB more. Make room there: points are kept in it while the database is away.`;
    if (isAboutState) findings.trouble(text);
    else findings.note(text);
  }
  return holder;
}

async function freeBytes(dir: string): Promise<number | undefined> {
  for (let at = dir; ; at = dirname(at)) {
    const stats = await statfs(at).catch(() => undefined);
    if (stats !== undefined) return stats.bavail * stats.bsize;
    if (at === dirname(at)) return undefined;
  }
}

async function checkDatabase(
  { influx }: Config,
  findings: Findings,
  { clock, isOffline }: SurroundingsOptions,
): Promise<void> {
  if (influx === undefined) {
    findings.fact('database', null);
    findings.print('Database: none. The points stay in the state folder until INFLUX_URL is set.');
    return;
  }
  const where = influx.version === 2 ? `bucket ${influx.bucket}` : `database ${influx.database}`;
  const url = shownUrl(influx);
  const shown = `Database: InfluxDB ${influx.version} at ${url}, ${printable(where)}`;
  if (isOffline) {
    findings.fact('database', { url, version: influx.version, isAsked: false });
    findings.print(`${shown}; it was not asked (--offline).`);
    return;
  }
  const { askDatabase } = await import('../../app/ask-database.ts');
  const { trouble } = await askDatabase(influx, clock, ASK_LIMIT_MS);
  const takesPoints = trouble === undefined;
  findings.fact('database', {
    url,
    version: influx.version,
    isAsked: true,
    takesPoints,
  });
  findings.print(takesPoints ? `${shown}; it takes points.` : shown);
  if (trouble !== undefined) findings.trouble(printable(trouble), '  ');
}

async function checkPort(
  { listen }: Config,
  findings: Findings,
  holder: string | undefined,
): Promise<void> {
  if (listen === undefined) {
    findings.print('Status: off.');
    return;
  }
  const shown = `${listen.host}:${listen.port}`;
  const { trouble, isTaken } = await inspectPort(listen);
  findings.fact('listen', { address: shown, isFree: trouble === undefined });
  if (trouble === undefined) findings.print(`Status: ${shown}, which is free.`);
  else if (isTaken && holder !== undefined)
    findings.print(`Status: ${shown}, taken by the meter that runs.`);
  else findings.trouble(`LISTEN ${shown} ${trouble}.`);
}
