import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, hasIpv6 } from './ports.ts';
import { httpRequest } from './http.ts';
import { ServerProcess, withFreshPorts } from './server-process.ts';
import { findTool } from './tools.ts';
import { startUpstream, type Upstream } from './upstream.ts';
import { waitUntil } from './wait-until.ts';

export interface NginxOptions {
  /** Its folder: configuration, pid, temporary files, logs. Ours alone, and it must exist. */
  readonly dir: string;
  /** Text of the log_format, as it stands between the quotes; by default nginx's own `combined`. */
  readonly logFormat?: string;
  readonly logEscape?: 'default' | 'json' | 'none';
  /** After the format's name in access_log: `buffer=64k flush=5s`, `gzip`. */
  readonly logParameters?: string;
  /** Default `${dir}/logs/access.log`. */
  readonly accessLogPath?: string;
  /** Directives into the http block, and into each server block. */
  readonly extraHttp?: string;
  readonly locations?: string;
}

/** Statuses that `/status/CODE` answers with. 444 closes the connection without an answer. */
export const SITE_STATUSES = [
  200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410,
  413, 418, 422, 429, 444, 451, 500, 501, 502, 503, 504, 507,
] as const;

/** Server names of the small site; the first answers for every unknown Host as well. */
export const SITE_NAMES = ['alpha.test', 'beta.test'] as const;

/** A format with everything that `combined` lacks: times, sizes, upstreams, site. */
export const TIMED_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" rt=$request_time len=$request_length ' +
  'ua="$upstream_addr" us="$upstream_status" ut="$upstream_response_time" site="$server_name"';

/**
 * A real nginx on the loopback addresses with two workers and a small site:
 *
 * `/status/CODE`, `/bytes/N` for N = 0, 1000, 100000, `/app/…` (the upstream of the test),
 * `/flaky/…` (an upstream group whose first server is dead, so that the variables hold lists),
 * `/dead` (502), everything else 404.
 */
export class Nginx {
  readonly port: number;
  /** undefined where the machine has no IPv6 loopback. */
  readonly port6: number | undefined;
  readonly dir: string;
  readonly accessLogPath: string;
  readonly errorLogPath: string;
  readonly configPath: string;
  readonly upstream: Upstream;
  readonly #process: ServerProcess;

  constructor(parts: {
    options: NginxOptions;
    port: number;
    port6: number | undefined;
    upstream: Upstream;
    process: ServerProcess;
  }) {
    this.dir = parts.options.dir;
    this.port = parts.port;
    this.port6 = parts.port6;
    this.upstream = parts.upstream;
    this.#process = parts.process;
    this.accessLogPath = parts.options.accessLogPath ?? join(this.dir, 'logs/access.log');
    this.errorLogPath = join(this.dir, 'logs/error.log');
    this.configPath = join(this.dir, 'nginx.conf');
  }

  get pid(): number {
    return this.#process.pid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `nginx -s reopen`: after a rename, back when the master has made the new file. */
  async reopen(): Promise<void> {
    this.#process.signal('SIGUSR1');
    await waitUntil('nginx has reopened its log', () => existsSync(this.accessLogPath));
  }

  /** `nginx -s reload`: back when workers of the new configuration have started. */
  async reload(): Promise<void> {
    const before = this.#workersStarted();
    this.#process.signal('SIGHUP');
    await waitUntil('nginx has reloaded', () => this.#workersStarted() > before);
  }

  /** Graceful: running requests are finished and buffered lines written. */
  async stop(): Promise<void> {
    await this.upstream.close();
    await this.#process.stop('SIGQUIT');
  }

  #workersStarted(): number {
    return readFileSync(this.errorLogPath, 'utf8').split('start worker process ').length - 1;
  }

  /** Master and workers at once, as if the machine had lost power. */
  async kill(): Promise<void> {
    await this.upstream.close();
    await this.#process.kill();
  }
}

export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const tool = await findTool('nginx');
  const { dir } = options;
  for (const folder of ['logs', 'tmp', 'www/bytes']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  for (const size of [0, 1000, 100_000]) {
    writeFileSync(join(dir, `www/bytes/${size}`), Buffer.alloc(size, '.'));
  }
  const upstream = await startUpstream();
  try {
    return await withFreshPorts(async () => {
      const port = await freePort();
      const port6 = (await hasIpv6) ? port : undefined;
      const args = ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'logs/error.log')];
      const server = new ServerProcess('nginx', tool, args, dir);
      const nginx = new Nginx({ options, port, port6, upstream, process: server });
      writeFileSync(nginx.configPath, configuration(nginx, options));
      // /alive is not logged: the test's log begins empty.
      await server.start(async () => (await httpRequest(`${nginx.url}/alive`)).status === 204);
      return nginx;
    });
  } catch (failure) {
    await upstream.close();
    throw failure;
  }
}

function configuration(nginx: Nginx, options: NginxOptions): string {
  const { dir } = nginx;
  const escape = options.logEscape === undefined ? '' : ` escape=${options.logEscape}`;
  const format =
    options.logFormat === undefined
      ? ''
      : `log_format meter_test${escape} ${quoted(options.logFormat)};`;
  const formatName = options.logFormat === undefined ? 'combined' : 'meter_test';
  const listen = [`listen 127.0.0.1:${nginx.port};`];
  if (nginx.port6 !== undefined) listen.push(`listen [::1]:${nginx.port6};`);
  const servers = SITE_NAMES.map(
    (name) => `
  server {
    ${listen.join('\n    ')}
    server_name ${name};
    root ${dir}/www;
${siteLocations()}
    ${options.locations ?? ''}
  }`,
  );
  return `# Written by the tests; changed at every start.
daemon off;
worker_processes 2;
worker_shutdown_timeout 5s;
${process.getuid?.() === 0 ? 'user root root;' : ''}
pid ${dir}/nginx.pid;
error_log ${dir}/logs/error.log notice;
events {
  worker_connections 256;
}
http {
  client_body_temp_path ${dir}/tmp/client;
  proxy_temp_path ${dir}/tmp/proxy;
  fastcgi_temp_path ${dir}/tmp/fastcgi;
  uwsgi_temp_path ${dir}/tmp/uwsgi;
  scgi_temp_path ${dir}/tmp/scgi;
  default_type text/plain;
  client_header_timeout 5s;
  large_client_header_buffers 8 64k;
  keepalive_requests 1000000;
  server_tokens off;
  ${format}
  access_log ${nginx.accessLogPath} ${formatName} ${options.logParameters ?? ''};
  upstream app {
    server 127.0.0.1:${nginx.upstream.port};
  }
  upstream flaky {
    server 127.0.0.1:1 max_fails=0;
    server 127.0.0.1:${nginx.upstream.port} max_fails=0;
  }
  ${options.extraHttp ?? ''}
${servers.join('\n')}
}
`;
}

function siteLocations(): string {
  const statuses = SITE_STATUSES.map((status) => {
    const target = [301, 302, 303, 307, 308].includes(status) ? ' /elsewhere' : '';
    return `    location = /status/${status} { return ${status}${target}; }`;
  });
  return `    location = /alive { access_log off; return 204; }
    location = / { return 200 "hello\\n"; }
    location /app/ { proxy_pass http://app; }
    location /flaky/ { proxy_pass http://flaky/app/; }
    location /dead { proxy_pass http://127.0.0.1:1; }
${statuses.join('\n')}`;
}

/** A text as one single-quoted word of nginx's configuration. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
