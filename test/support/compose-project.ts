import type { DockerEngine } from './docker-engine.ts';
import { PROJECT_ROOT } from './project.ts';
import { runCommand, type CommandResult } from './run-command.ts';

export interface ComposeProjectOptions {
  readonly engine: DockerEngine;
  /** Of the project; its containers, networks and volumes are told from others by it. */
  readonly name: string;
  readonly files: readonly string[];
  /** Variables for the files, over those of the engine. */
  readonly env: Readonly<Record<string, string>>;
}

const COMMAND_DEADLINE_MS = 5 * 60_000;
const HEALTHY_DEADLINE_S = 120;

/** Compose files under a project name of their own. Owns what they make until `remove()`. */
export class ComposeProject {
  readonly #env: Readonly<Record<string, string>>;
  readonly #files: readonly string[];
  readonly #name: string;

  constructor({ engine, name, files, env }: ComposeProjectOptions) {
    this.#name = name;
    this.#files = files;
    // A .env of the checkout is somebody's own and not for tests.
    this.#env = { ...engine.env, COMPOSE_DISABLE_ENV_FILE: '1', ...env };
  }

  /** `docker …`; rejects on a non-zero exit unless told otherwise. */
  async docker(args: readonly string[], isFailureFine = false): Promise<CommandResult> {
    const result = await runCommand(['docker', ...args], {
      cwd: PROJECT_ROOT,
      env: this.#env,
      timeoutMs: COMMAND_DEADLINE_MS,
    });
    if (result.code !== 0 && !isFailureFine)
      throw new Error(`docker ${args.join(' ')}: exit ${result.code}\n${result.output}`);
    return result;
  }

  compose(args: readonly string[], isFailureFine = false): Promise<CommandResult> {
    const files = this.#files.flatMap((file) => ['-f', file]);
    return this.docker(['compose', '-p', this.#name, ...files, ...args], isFailureFine);
  }

  /** Starts what does not run, and waits until it is healthy. */
  async up(...services: readonly string[]): Promise<void> {
    const wait = ['--wait', '--wait-timeout', String(HEALTHY_DEADLINE_S)];
    await this.compose(['up', '-d', ...wait, ...services]);
  }

  /** A command in the running container of a service; its stdout. */
  async exec(service: string, argv: readonly string[]): Promise<string> {
    return (await this.compose(['exec', '-T', service, ...argv])).stdout;
  }

  execFails(service: string, argv: readonly string[]): Promise<CommandResult> {
    return this.compose(['exec', '-T', service, ...argv], true);
  }

  async container(service: string): Promise<string> {
    return (await this.compose(['ps', '--all', '--quiet', service])).stdout.trim();
  }

  /** The lines that the container of a service has written to its standard output. */
  async stdoutLines(service: string): Promise<string[]> {
    const { stdout } = await this.docker(['logs', await this.container(service)]);
    return stdout.split('\n').slice(0, -1);
  }

  async remove(): Promise<void> {
    await this.compose(['down', '--volumes', '--timeout', '5', '--remove-orphans'], true);
  }
}
