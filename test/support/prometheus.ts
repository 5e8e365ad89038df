import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpRequest } from './http.ts';
import { freePort } from './ports.ts';
import { ServerProcess, withFreshPorts } from './server-process.ts';
import { findTool } from './tools.ts';

interface QueryReply {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** A real Prometheus that scrapes one meter five times a second. */
export class Prometheus {
  readonly url: string;
  readonly #process: ServerProcess;

  constructor(url: string, server: ServerProcess) {
    this.url = url;
    this.#process = server;
  }

  /** The values of an instant query, one a series. */
  async query(expression: string): Promise<number[]> {
    const query = new URLSearchParams({ query: expression });
    const reply = await httpRequest(`${this.url}/api/v1/query?${query.toString()}`);
    if (reply.status !== 200) throw new Error(`${expression}: ${reply.status} ${reply.body}`);
    const { data } = JSON.parse(reply.body) as QueryReply;
    return data.result.map(({ value }) => Number(value[1]));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

export async function startPrometheus(options: {
  readonly dir: string;
  /** Whose /metrics is read: `127.0.0.1:9145`. */
  readonly target: string;
}): Promise<Prometheus> {
  const tool = await findTool('prometheus');
  mkdirSync(options.dir, { recursive: true });
  const config = join(options.dir, 'prometheus.yml');
  const jobs = [{ job_name: 'meter', static_configs: [{ targets: [options.target] }] }];
  const global = { scrape_interval: '200ms', scrape_timeout: '200ms' };
  writeFileSync(config, JSON.stringify({ global, scrape_configs: jobs }));
  return withFreshPorts(async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(options.dir, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const server = new ServerProcess('prometheus', tool, args, options.dir);
    const prometheus = new Prometheus(`http://${address}`, server);
    await server.start(async () => (await httpRequest(`${prometheus.url}/-/ready`)).status === 200);
    return prometheus;
  });
}
