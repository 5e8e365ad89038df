import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { httpRequest } from './http.ts';
import { ServerProcess, withFreshPorts } from './server-process.ts';
import { findTool } from './tools.ts';

/** One series as /api/v1/export gives it; timestamps in epoch milliseconds. */
export interface VictoriaSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

/** A real VictoriaMetrics: the target for the v2 write API (`POST /api/v2/write`). */
export class VictoriaMetrics {
  readonly url: string;
  readonly #process: ServerProcess;

  constructor(url: string, server: ServerProcess) {
    this.url = url;
    this.#process = server;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** All samples of the series that match, `{__name__=~"access_log_.*"}`; those just written included. */
  async export(match: string): Promise<VictoriaSeries[]> {
    await httpRequest(`${this.url}/internal/force_flush`);
    const query = new URLSearchParams({ 'match[]': match, start: '0' });
    const reply = await httpRequest(`${this.url}/api/v1/export?${query.toString()}`);
    if (reply.status !== 200) throw new Error(`export ${match}: ${reply.status} ${reply.body}`);
    return reply.body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as VictoriaSeries);
  }

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
}

export async function startVictoriaMetrics(options: {
  readonly dir: string;
  /** More command line arguments, `-dedup.minScrapeInterval=1ms`. */
  readonly args?: readonly string[];
}): Promise<VictoriaMetrics> {
  const tool = await findTool('victoria-metrics');
  mkdirSync(options.dir, { recursive: true });
  return withFreshPorts(async () => {
    const port = await freePort();
    const args = [
      `-storageDataPath=${join(options.dir, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=100y',
      '-memory.allowedBytes=64MB',
      ...(options.args ?? []),
    ];
    const server = new ServerProcess('victoria-metrics', tool, args, options.dir);
    const victoria = new VictoriaMetrics(`http://127.0.0.1:${port}`, server);
    await server.start(() => isAlive(victoria.url));
    return victoria;
  });
}

async function isAlive(url: string): Promise<boolean> {
  return (await httpRequest(`${url}/health`)).status === 200;
}
