import type { Readable, Writable } from 'node:stream';
import { type Command, parseCommandLine } from './command-line.ts';
import { UsageError } from './option-values.ts';
import { type Config, type Environment, loadConfig, readEnvironment } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { VERSION } from '../version.ts';

/**
 * Runs the command that the words name; resolves to the exit code. Commands are imported when they
 * are asked for: `healthcheck` runs every few seconds and needs none of the meter.
 */
export async function dispatch(
  argv: readonly string[],
  surroundings: Surroundings = ofTheProcess(),
): Promise<number> {
  const { stderr } = surroundings;
  try {
    return await execute(parseCommandLine(argv), surroundings);
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`nginx-meter: ${error.message}\n`);
      return 2;
    }
    if (error instanceof ConfigError) {
      stderr.write(`nginx-meter cannot start. ${error.message}\n`);
      return 2;
    }
    if (isFolderGone(error)) {
      stderr.write(
        `nginx-meter cannot start. The working folder cannot be found (${String(error.code)}); it has ` +
          'probably been deleted. Change to another folder and start it again.\n',
      );
      return 1;
    }
    throw error;
  }
}

/** Settings are looked for in the working folder, and a shell may stand in one that is no more. */
function isFolderGone(error: unknown): error is Error & { readonly code: unknown } {
  return (
    error instanceof Error && 'code' in error && 'syscall' in error && error.syscall === 'uv_cwd'
  );
}

/** Where the words come from and the answers go to: the process, unless a test looks on. */
export interface Surroundings {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: () => Environment;
  /** Called by the commands that can be stopped in the middle. */
  readonly stopSignal: () => AbortSignal;
}

function ofTheProcess(): Surroundings {
  const { stdin, stdout, stderr } = process;
  const environment = (): Environment => readEnvironment();
  return { stdin, stdout, stderr, environment, stopSignal: firstSignal };
}

async function execute(command: Command, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, stdin, environment } = surroundings;
  switch (command.name) {
    case 'help': {
      const { renderHelp } = await import('./help.ts');
      stdout.write(renderHelp(command.about));
      return 0;
    }
    case 'version':
      stdout.write(`${VERSION}\n`);
      return 0;
    case 'healthcheck':
      return healthcheck(surroundings);
    case 'run': {
      const { runCommand } = await import('./run.ts');
      return runCommand(loadConfig(environment()));
    }
    case 'backfill': {
      const { backfillCommand } = await import('./backfill.ts');
      const { fromS: from, toS: to, ...rest } = command;
      const config = loadConfig(environment());
      const streams = { stdout, stderr, stdin, signal: surroundings.stopSignal() };
      return backfillCommand({ ...rest, from, to }, config, streams);
    }
    case 'report': {
      const { reportCommand } = await import('./report.ts');
      const { fromS: from, toS: to, ...rest } = command;
      const config = loadConfig(environment());
      return reportCommand({ ...rest, from, to }, config, { stdout, stderr });
    }
    case 'check': {
      const { checkCommand } = await import('./check.ts');
      const { file, json, isOffline } = command;
      return checkCommand(file, loadConfig(environment()), stdout, { json, isOffline });
    }
    case 'completion': {
      const { completionScript } = await import('./completion.ts');
      stdout.write(completionScript(command.shell));
      return 0;
    }
    case 'routes': {
      const { routesCommand } = await import('./routes.ts');
      return routesCommand(command.file, loadConfig(environment()), process.stdout);
    }
    case 'demo': {
      const { demoCommand } = await import('./demo.ts');
      return demoCommand(command, environment());
    }
  }
  return command satisfies never;
}

/** Aborts with the first signal to stop; a second one ends the process at once. */
function firstSignal(): AbortSignal {
  const stop = new AbortController();
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
  const onSignal = (): void => {
    for (const name of names) process.off(name, onSignal);
    stop.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return stop.signal;
}

/** Docker knows only 0 and 1 as answers of a health check, so wrong settings are a 1 too. */
async function healthcheck({ stdout, stderr, environment }: Surroundings): Promise<number> {
  let listen: Config['listen'];
  try {
    ({ listen } = loadConfig(environment()));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr.write(`nginx-meter cannot ask. ${error.message}\n`);
    return 1;
  }
  const { checkHealth } = await import('./healthcheck.ts');
  const { isAlive, message } = await checkHealth(listen);
  (isAlive ? stdout : stderr).write(`${message}\n`);
  return isAlive ? 0 : 1;
}
