import { type Command, parseCommandLine } from './command-line.ts';
import { UsageError } from './option-values.ts';
import { type Config, loadConfig, readEnvironment } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { VERSION } from '../version.ts';

/**
 * Runs the command that the words name; resolves to the exit code. Commands are imported when they
 * are asked for: `healthcheck` runs every few seconds and needs none of the meter.
 */
export async function dispatch(argv: readonly string[]): Promise<number> {
  try {
    return await execute(parseCommandLine(argv));
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`nginx-meter: ${error.message}\n`);
      return 2;
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`nginx-meter cannot start. ${error.message}\n`);
      return 2;
    }
    if (isFolderGone(error)) {
      process.stderr.write(
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

async function execute(command: Command): Promise<number> {
  switch (command.name) {
    case 'help': {
      const { renderHelp } = await import('./help.ts');
      process.stdout.write(renderHelp(command.about));
      return 0;
    }
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'healthcheck':
      return healthcheck();
    case 'run': {
      const { runCommand } = await import('./run.ts');
      return runCommand(readConfig());
    }
    case 'backfill': {
      const { backfillCommand } = await import('./backfill.ts');
      const { fromS: from, toS: to, ...rest } = command;
      const { stdout, stderr, stdin } = process;
      const streams = { stdout, stderr, stdin, signal: firstSignal() };
      return backfillCommand({ ...rest, from, to }, readConfig(), streams);
    }
    case 'report': {
      const { reportCommand } = await import('./report.ts');
      const { fromS: from, toS: to, ...rest } = command;
      return reportCommand({ ...rest, from, to }, readConfig());
    }
    case 'check': {
      const { checkCommand } = await import('./check.ts');
      const { file, json, isOffline } = command;
      return checkCommand(file, readConfig(), process.stdout, { json, isOffline });
    }
    case 'completion': {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(command.shell));
      return 0;
    }
    case 'routes': {
      const { routesCommand } = await import('./routes.ts');
      return routesCommand(command.file, readConfig(), process.stdout);
    }
    case 'demo': {
      const { demoCommand } = await import('./demo.ts');
      return demoCommand(command, readEnvironment());
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

function readConfig(): Config {
  return loadConfig(readEnvironment());
}

/** Docker knows only 0 and 1 as answers of a health check, so wrong settings are a 1 too. */
async function healthcheck(): Promise<number> {
  let listen: Config['listen'];
  try {
    ({ listen } = readConfig());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`nginx-meter cannot ask. ${error.message}\n`);
    return 1;
  }
  const { checkHealth } = await import('./healthcheck.ts');
  const { isAlive, message } = await checkHealth(listen);
  (isAlive ? process.stdout : process.stderr).write(`${message}\n`);
  return isAlive ? 0 : 1;
}
