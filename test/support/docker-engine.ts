import { canStartEngine, startPrivateEngine } from '../e2e/engine/private-engine.ts';
import { runCommand } from './run-command.ts';

/** Where `docker` finds an engine, as variables for its environment. */
export interface DockerEngine {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * The engine that `docker` finds by itself, with Compose. Where there is none, one of the tests' own is
 * started. Rejects where that cannot be done either, and says what is missing.
 */
export async function findDockerEngine(): Promise<DockerEngine> {
  const trouble = await tryDocker({});
  if (trouble === undefined) return { env: {}, stop: async () => {} };
  if (!(await canStartEngine())) {
    throw new Error(
      `${trouble}\nThese tests need Docker with Compose v2. Start it, set DOCKER_HOST, or run them as ` +
        'root on Debian or Ubuntu, where they start an engine of their own.',
    );
  }
  const engine = await startPrivateEngine();
  const own = await tryDocker(engine.env);
  if (own === undefined) return engine;
  await engine.stop();
  throw new Error(`the tests' own Docker engine does not work: ${own}`);
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
