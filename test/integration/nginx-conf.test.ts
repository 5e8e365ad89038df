import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findAccessLogs } from '../../src/nginx/conf/access-logs.ts';
import { readNginxConfiguration } from '../../src/nginx/conf/configuration.ts';
import { adviseOn } from '../../src/parse/advice/format-advice.ts';
import { createParser } from '../../src/parse/parser.ts';
import { PRESETS } from '../../src/parse/format/presets.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { debianPackage } from '../support/debian-packages.ts';
import { defer } from '../support/defer.ts';
import { httpRequest } from '../support/http.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { copySample, type NginxConfSample } from '../support/nginx-conf-samples.ts';
import { startNginx } from '../support/nginx.ts';
import { freePort } from '../support/ports.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { findTool } from '../support/tools.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What nginx says of a configuration: nothing but that it is well. */
async function nginxTakes(path: string, dir: string): Promise<void> {
  const tool = await findTool('nginx');
  assert.equal(tool.kind, 'local');
  const { env } = tool;
  const args = ['-t', '-p', dir, '-c', path, '-e', join(dir, 'logs/error.log')];
  const { code, stderr } = await runCommand([tool.path, ...args], { env });
  assert.equal(code, 0, stderr);
}

/** Sockets of the file system for the ports, and temporary folders that may be written to. */
function makeRunnable(path: string, dir: string): void {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(dir, name)};`,
  );
  const text = readFileSync(path, 'utf8').replace(/^http \{/m, `http {\n${folders.join('\n')}`);
  writeFileSync(path, text);
}

const SOCKETS = /listen\s+[^;]*;/g;

for (const sample of ['official', 'debian', 'proxy-manager'] satisfies NginxConfSample[]) {
  test(`the sample ${sample} is a configuration that nginx takes`, async (t) => {
    const dir = temporaryFolder(t);
    const path = copySample(sample, dir);
    makeRunnable(path, dir);
    mkdirSync(join(dir, 'modules-enabled'), { recursive: true });
    let sockets = 0;
    const { watched } = await readNginxConfiguration(path);
    for (const file of watched.filter((one) => /\.(?:conf|example)$|default$/.test(one))) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(
        file,
        text.replaceAll(SOCKETS, () => `listen unix:${dir}/${++sockets}.sock;`),
      );
    }
    assert.ok(sockets > 0);
    await nginxTakes(path, dir);
  });
}

test('the sample ingress is a configuration that nginx takes, but for Lua and stream', async (t) => {
  const dir = temporaryFolder(t);
  const path = copySample('ingress', dir);
  makeRunnable(path, dir);
  const text = readFileSync(path, 'utf8')
    .replace(
      /init_by_lua_block \{[^]*?\n\t\}/,
      'upstream upstream_balancer { server 127.0.0.1:1; }',
    )
    .replace(/rewrite_by_lua_block \{[^]*?\n\t\t\t\}/, '')
    .replace(/^stream \{[^]*$/m, '')
    .replace(
      / \$proxy_upstream_name "-"/,
      '$& ; set $proxy_alternative_upstream_name ""; set $req_id ""',
    )
    .replaceAll(SOCKETS, () => `listen unix:${dir}/a.sock;`);
  writeFileSync(path, text);
  await nginxTakes(path, dir);
});

test("the configuration of Debian's own package", async () => {
  const { root } = await debianPackage('nginx');
  const { directives } = await readNginxConfiguration(join(root, 'etc/nginx/nginx.conf'));
  const { logs } = findAccessLogs(directives, '/usr/share/nginx');
  assert.deepEqual(
    logs.map(({ path, formats }) => [path, formats[0]?.name]),
    [['/var/log/nginx/access.log', 'combined']],
  );
});

test('what check advises is what nginx takes', async (t) => {
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, 'logs'));
  const scanner = createScanner({ readBufferBytes: 64 });
  const settings = [...PRESETS.map(({ name }) => name), 'json'];
  const formats = settings.map((format, i) => {
    const { formatName, families } = createParser({ format, scanner });
    const text = adviseOn(format, formatName, families)?.directive.join('\n') ?? '';
    return text.replace('log_format meter', `log_format meter${i}`);
  });
  const path = join(dir, 'nginx.conf');
  // Variables that are not of nginx are set by the configurations of those programs.
  const sets = [
    'proxy_upstream_name',
    'proxy_alternative_upstream_name',
    'req_id',
    'server',
    'hosting_user',
    'duration',
    'secretfilter',
    'request_line',
    'upstream_scheme',
    'upstream_host',
    'upstream_uri',
    'kong_request_id',
    'traefik_requests',
    'traefik_router',
    'request_time_ms',
  ]
    .map((name) => `set $${name} "";`)
    .join(' ');
  const logs = settings.map((_, i) => `access_log ${dir}/logs/${i}.log meter${i};`).join('\n');
  writeFileSync(
    path,
    `pid ${dir}/pid; events { }\nhttp {\n${formats.join('\n')}\n` +
      `server { listen unix:${dir}/a.sock; ${sets} ${logs} } }`,
  );
  makeRunnable(path, dir);
  await nginxTakes(path, dir);
});

test('the meter follows what nginx.conf names, in JSON, and takes up a change', async (t) => {
  const dir = temporaryFolder(t);
  const keys = '{"when":"$time_iso8601","code":$status,"ua":"$http_user_agent","size":$bytes_sent';
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    logFormat: `${keys}}`,
    logEscape: 'json',
  });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: { NGINX_CONF: nginx.configPath, LISTEN: `127.0.0.1:${await freePort()}` },
  });
  defer(t, () => meter.kill());
  const counted = async (): Promise<number> => {
    const { body } = await meter.get('/metrics');
    return Number(/^nginx_meter_counted_lines_total\{log="access"\} (\d+)/m.exec(body)?.[1] ?? -1);
  };
  const send = async (count: number) => {
    const headers = { 'User-Agent': 'a "quoted" \\ agent, {} "code":500' };
    for (let i = 0; i < count; i++) await httpRequest(`${nginx.url}/`, { headers });
  };
  await send(5);
  await waitForLines([nginx.accessLogPath], 5);
  await waitUntil('five lines are counted', async () => (await counted()) === 5);
  const text = readFileSync(nginx.configPath, 'utf8');
  writeFileSync(nginx.configPath, text.replace(`${keys}}`, `${keys},"rt":"$request_time"}`));
  await waitUntil(
    'the meter has started with what nginx.conf says now',
    () => meter.log.some(({ msg }) => String(msg).includes("nginx's configuration has changed")),
    { deadlineMs: 60_000 },
  );
  // Not reloaded yet: still in the former format.
  await send(3);
  await nginx.reload();
  await send(4);
  await waitForLines([nginx.accessLogPath], 12);
  await waitUntil('the lines since the new start are counted', async () => (await counted()) === 7);
});
