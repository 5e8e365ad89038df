import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { type Environment, loadConfig } from '../config/config.ts';
import { freeAddress } from './demo/free-address.ts';
import { Traffic, TRAFFIC_FORMAT } from './demo/traffic.ts';
import { TrafficLog } from './demo/traffic-log.ts';
import type { ListenAddress } from '../status/server.ts';
import { runCommand } from './run.ts';

/**
 * `demo`: made-up traffic in a temporary folder, and the real meter on it. The folder holds the log
 * and the state, and is removed on every way out but a kill -9.
 */
export interface DemoArguments {
  /** Undefined: until it is stopped. */
  readonly seconds: number | undefined;
  readonly requestsPerSecond: number;
  readonly seed: number;
  /** Into the database that the environment names. */
  readonly write: boolean;
}

const WRITE_INTERVAL_MS = 100;
/** The port of LISTEN where nothing is set. */
const PORT = 9145;

/** Resolves to the exit code. */
export async function demoCommand(
  { seconds, requestsPerSecond, seed, write }: DemoArguments,
  environment: Environment,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-demo-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  try {
    const listen = environment['LISTEN'] || (await freeAddress(PORT));
    const config = loadConfig(
      demoEnvironment(folder, listen, write ? environment : withoutDatabase(environment)),
    );
    const log = new TrafficLog(folder, new Traffic({ seed, requestsPerSecond }), systemClock);
    log.write();
    const isLeftAlone = !write && nonEmpty(environment)['INFLUX_URL'] !== undefined;
    process.stderr.write(
      `Made-up traffic, about ${requestsPerSecond} requests/s, in ${log.path}. ` +
        `${seconds === undefined ? 'Ctrl-C ends it' : `It ends after ${seconds} s`}.\n` +
        (isLeftAlone ? 'Nothing is written to INFLUX_URL; --write does that.\n' : ''),
    );
    const writing = setInterval(() => log.write(), WRITE_INTERVAL_MS);
    const stop = new AbortController();
    const end = seconds === undefined ? undefined : setTimeout(() => stop.abort(), seconds * 1000);
    const cleanUp = async () => {
      clearInterval(writing);
      clearTimeout(end);
      log.close();
      removeFolder();
    };
    const onListening = ({ host, port }: ListenAddress) => {
      process.stderr.write(
        `The page: http://${host.includes(':') ? `[${host}]` : host}:${port}/\n`,
      );
    };
    return await runCommand(config, { signal: stop.signal, cleanUp, onListening });
  } finally {
    removeFolder();
    process.off('exit', removeFolder);
  }
}

/**
 * The demo's own log, state and names, so that it disturbs neither a real meter on this machine nor
 * its points; what is about the database and the output stays as it is set.
 */
function demoEnvironment(folder: string, listen: string, environment: Environment): Environment {
  return {
    WINDOW: '1s',
    LATENESS: '30s',
    ...nonEmpty(environment),
    LISTEN: listen,
    HOST_TAG: environment['HOST_TAG'] || 'demo',
    LOG_PATHS: `demo=${join(folder, 'access.log')}`,
    LOG_FORMAT: TRAFFIC_FORMAT,
    NGINX_CONF: '',
    READ_FROM: 'beginning',
    STATE_DIR: join(folder, 'state'),
  };
}

/** Made-up points have no place among real ones. */
function withoutDatabase(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('INFLUX_')),
  );
}

function nonEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}
