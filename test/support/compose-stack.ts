import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DockerEngine } from './docker-engine.ts';
import { httpRequest, type HttpReply } from './http.ts';
import { freePort } from './ports.ts';
import { PROJECT_ROOT } from './project.ts';
import { runCommand, type CommandResult } from './run-command.ts';
import { waitUntil } from './wait-until.ts';

export type Service = 'nginx' | 'influxdb' | 'meter';
export const SERVICES: readonly Service[] = ['nginx', 'influxdb', 'meter'];

export interface StackOptions {
  /** Folder for the override file. */
  readonly dir: string;
  readonly engine: DockerEngine;
  /** Variables that a person would put into `.env`. */
  readonly env: Readonly<Record<string, string>>;
}

/** Line of `docker-compose.yml`: what the meter is told about the log, told to the independent count. */
export const STACK_LOG_PATTERN =
  /^\S+ - .* \[(?<time>\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "[^"]*" (?<status>\d{3}) (?<bytes>\d+|-) "[^"]*" "[^"]*" (?<rt>[0-9.]+) (?<len>\d+) "(?<site>[^"]*)" "[^"]*" "[^"]*" "[^"]*" "[^"]*" "[^"]*"$/;

/** A RUN step has the host's network, because some engines give it none of its own. */
const OVERRIDE = `services:
  meter:
    build: {network: host}
  nginx:
    environment:
      LOG_ROTATE_LOOK_EVERY_S: "1"
`;

const COMMAND_DEADLINE_MS = 5 * 60_000;

/**
 * The project's own docker-compose.yml without Grafana, under a project name of its own and on free
 * ports. Owns its containers, networks and volumes until `remove()`.
 */
export class ComposeStack {
  readonly #env: Readonly<Record<string, string>>;
  readonly #files: readonly string[];
  readonly #ports: Readonly<Record<Service, number>>;
  readonly #project: string;

  private constructor(options: StackOptions, ports: Record<Service, number>) {
    this.#ports = ports;
    this.#project = `nginx-meter-e2e-${process.pid}`;
    const override = join(options.dir, 'override.yml');
    writeFileSync(override, OVERRIDE);
    this.#files = [join(PROJECT_ROOT, 'docker-compose.yml'), override];
    this.#env = {
      ...options.engine.env,
      // A .env of the checkout is somebody's own and not for tests.
      COMPOSE_DISABLE_ENV_FILE: '1',
      METER_IMAGE: `${this.#project}:test`,
      NGINX_PORT: String(ports.nginx),
      INFLUXDB_PORT: String(ports.influxdb),
      METER_PORT: String(ports.meter),
      ...options.env,
    };
  }

  static async define(options: StackOptions): Promise<ComposeStack> {
    const [nginx, influxdb, meter] = [await freePort(), await freePort(), await freePort()];
    return new ComposeStack(options, { nginx, influxdb, meter });
  }

  get image(): string {
    return `${this.#project}:test`;
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
    const all = ['compose', '-p', this.#project, ...files, ...args];
    return this.docker(all, isFailureFine);
  }

  /** Starts what does not run, and waits until it is healthy. */
  async up(...services: readonly Service[]): Promise<void> {
    const names = services.length === 0 ? SERVICES : services;
    await this.compose(['up', '-d', '--wait', '--wait-timeout', '120', ...names]);
  }

  /** A command in the running container of a service; its stdout. */
  async exec(service: Service, argv: readonly string[]): Promise<string> {
    return (await this.compose(['exec', '-T', service, ...argv])).stdout;
  }

  execFails(service: Service, argv: readonly string[]): Promise<CommandResult> {
    return this.compose(['exec', '-T', service, ...argv], true);
  }

  async container(service: Service): Promise<string> {
    return (await this.compose(['ps', '--all', '--quiet', service])).stdout.trim();
  }

  async remove(): Promise<void> {
    await this.compose(['down', '--volumes', '--timeout', '5', '--remove-orphans'], true);
    await this.docker(['image', 'rm', '--force', this.image], true);
  }

  meterUrl(path: string): string {
    return `http://127.0.0.1:${this.#ports.meter}${path}`;
  }

  influxUrl(path: string): string {
    return `http://127.0.0.1:${this.#ports.influxdb}${path}`;
  }

  /** A secret as the container of InfluxDB has it. */
  secret(name: string): Promise<string> {
    return this.exec('influxdb', ['cat', `/run/secrets/influxdb/${name}`]);
  }

  async influxRequest(user: string, password: string, influxql: string): Promise<HttpReply> {
    const credentials = Buffer.from(`${user}:${password}`).toString('base64');
    return httpRequest(this.influxUrl('/query?db=nginx&epoch=s'), {
      method: 'POST',
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ q: influxql }).toString(),
    });
  }

  /** Rows as objects, read with the rights that Grafana has. */
  async rows(influxql: string): Promise<Record<string, number | string>[]> {
    const reply = await this.influxRequest(
      'grafana_read',
      await this.secret('read-password'),
      influxql,
    );
    const parsed = JSON.parse(reply.body) as {
      results?: {
        error?: string;
        series?: { columns: string[]; values: (number | string)[][] }[];
      }[];
    };
    const [result] = parsed.results ?? [];
    if (result === undefined || result.error !== undefined) throw new Error(reply.body);
    return (result.series ?? []).flatMap(({ columns, values }) =>
      values.map((row) =>
        Object.fromEntries(
          columns.map((column, i) => [column, row[i] ?? '']).filter(([, value]) => value !== ''),
        ),
      ),
    );
  }

  async countInInflux(): Promise<number> {
    const [row] = await this.rows('SELECT sum("count") AS n FROM "access_log"');
    return Number(row?.['n'] ?? 0);
  }

  async waitForCount(count: number): Promise<void> {
    let found = 0;
    await waitUntil(
      `InfluxDB holds ${count} requests`,
      async () => {
        found = await this.countInInflux();
        return found >= count;
      },
      { deadlineMs: 90_000, pollMs: 250, detail: () => `it holds ${found}` },
    );
  }

  /** Every line of the log and of its rotated files that nginx keeps. */
  async logLines(): Promise<string[]> {
    const text = await this.exec('nginx', ['sh', '-c', 'cat /var/log/shared/access.log*']);
    const lines = text.split('\n');
    lines.pop();
    return lines;
  }

  /** Requests of several kinds by a few clients at a time; resolves to how many were answered. */
  async send(count: number): Promise<number> {
    const targets = ['/', '/api/v1/products/1', '/api/v1/checkout', '/no-such-page', '/broken'];
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    try {
      const replies = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          get(this.#ports.nginx, targets[i % targets.length] ?? '/', agent),
        ),
      );
      return replies.filter(Boolean).length;
    } finally {
      agent.destroy();
    }
  }

  /** Sends until told to stop; resolves to how many requests were answered. */
  sendUntil(signal: AbortSignal): Promise<number> {
    const loop = async (): Promise<number> => {
      let answered = 0;
      while (!signal.aborted) {
        answered += await this.send(20);
        await setImmediate();
      }
      return answered;
    };
    return loop();
  }
}

function get(port: number, path: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent }, (reply) => {
      reply.on('error', () => resolve(false));
      reply.on('end', () => resolve(true));
      reply.resume();
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}
