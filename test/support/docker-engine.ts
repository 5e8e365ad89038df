import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from './project.ts';
import { runCommand } from './run-command.ts';

/** Where `docker` finds an engine, as variables for its environment. */
export interface DockerEngine {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const ENGINE_DEADLINE_MS = 5 * 60_000;

/**
 * The engine that `docker` finds by itself, with Compose. Where there is none, the script named by the
 * environment variable DOCKER_UP is asked for one: it gets a folder to work in and prints `export` lines;
 * the `down.sh` beside it stops the engine. With neither it rejects and says what is missing.
 */
export async function findDockerEngine(): Promise<DockerEngine> {
  const found = await tryDocker({});
  if (found === undefined) return { env: {}, stop: async () => {} };
  const up = process.env['DOCKER_UP'] ?? '';
  if (up === '') {
    throw new Error(
      `${found}\nThese tests need Docker with Compose v2. Start it, set DOCKER_HOST, or name in ` +
        'DOCKER_UP a script that starts an engine in the folder it is given and prints export lines.',
    );
  }
  const folder = join(PROJECT_ROOT, '.cache/docker');
  const started = await runCommand(
    ['bash', '-c', 'exports=$("$0" "$1") || exit; eval "$exports"; env -0', up, folder],
    { timeoutMs: ENGINE_DEADLINE_MS },
  );
  if (started.code !== 0) throw new Error(`${up} failed (${started.code}):\n${started.stderr}`);
  const env = changedVariables(started.stdout);
  const trouble = await tryDocker(env);
  if (trouble !== undefined) throw new Error(`${up} gave no engine that works: ${trouble}`);
  const down = join(dirname(up), 'down.sh');
  return {
    env,
    stop: async () => {
      if (existsSync(down)) await runCommand([down, folder]);
    },
  };
}

/** Undefined when all is well, else what is not. */
async function tryDocker(env: Readonly<Record<string, string>>): Promise<string | undefined> {
  for (const argv of [
    ['docker', 'version', '--format', '{{.Server.Version}}'],
    ['docker', 'compose', 'version'],
  ]) {
    try {
      const { code, output } = await runCommand(argv, { env, timeoutMs: 30_000 });
      if (code !== 0) return `\`${argv.join(' ')}\` says: ${output.trim()}`;
    } catch (failure) {
      return `\`${argv.join(' ')}\` could not be run: ${String(failure)}`;
    }
  }
  return undefined;
}

function changedVariables(listing: string): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const entry of listing.split('\0')) {
    const equals = entry.indexOf('=');
    const [name, value] = [entry.slice(0, equals), entry.slice(equals + 1)];
    if (equals > 0 && name !== '_' && process.env[name] !== value) changed[name] = value;
  }
  return changed;
}
