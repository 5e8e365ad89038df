import closeWithGrace from 'close-with-grace';
import { App, type AppOptions, IdentityError } from '../app/app.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { openGeoip } from '../geoip/geoip.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { type NginxLogs, readNginxLogs } from '../app/nginx-logs.ts';
import { watchNginxLogs } from '../app/nginx-watch.ts';
import { LogFormatError } from '../parse/format/log-format-error.ts';
import { printable } from '../text/printable.ts';
import { assertWritable, StateUnwritableError } from '../state/assert-writable.ts';
import { StateLockedError } from '../state/state-lock.ts';
import { type ListenAddress, ListenError } from '../status/server.ts';
import { VERSION } from '../version.ts';
import { openRunOutput, type RunOutput } from './terminal/run-output.ts';
import { inspectStateFolder } from './check/state-folder.ts';

/**
 * The daemon: an App until SIGTERM or SIGINT, then a stop within the 10 s that Docker gives; a
 * second signal ends the process at once. Resolves to the exit code.
 */
export interface RunOptions {
  /** Ends the run as SIGTERM does; for the demo. */
  readonly signal?: AbortSignal;
  /** Done after the stop and before the process ends. */
  readonly cleanUp?: () => Promise<void>;
  /** Told where the page is, once it is there. */
  readonly onListening?: (address: ListenAddress) => void;
  /** For the fault tests. */
  readonly killPoint?: (name: string) => void;
}

const STOP_MS = 9500;
const EXIT_FAILURE = 1;
const EXIT_CONFIGURATION = 2;

export async function runCommand(config: Config, options: RunOptions = {}): Promise<number> {
  const output = await openRunOutput(process.stdout, config, systemClock);
  process.once('exit', output.close);
  const stop = new AbortController();
  const ended = Promise.withResolvers<void>();
  const grace = closeWithGrace(
    {
      delay: STOP_MS,
      logger: false,
      // Faults of the program are main.ts's: nothing more is written then, the checkpoint stands.
      skip: ['SIGHUP', 'SIGUSR2', 'beforeExit', 'uncaughtException', 'unhandledRejection'],
      onSecondSignal: () => {
        output.close();
        process.exit(EXIT_FAILURE);
      },
      onTimeout: () => {
        output.logger.error(
          'The stop took longer than 9.5 s; what was not sent stays in STATE_DIR.',
        );
        output.close();
      },
    },
    async ({ signal }) => {
      output.logger.info({ signal }, 'Stopping: reading to the end and writing what is due.');
      stop.abort();
      await ended.promise;
    },
  );
  options.signal?.addEventListener('abort', () => stop.abort(), { once: true });
  try {
    const appOptions = {
      config,
      version: VERSION,
      clock: systemClock,
      notify: output.notify,
      onWindows: output.onWindows,
      killPoint: options.killPoint,
      geoip: await openGeoip(config),
    };
    const { onListening = () => {} } = options;
    return await runUntil(stop.signal, { ...appOptions, onListening }, output);
  } finally {
    output.close();
    await options.cleanUp?.();
    ended.resolve();
    grace.uninstall();
  }
}

/** App after App: a new one when points were lost, and when nginx's configuration has changed. */
async function runUntil(
  signal: AbortSignal,
  { onListening, ...options }: AppOptions & Required<Pick<RunOptions, 'onListening'>>,
  output: RunOutput,
): Promise<number> {
  let readAgain = false;
  let nginx: NginxLogs | undefined;
  let app: App;
  for (;;) {
    try {
      if (nginx === undefined && !readAgain) await assertWritable(options.config.stateDir);
      nginx ??= await readNginxLogs(options.config);
      const config = nginx?.config ?? options.config;
      app = await App.start({ ...options, config, readAgain });
      announce(app, config, output);
      if (app.address !== undefined) onListening(app.address);
    } catch (error) {
      return await explain(error, options.config, output);
    }
    for (const finding of nginx?.findings ?? []) output.logger.warn(printable(finding));
    output.show(() => app.status());
    const watch = watchedBy(nginx, options, output);
    let end: Awaited<ReturnType<App['run']>>;
    let next: NginxLogs | undefined;
    try {
      end = await app.run(AbortSignal.any([signal, ...(watch ? [watch.changed] : [])]));
    } finally {
      next = await watch?.close();
    }
    if (signal.aborted || (end === 'stopped' && next === undefined)) {
      output.logger.info('Stopped.');
      return 0;
    }
    if (next !== undefined) {
      output.logger.info(
        "nginx's configuration has changed: starting again with what it says now.",
      );
    }
    nginx = next ?? nginx;
    readAgain = end === 'read-again';
  }
}

/** What comes in by standard input or syslog would be lost by a new start, so then it waits for ours. */
function watchedBy(nginx: NginxLogs | undefined, { config, clock }: AppOptions, output: RunOutput) {
  if (nginx === undefined || nginx.config.logs.some(({ kind }) => kind !== 'file'))
    return undefined;
  const onTrouble = (message: string) => output.logger.warn(printable(message));
  return watchNginxLogs(nginx, config, { clock, onTrouble });
}

function announce(app: App, config: Config, { logger }: RunOutput): void {
  for (const warning of config.warnings) logger.warn(warning);
  const { target, logs } = { target: app.status().writer?.target, logs: config.logs };
  logger.info(
    {
      version: VERSION,
      logs: logs.map(({ path }) => path),
      stateDir: config.stateDir,
      target: target ?? 'none, points stay in STATE_DIR',
      listen: app.address === undefined ? 'off' : `${app.address.host}:${app.address.port}`,
    },
    'Started.',
  );
  if (target === undefined && config.historyMs !== undefined) {
    logger.info(
      `No database is set: the windows are kept in ${config.stateDir}/history.db. Show them with ` +
        '`nginx-meter report --since 1h`, run with the same STATE_DIR.',
    );
  }
}

/** Errors at the start that a person can do something about are one sentence; others are ours. */
async function explain(error: unknown, config: Config, output: RunOutput): Promise<number> {
  if (
    error instanceof StateLockedError ||
    error instanceof StateUnwritableError ||
    error instanceof ListenError
  ) {
    output.logger.fatal(error.message);
    return EXIT_FAILURE;
  }
  if (
    error instanceof IdentityError ||
    error instanceof LogFormatError ||
    error instanceof NginxConfError
  ) {
    output.logger.fatal(error instanceof NginxConfError ? printable(error.message) : error.message);
    return EXIT_CONFIGURATION;
  }
  if (error instanceof Error && 'code' in error) {
    const code = String(error.code);
    const folder = code === 'ENOTDIR' ? await inspectStateFolder(config.stateDir) : undefined;
    output.logger.fatal(
      { code },
      folder?.isUsable === false
        ? `STATE_DIR ${printable(config.stateDir)} ${folder.text}`
        : `The state cannot be read: ${error.message}. Make STATE_DIR readable, or give an empty one.`,
    );
    return EXIT_FAILURE;
  }
  throw error;
}
