import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tool } from './tools.ts';
import { waitUntil } from './wait-until.ts';

/**
 * A server that a test started, and the only thing that may end it.
 *
 * It runs in a process group of its own. Three things see to it that it never outlives the test:
 * stop() or kill() by the test; a hook on the exit of this process; and a watchdog (a shell blocked
 * on a pipe from this process) for the case that this process is killed. Each ends exactly this
 * group or this container, by its id.
 */
export class ServerProcess {
  readonly name: string;
  /** What the server says on stdout and stderr. */
  readonly logPath: string;
  readonly #tool: Tool;
  readonly #args: readonly string[];
  readonly #dir: string;
  #running: Running | undefined;
  #end: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  /** `dir` is the server's folder: all paths in `args` lie below it. */
  constructor(name: string, tool: Tool, args: readonly string[], dir: string) {
    this.name = name;
    this.#tool = tool;
    this.#args = args;
    this.#dir = dir;
    this.logPath = join(dir, `${name}.log`);
  }

  /** Pid of the server (with Docker: of the client that runs in its place). */
  get pid(): number {
    const pid = this.#running?.child.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  get isRunning(): boolean {
    return this.#running !== undefined && !this.#running.ended;
  }

  /** How it ended, by itself or by a signal; undefined while it runs or before it ran. */
  get end(): { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined {
    return this.#end;
  }

  /** Starts it and waits until `isReady`; rejects with the end of its log if it ends before. */
  async start(isReady: () => boolean | Promise<boolean>): Promise<void> {
    if (this.isRunning) throw new Error(`${this.name} is running already`);
    this.#running = launch(this.#tool, this.#args, this.#dir, this.logPath);
    const running = this.#running;
    this.#end = undefined;
    running.child.on('exit', (code, signal) => {
      this.#end = { code, signal };
    });
    try {
      await waitUntil(`${this.name} is ready`, async () => running.ended || (await isReady()), {
        deadlineMs: 60_000,
        pollMs: 20,
        detail: () => this.lastWords(),
      });
      if (running.ended) throw new Error(`${this.name} ended at its start:\n${this.lastWords()}`);
    } catch (failure) {
      await this.kill();
      throw failure;
    }
  }

  /** Sends a signal to the server's main process. */
  signal(signal: NodeJS.Signals): void {
    const running = this.#running;
    if (running === undefined || running.ended) throw new Error(`${this.name} is not running`);
    running.signal(signal);
  }

  /** Asks it to end, waits, and kills what is left after `graceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    if (!running.ended) {
      running.signal(signal);
      await waitUntil(`${this.name} has ended`, () => running.ended, { deadlineMs: graceMs }).catch(
        () => {},
      );
    }
    await this.kill();
  }

  /** SIGKILL to the whole group, now. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.destroy();
    await waitUntil(`${this.name} is dead`, () => running.ended, { deadlineMs: 30_000 });
    running.watchdog.kill('SIGKILL');
    living.delete(running);
    this.#running = undefined;
  }

  /** The end of its log, for messages. */
  lastWords(): string {
    if (!existsSync(this.logPath)) return '(it has said nothing)';
    return readFileSync(this.logPath, 'utf8').slice(-3000);
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly watchdog: ChildProcess;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGKILL to the group or the container; harmless when it has ended. */
  readonly destroy: () => void;
  ended: boolean;
}

const living = new Set<Running>();
let containers = 0;

process.on('exit', () => {
  for (const running of living) running.destroy();
});

function launch(tool: Tool, args: readonly string[], dir: string, logPath: string): Running {
  const container = `nginx-meter-test-${process.pid}-${(containers += 1)}`;
  const argv = tool.kind === 'local' ? [tool.path, ...args] : dockerRun(tool, container, dir, args);
  const log = openSync(logPath, 'a');
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd: dir,
    env: { ...process.env, ...(tool.kind === 'local' ? tool.env : {}) },
    stdio: ['ignore', log, log],
    detached: true, // a group of its own, so that workers can be ended with their master
  });
  closeSync(log);
  child.unref();
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', () => {});
    throw new Error(`${argv[0]} cannot be started`);
  }

  const signal = (name: NodeJS.Signals): void => {
    if (tool.kind === 'local') process.kill(pid, name);
    else spawnSync('docker', ['kill', '--signal', name, container]);
  };
  const destroy = (): void => {
    if (tool.kind === 'docker') spawnSync('docker', ['rm', '--force', container]);
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has ended already.
    }
  };
  const end =
    tool.kind === 'local'
      ? `kill -s KILL -- -${pid}`
      : `docker rm --force ${container}; kill -s KILL -- -${pid}`;
  const watchdog = spawn('sh', ['-c', `read -r nothing; ${end}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // must outlive a signal to this process's group
  });
  watchdog.unref();
  watchdog.stdin?.on('error', () => {});
  (watchdog.stdin as unknown as { unref(): void }).unref();

  const running: Running = { child, watchdog, signal, destroy, ended: false };
  living.add(running);
  child.on('exit', () => {
    running.ended = true;
  });
  return running;
}

/** Same paths, same user and the machine's own network, so that nothing differs for the test. */
function dockerRun(
  tool: { readonly image: string; readonly entrypoint: string },
  container: string,
  dir: string,
  args: readonly string[],
): string[] {
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const argv = ['docker', 'run', '--rm', '--name', container, '--network', 'host', '--user', user];
  argv.push('--volume', `${dir}:${dir}`, '--workdir', dir, '--entrypoint', tool.entrypoint);
  return [...argv, tool.image, ...args];
}

/** Runs `attempt` again with other ports when somebody took one of them in between. */
export async function withFreshPorts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left -= 1) {
    try {
      return await attempt();
    } catch (failure) {
      const taken =
        failure instanceof Error && /address already in use|bind\(\)/i.test(failure.message);
      if (!taken || left <= 1) throw failure;
    }
  }
}
