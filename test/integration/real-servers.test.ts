import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defer } from '../support/defer.ts';
import { httpRequest } from '../support/http.ts';
import {
  COMBINED_PATTERN,
  TIMED_PATTERN,
  countIndependently,
} from '../support/independent-count.ts';
import { startInflux } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { runLogrotate } from '../support/logrotate.ts';
import { TIMED_FORMAT, startNginx } from '../support/nginx.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The test support itself: without it the other integration tests would prove nothing. */

test('nginx logs every kind of request as its kind says, and the count of the lines agrees', async (t) => {
  const nginx = await startNginx({ dir: temporaryFolder(t) });
  defer(t, () => nginx.stop());
  const expected = await sendEveryKind(nginx);
  const lines = await waitForLines([nginx.accessLogPath], expected);
  const truth = countIndependently(lines, COMBINED_PATTERN);
  assert.deepEqual(truth.unparsed, []);
  const sum = (pick: 'count' | 'c499' | 'c5xx') =>
    truth.windows.reduce((total, window) => total + window[pick], 0);
  assert.equal(sum('count'), expected);
  assert.equal(sum('c499'), 1);
  assert.ok(sum('c5xx') >= 7);
  for (const sign of [
    /^::1 /,
    /"\\x16\\x03\\x01/,
    /^\S+ - - \[[^\]]+\] "" 400 /,
    / - a user \[with\] - - \[brackets\] \[/,
    /a \\x22quoted\\x22 \\x5Cagent/,
  ]) {
    assert.ok(
      lines.some((line) => sign.test(line)),
      `no line matches ${sign}`,
    );
  }
  assert.ok(lines.some((line) => line.length > 20_000));
});

test('nginx writes times and lists of upstreams under a format of our own', async (t) => {
  const nginx = await startNginx({ dir: temporaryFolder(t), logFormat: TIMED_FORMAT });
  defer(t, () => nginx.stop());
  const expected = await sendEveryKind(nginx);
  const lines = await waitForLines([nginx.accessLogPath], expected);
  const truth = countIndependently(lines, TIMED_PATTERN);
  assert.deepEqual(truth.unparsed, []);
  assert.deepEqual([...new Set(truth.windows.map((window) => window.site))].sort(), [
    'alpha.test',
    'beta.test',
  ]);
  assert.ok(truth.windows.some((window) => window.rt_max >= 20));
  assert.ok(lines.some((line) => /us="502, 200"/.test(line)));
});

test('nginx goes on in a new file after rename and reopen', async (t) => {
  const nginx = await startNginx({ dir: temporaryFolder(t) });
  defer(t, () => nginx.stop());
  await sendMany(nginx, 400);
  const rotated = `${nginx.accessLogPath}.1`;
  renameSync(nginx.accessLogPath, rotated);
  await nginx.reopen();
  await sendMany(nginx, 300);
  await waitForLines([rotated, nginx.accessLogPath], 700);
  assert.ok(readLines(nginx.accessLogPath).length > 0);
  await nginx.reload();
  await sendMany(nginx, 100);
  await waitForLines([rotated, nginx.accessLogPath], 800);
});

test('logrotate copies and truncates a log', async (t) => {
  const dir = temporaryFolder(t);
  const nginx = await startNginx({ dir });
  defer(t, () => nginx.stop());
  await sendMany(nginx, 100);
  await waitForLines([nginx.accessLogPath], 100);
  const { ino } = statSync(nginx.accessLogPath);
  const config = `${nginx.accessLogPath} {\n  rotate 3\n  copytruncate\n}\n`;
  await runLogrotate({ dir, config });
  await sendMany(nginx, 50);
  await waitForLines([nginx.accessLogPath], 50);
  assert.equal(statSync(nginx.accessLogPath).ino, ino);
  assert.equal(readLines(`${nginx.accessLogPath}.1`).length, 100);
});

test('influxd takes a write, gives it back and has it after a kill', async (t) => {
  const influx = await startInflux({ dir: join(temporaryFolder(t), 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  await influx.write('nginx', 'access_log,host=a count=3i,traffic=5i 1795374000\n');
  await influx.kill();
  assert.equal(influx.isRunning, false);
  await influx.restart();
  const rows = await influx.rows('SELECT * FROM "access_log"', 'nginx');
  assert.deepEqual(rows, [{ time: 1795374000, count: 3, host: 'a', traffic: 5 }]);
  await assert.rejects(influx.query('SELECT nonsense', 'nginx'), /error parsing query/);
});

test('influxd with a password refuses who has none', async (t) => {
  const influx = await startInflux({
    dir: join(temporaryFolder(t), 'influx'),
    auth: { user: 'meter', password: 'a secret' },
  });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  await influx.write('nginx', 'm v=1i 1795374000');
  const reply = await httpRequest(`${influx.url}/write?db=nginx`, {
    method: 'POST',
    body: 'm v=1i',
  });
  assert.equal(reply.status, 401);
});

test('VictoriaMetrics takes the v2 write API', async (t) => {
  const victoria = await startVictoriaMetrics({ dir: join(temporaryFolder(t), 'victoria') });
  defer(t, () => victoria.stop());
  const reply = await httpRequest(`${victoria.url}/api/v2/write?org=o&bucket=b&precision=s`, {
    method: 'POST',
    body: 'access_log,host=a count=3i 1795374000\n',
  });
  assert.equal(reply.status, 204);
  const series = await waitUntil('the sample can be read', async () => {
    const found = await victoria.export('{__name__="access_log_count"}');
    return found.length > 0 && found;
  });
  assert.equal(series[0]?.metric['host'], 'a');
  assert.deepEqual(series[0]?.values, [3]);
  assert.deepEqual(series[0]?.timestamps, [1795374000000]);
});

test('nothing of a server is left when its test process is killed', async (t) => {
  const dir = temporaryFolder(t);
  const program = `
    import { startNginx } from '${new URL('../support/nginx.ts', import.meta.url).href}';
    const nginx = await startNginx({ dir: ${JSON.stringify(dir)} });
    process.stdout.write(nginx.url);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
    child.once('exit', () => reject(new Error('the program ended')));
  });
  assert.equal((await httpRequest(`${url}/alive`)).status, 204);
  child.kill('SIGKILL');
  await waitUntil('nobody listens any more', async () => {
    const failure = await httpRequest(`${url}/alive`).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    return failure?.code === 'ECONNREFUSED';
  });
});
