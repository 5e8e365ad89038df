import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ComposeProject } from './compose-project.ts';
import { sendRequests, sendUntil } from './compose-traffic.ts';
import type { DockerEngine } from './docker-engine.ts';
import { httpRequest, type HttpReply } from './http.ts';
import { freePort } from './ports.ts';
import { PROJECT_ROOT } from './project.ts';
import { waitUntil } from './wait-until.ts';

export type Service = 'nginx' | 'influxdb' | 'meter';
export const SERVICES: readonly Service[] = ['nginx', 'influxdb', 'meter'];

export interface StackOptions {
  /** Folder for the override file. */
  readonly dir: string;
  readonly engine: DockerEngine;
  /** Variables that a person would put into `.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** More compose files, over all others. */
  readonly files?: readonly string[];
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

/**
 * The project's own docker-compose.yml without Grafana, under a project name of its own and on free
 * ports. Owns its containers, networks, volumes and image until `remove()`.
 */
export class ComposeStack extends ComposeProject {
  readonly image: string;
  readonly #ports: Readonly<Record<Service, number>>;

  private constructor(options: StackOptions, ports: Record<Service, number>) {
    const name = `nginx-meter-e2e-${process.pid}`;
    const image = `${name}:test`;
    const override = join(options.dir, 'override.yml');
    writeFileSync(override, OVERRIDE);
    super({
      engine: options.engine,
      name,
      files: [join(PROJECT_ROOT, 'docker-compose.yml'), override, ...(options.files ?? [])],
      env: {
        METER_IMAGE: image,
        NGINX_PORT: String(ports.nginx),
        INFLUXDB_PORT: String(ports.influxdb),
        METER_PORT: String(ports.meter),
        ...options.env,
      },
    });
    this.image = image;
    this.#ports = ports;
  }

  static async define(options: StackOptions): Promise<ComposeStack> {
    const [nginx, influxdb, meter] = [await freePort(), await freePort(), await freePort()];
    return new ComposeStack(options, { nginx, influxdb, meter });
  }

  /** Without names: all that are named above. */
  override up(...services: readonly string[]): Promise<void> {
    return super.up(...(services.length === 0 ? SERVICES : services));
  }

  override async remove(): Promise<void> {
    await super.remove();
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
    return rowsOf(reply.body);
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

  send(count: number): Promise<number> {
    return sendRequests(this.#ports.nginx, count);
  }

  sendUntil(signal: AbortSignal): Promise<number> {
    return sendUntil(this.#ports.nginx, signal);
  }
}

/** The rows of one statement as objects, of which what is null is left out. */
export function rowsOf(body: string): Record<string, number | string>[] {
  const parsed = JSON.parse(body) as {
    results?: {
      error?: string;
      series?: { columns: string[]; values: (number | string)[][] }[];
    }[];
  };
  const [result] = parsed.results ?? [];
  if (result === undefined || result.error !== undefined) throw new Error(body);
  return (result.series ?? []).flatMap(({ columns, values }) =>
    values.map((row) =>
      Object.fromEntries(
        columns.map((column, i) => [column, row[i] ?? '']).filter(([, value]) => value !== ''),
      ),
    ),
  );
}
