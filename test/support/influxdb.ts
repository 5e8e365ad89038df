import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { httpRequest } from './http.ts';
import { ServerProcess, withFreshPorts } from './server-process.ts';
import { findTool } from './tools.ts';

export interface InfluxOptions {
  readonly dir: string;
  /** Makes this user (an administrator) and asks everybody for a password from then on. */
  readonly auth?: { readonly user: string; readonly password: string };
}

/** One series of an InfluxQL result, as the server gives it. */
export interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** A row as an object: `time` (epoch seconds), the tags of its series, the columns. */
export type InfluxRow = Readonly<Record<string, unknown>>;

/** A real InfluxDB 1.x whose data lie in `dir` and stay there over kill() and restart(). */
export class Influx {
  readonly url: string;
  readonly dir: string;
  readonly #process: ServerProcess;
  readonly #auth: InfluxOptions['auth'];

  constructor(url: string, options: InfluxOptions, server: ServerProcess) {
    this.url = url;
    this.dir = options.dir;
    this.#auth = options.auth;
    this.#process = server;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  async createDatabase(name: string): Promise<void> {
    await this.query(`CREATE DATABASE "${name}"`);
  }

  /** Writes line protocol, timestamps in seconds; rejects on anything but 204. */
  async write(db: string, lines: string): Promise<void> {
    const reply = await httpRequest(`${this.url}/write?db=${encodeURIComponent(db)}&precision=s`, {
      method: 'POST',
      headers: this.#authorization(),
      body: lines,
    });
    if (reply.status !== 204) throw new Error(`write: ${reply.status} ${reply.body}`);
  }

  /** Series of all statements, times in epoch seconds. Rejects when the server reports an error. */
  async query(influxql: string, db = ''): Promise<InfluxSeries[]> {
    const reply = await httpRequest(`${this.url}/query?epoch=s&db=${encodeURIComponent(db)}`, {
      method: 'POST',
      headers: { ...this.#authorization(), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ q: influxql }).toString(),
    });
    const parsed = JSON.parse(reply.body) as {
      error?: string;
      results?: { error?: string; series?: InfluxSeries[] }[];
    };
    const error = parsed.error ?? parsed.results?.find((result) => result.error)?.error;
    if (error !== undefined) throw new Error(`${influxql}: ${error}`);
    return (parsed.results ?? []).flatMap((result) => result.series ?? []);
  }

  /** The same as one object per row. */
  async rows(influxql: string, db = ''): Promise<InfluxRow[]> {
    const series = await this.query(influxql, db);
    return series.flatMap((one) =>
      one.values.map((values) => ({
        ...one.tags,
        ...Object.fromEntries(one.columns.map((column, index) => [column, values[index]])),
      })),
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** SIGKILL; what it has acknowledged must be there after restart(). */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async restart(): Promise<void> {
    await this.#process.stop();
    await this.#process.start(() => isAlive(this.url));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  #authorization(): Record<string, string> {
    if (this.#auth === undefined) return {};
    const { user, password } = this.#auth;
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }
}

export async function startInflux(options: InfluxOptions): Promise<Influx> {
  const tool = await findTool('influxd');
  mkdirSync(options.dir, { recursive: true });
  return withFreshPorts(async () => {
    const port = await freePort();
    const configPath = join(options.dir, 'influxdb.conf');
    writeFileSync(configPath, configuration(options, port, await freePort()));
    const args = ['run', '-config', configPath];
    const server = new ServerProcess('influxd', tool, args, options.dir);
    const influx = new Influx(`http://127.0.0.1:${port}`, options, server);
    await server.start(() => isAlive(influx.url));
    if (options.auth !== undefined) {
      const { user, password } = options.auth;
      await influx.query(`CREATE USER "${user}" WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
    }
    return influx;
  });
}

async function isAlive(url: string): Promise<boolean> {
  return (await httpRequest(`${url}/ping`)).status === 204;
}

function configuration({ dir, auth }: InfluxOptions, port: number, rpcPort: number): string {
  return `# Written by the tests; changed at every start.
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${auth !== undefined}
  log-enabled = false
  # Off, as in the server's defaults where the file does not say so.
  max-body-size = 25000000
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
`;
}
