import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpRequest, type HttpReply } from './http.ts';
import { PROJECT_ROOT } from './project.ts';
import { ServerProcess } from './server-process.ts';
import { waitUntil } from './wait-until.ts';

/** Settings of the meter; `undefined` takes one back. */
export type MeterSettings = Readonly<Record<string, string | undefined>>;

export interface MeterOptions {
  /** Its folder: working directory, state, log. */
  readonly dir: string;
  readonly env: MeterSettings;
  /** Words before the program: `setpriv …`. */
  readonly prefix?: readonly string[];
  /** Default `ready`: /readyz answers 200. `listening`: /healthz answers. */
  readonly until?: 'ready' | 'listening';
  /** Default: the sources. */
  readonly program?: string;
}

/** One line of the meter's own log. */
export type LogRecord = Readonly<Record<string, unknown>>;

const MAIN = join(PROJECT_ROOT, 'src/main.ts');
/** Small windows, quick polls, a port of its own and a fixed host: what most tests want. */
const DEFAULTS: MeterSettings = {
  WINDOW: '1s',
  LATENESS: '1m',
  POLL_INTERVAL: '100ms',
  HOST_TAG: 'it',
  LISTEN: '127.0.0.1:0',
  LOG_PRETTY: 'false',
};

/** The environment of a meter that sees nothing of this process's own but what it needs to run. */
function environment({ dir, env }: Pick<MeterOptions, 'dir' | 'env'>): string[] {
  const all = {
    PATH: process.env['PATH'],
    HOME: dir,
    ...DEFAULTS,
    STATE_DIR: join(dir, 'state'),
    ...env,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
}

/** The meter as a process of its own, following logs until it is stopped or killed. */
export class Meter {
  readonly dir: string;
  readonly #process: ServerProcess;
  #logStart = 0;

  private constructor(dir: string, server: ServerProcess) {
    this.dir = dir;
    this.#process = server;
  }

  /** Starts one and waits until it is ready. The caller stops it (`defer(t, () => meter.kill())`). */
  static async start(options: MeterOptions): Promise<Meter> {
    const { dir, prefix = [], until = 'ready', program = MAIN } = options;
    mkdirSync(dir, { recursive: true });
    const args = ['-i', ...environment(options), ...prefix, process.execPath, program];
    const tool = { kind: 'local', path: '/usr/bin/env', env: {}, version: '' } as const;
    const meter = new Meter(dir, new ServerProcess('nginx-meter', tool, args, dir));
    meter.#logStart = existsSync(meter.logPath) ? readFileSync(meter.logPath).length : 0;
    const path = until === 'ready' ? '/readyz' : '/healthz';
    await meter.#process.start(async () => (await meter.get(path)).status === 200);
    return meter;
  }

  get logPath(): string {
    return this.#process.logPath;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Address of its status server, once it listens. */
  get url(): string {
    const started = this.log.find((record) => record['msg'] === 'Started.');
    if (typeof started?.['listen'] !== 'string') throw new Error('the meter has not started yet');
    return `http://${started['listen']}`;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  /** All that it has said since it was started. */
  get output(): string {
    return readFileSync(this.logPath).subarray(this.#logStart).toString();
  }

  /** The lines of its log; the last one may be half written yet. */
  get log(): LogRecord[] {
    const lines = this.output.split('\n').slice(0, -1);
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogRecord);
  }

  /** GET on its status server. */
  get(path: string): Promise<HttpReply> {
    return httpRequest(this.url + path);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** Its exit code once it has ended by itself; a signal that ended it by its name. */
  async exit(deadlineMs: number): Promise<number | string> {
    const end = await waitUntil('the meter has ended', () => this.#process.end, {
      deadlineMs,
      detail: () => this.#process.lastWords(),
    });
    await this.#process.kill(); // takes the watchdog away
    return end.code ?? String(end.signal);
  }

  /** SIGTERM, and the exit code; the promise to Docker is 10 s. */
  stop(): Promise<number | string> {
    this.signal('SIGTERM');
    return this.exit(10_000);
  }

  /** SIGKILL, now; harmless when it has ended already. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }
}
