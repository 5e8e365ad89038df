import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpRequest } from '../../support/http.ts';
import { freePort } from '../../support/ports.ts';
import { PROJECT_ROOT } from '../../support/project.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Another tree to take the meter from: the harness is shown broken ones to see whether it notices. */
const TREE = process.env['FAULT_TREE'] ?? PROJECT_ROOT;
const MAIN = join(TREE, 'test/fault/meter-under-test.ts');

/** A meter that is killed and started again over and over, on one folder and one port. */
export class Victim {
  readonly dir: string;
  readonly stateDir: string;
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ServerProcess | undefined;

  private constructor(dir: string, port: number, env: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.stateDir = join(dir, 'state');
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      // Starting is most of what a round costs; this saves half of it.
      NODE_COMPILE_CACHE: join(PROJECT_ROOT, '.cache/fault-compile'),
      POLL_INTERVAL: '100ms',
      HOST_TAG: 'fault',
      LOG_PRETTY: 'false',
      LOG_LEVEL: 'warn',
      LISTEN: `127.0.0.1:${port}`,
      STATE_DIR: this.stateDir,
      ...env,
    };
  }

  static async prepare(dir: string, env: Readonly<Record<string, string>>): Promise<Victim> {
    mkdirSync(dir, { recursive: true });
    return new Victim(dir, await freePort(), env);
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error('the meter is not running');
    return this.#process.pid;
  }

  /** All that the meters of this folder have said. */
  get output(): string {
    const path = join(this.dir, 'nginx-meter.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Back when it listens. With `killAt` it may also have ended by then. */
  async start(killAt?: string): Promise<void> {
    const assignments = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    if (killAt !== undefined) assignments.push(`KILL_AT=${killAt}`);
    const tool = { kind: 'local', path: '/usr/bin/env', env: {}, version: '' } as const;
    const args = ['-i', ...assignments, process.execPath, MAIN];
    const server = new ServerProcess('nginx-meter', tool, args, this.dir);
    this.#process = server;
    try {
      await server.start(async () => (await httpRequest(`${this.url}/healthz`)).status === 200);
    } catch (failure) {
      if (killAt === undefined || server.end?.signal !== 'SIGKILL') throw failure;
    }
  }

  /** Waits for the end by a kill point; false when it does not come by there. */
  async diedAt(name: string, before: number, deadlineMs: number): Promise<boolean> {
    try {
      await waitUntil('the meter has died', () => !this.isRunning, { deadlineMs });
    } catch {
      return false;
    }
    await this.kill();
    return this.deathsAt(name) > before;
  }

  deathsAt(name: string): number {
    return this.output.split(`killed at ${name}\n`).length - 1;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** SIGTERM; the promise is an orderly end within 10 s. */
  async stop(): Promise<void> {
    const server = this.#process;
    if (server === undefined) return;
    this.signal('SIGTERM');
    const end = await waitUntil('the meter has stopped', () => server.end, {
      deadlineMs: 15_000,
      detail: () => server.lastWords(),
    });
    await server.kill();
    if (end.code !== 0) {
      throw new Error(`SIGTERM ended it with ${end.code ?? end.signal}:\n${server.lastWords()}`);
    }
  }

  /** A meter that has ended without being told to is a fault of its own. */
  assertAlive(): void {
    const server = this.#process;
    if (server === undefined || server.isRunning) return;
    throw new Error(`the meter has ended by itself:\n${server.lastWords()}`);
  }

  /** One sample of /metrics, added up over its labels; undefined while there is none. */
  async metric(name: string): Promise<number | undefined> {
    const { body } = await httpRequest(`${this.url}/metrics`);
    const samples = [
      ...body.matchAll(new RegExp(`^nginx_meter_${name}(?:\\{.*\\})? (\\S+)$`, 'gm')),
    ];
    if (samples.length === 0) return undefined;
    return samples.reduce((sum, sample) => sum + Number(sample[1]), 0);
  }

  /** Requests of a log as the counter for Prometheus has them. */
  async countedRequests(log: string): Promise<number> {
    const { body } = await httpRequest(`${this.url}/metrics`);
    const samples = body.matchAll(/^nginx_http_requests_total\{log="([^"]*)".*\} (\d+)$/gm);
    let requests = 0;
    for (const [, name, value] of samples) if (name === log) requests += Number(value);
    return requests;
  }

  async ready(): Promise<boolean> {
    return (await httpRequest(`${this.url}/readyz`)).status === 200;
  }
}
