import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../../src/config/config.ts';
import { readNginxLogs } from '../../../../src/app/nginx-logs.ts';
import { watchNginxLogs } from '../../../../src/app/nginx-watch.ts';
import { copySample } from '../../../support/nginx-conf-samples.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const named = (format: string | undefined) => (format?.startsWith('log_format') ? 'text' : format);

async function read(environment: Record<string, string>) {
  const nginx = await readNginxLogs(loadConfig(environment));
  assert.ok(nginx);
  const { logs, logFormats } = nginx.config;
  return {
    logs: logs.map((log) => `${log.name}=${log.path.split('/').at(-1)}`),
    formats: Array.from(logFormats, ([log, texts]) => [log, ...texts.map(named)].join(' ')),
    findings: nginx.findings,
  };
}

test('without LOG_PATHS every log is followed, each in its format', async (t) => {
  const NGINX_CONF = copySample('debian', temporaryFolder(t));
  const { logs, formats, findings } = await read({ NGINX_CONF });
  assert.deepEqual(logs, [
    'access=access.log',
    'shop.example=shop.log',
    'shop.example-shop-errors=shop-errors.log',
    'shop.example-posts=posts.log',
    'shop.example-odd=odd.log',
  ]);
  assert.deepEqual(formats, [
    'access combined',
    'shop.example text',
    'shop.example-shop-errors combined',
    'shop.example-posts combined',
    'shop.example-odd combined',
  ]);
  assert.match(findings.join(), /shop-bytes\.log is not followed.*no time/);
});

test('LOG_PATHS says which, also in another folder; the configuration tells the formats', async (t) => {
  const NGINX_CONF = copySample('debian', temporaryFolder(t));
  const { logs, formats } = await read({
    NGINX_CONF,
    LOG_PATHS: 'mine=/mnt/shop.log,/mnt/other.log,/mnt/p*.log,-',
  });
  assert.deepEqual(logs, ['mine=shop.log', 'other=other.log', 'undefined=p*.log', 'stdin=-']);
  assert.ok(formats.includes('mine text') && formats.includes('posts combined'), formats.join());
});

test('LOG_FORMAT is the format of all', async (t) => {
  const NGINX_CONF = copySample('debian', temporaryFolder(t));
  const { logs, formats } = await read({ NGINX_CONF, LOG_FORMAT: 'main' });
  assert.ok(logs.includes('shop.example-shop-bytes=shop-bytes.log'));
  assert.deepEqual(formats, []);
});

test('without NGINX_CONF nothing is read', async () => {
  assert.equal(await readNginxLogs(loadConfig({})), undefined);
});

test('a change is taken up once it is calm; faults are told; former formats stay known', async (t) => {
  const dir = temporaryFolder(t);
  const main = join(dir, 'nginx.conf');
  const write = (format: string, more = '') =>
    writeFileSync(
      main,
      `http { log_format x '${format}'; server { access_log /a.log x; ${more} } }`,
    );
  write('$msec $status');
  const config = loadConfig({ NGINX_CONF: main });
  const current = await readNginxLogs(config);
  assert.ok(current);
  const troubles: string[] = [];
  const waiting: (() => void)[] = [];
  const clock = {
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  let looks = 0;
  const look = async () => {
    await waitUntil('the next look', () => waiting.length > looks);
    waiting[looks++]?.();
    await waitUntil('the end of the look', () => waiting.length > looks || watch.changed.aborted);
  };
  const watch = watchNginxLogs(current, config, {
    clock,
    onTrouble: (text) => troubles.push(text),
  });
  await look();
  writeFileSync(main, 'http {');
  await look();
  assert.deepEqual(troubles, []);
  await look();
  await look();
  assert.equal(troubles.length, 1);
  assert.match(troubles[0] ?? '', /no \} for the block of "http"\. The meter goes on/);
  write('$msec $status', '# a comment');
  await look();
  await look();
  assert.equal(watch.changed.aborted, false);
  write('$msec $status $request_time', 'access_log /b.log;');
  await look();
  assert.equal(watch.changed.aborted, false);
  await look();
  assert.equal(watch.changed.aborted, true);
  const next = await watch.close();
  assert.deepEqual(next?.config.logFormats.get('a'), [
    "log_format given '$msec $status $request_time';",
    "log_format given '$msec $status';",
  ]);
  assert.deepEqual(
    next.config.logs.map(({ path }) => path),
    ['/a.log', '/b.log'],
  );
  const unchanged = watchNginxLogs(next, config, { clock, onTrouble: () => {} });
  assert.equal(await unchanged.close(), undefined);
});
