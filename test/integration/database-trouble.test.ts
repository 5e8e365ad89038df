import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { Meter, type MeterSettings } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  waitForCount,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { sendMany } from '../support/requests.ts';
import { startTraffic } from '../support/steady-traffic.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A database that is not there yet, is away, says no, or refuses some points: nothing is lost. */

async function rig(t: TestContext) {
  const dir = temporaryFolder(t);
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const log = nginx.accessLogPath;
  const start = async (env: MeterSettings, until: 'ready' | 'listening' = 'ready') => {
    const meter = await Meter.start({
      dir: join(dir, 'meter'),
      env: { LOG_PATHS: log, ...env },
      until,
    });
    defer(t, () => meter.kill());
    return meter;
  };
  return { dir, nginx, log, start };
}

async function assertArrived(influx: Influx, lines: readonly string[], deadlineMs = 30_000) {
  await waitForCount(influx, 'nginx', 'access', lines.length, deadlineMs);
  const points = await windowsInInflux(influx, 'nginx', 'access');
  assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
  const { lines: read, counted } = await accountInInflux(influx, 'nginx', 'access');
  assert.deepEqual([read, counted], [lines.length, lines.length]);
}

/** Why the meter says that it is not ready. */
async function reasons(meter: Meter): Promise<{ code: string; message: string }[]> {
  const { status, body } = await meter.get('/readyz');
  const { ready, reasons: found } = JSON.parse(body) as {
    ready: boolean;
    reasons: { code: string; message: string }[];
  };
  assert.equal(status, ready ? 200 : 503);
  return found;
}

test('no database at first: the points wait in the spool and arrive once there is one', async (t) => {
  const { dir, nginx, log, start } = await rig(t);
  const traffic = startTraffic(nginx);
  const alone = await start({});
  await traffic.more(300);
  // A window of these requests has been handed over, not only the open one.
  await waitUntil('a window is in the log', () => /"requests":\d\d/.test(alone.output), {
    detail: () => alone.output,
  });
  assert.equal(await alone.stop(), 0);
  const again = await start({});
  await traffic.more(60);
  await again.kill();
  const sent = await traffic.stop();
  const lines = await waitForLines([log], sent);

  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  const meter = await start({ INFLUX_URL: influx.url, INFLUX_DB: 'nginx' });
  await assertArrived(influx, lines);
  assert.equal(await meter.stop(), 0);
  await assertArrived(influx, lines);
});

test('a wrong password: unready with the settings to look at; with the right one all arrives', async (t) => {
  const { dir, nginx, log, start } = await rig(t);
  const influx = await startInflux({
    dir: join(dir, 'influx'),
    auth: { user: 'meter', password: 'the right one' },
  });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  const target = { INFLUX_URL: influx.url, INFLUX_DB: 'nginx', INFLUX_USER: 'meter' };
  const wrong = await start({ ...target, INFLUX_PASSWORD: 'hunter2' }, 'listening');
  await sendMany(nginx, 200);
  await waitUntil('the meter has been refused', async () => {
    const [reason] = await reasons(wrong);
    return reason?.code === 'write-blocked';
  });
  const { body } = await wrong.get('/readyz');
  assert.match(body, /INFLUX_USER/);
  assert.match(body, /INFLUX_PASSWORD/);
  assert.match(body, /401/);
  assert.equal((await wrong.get('/healthz')).status, 200);
  await sendMany(nginx, 100);
  await waitForLines([log], 300);
  assert.equal(await wrong.stop(), 0);
  assert.ok(!wrong.output.includes('hunter2'));
  assert.deepEqual(await influx.query('SHOW MEASUREMENTS', 'nginx'), []);

  const right = await start({ ...target, INFLUX_PASSWORD: 'the right one' });
  await assertArrived(influx, readLines(log));
  assert.equal(await right.stop(), 0);
  assert.ok(!right.output.includes('the right one'));
});

test('influxd is killed and comes back', async (t) => {
  const { dir, nginx, log, start } = await rig(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  const meter = await start({ INFLUX_URL: influx.url, INFLUX_DB: 'nginx' });
  const traffic = startTraffic(nginx);
  await traffic.more(120);
  await influx.kill();
  await waitUntil('the meter has noticed', async () => {
    const found = await reasons(meter);
    return found.some(({ code }) => code === 'write-retrying');
  });
  await traffic.more(240);
  await influx.restart();
  await traffic.more(60);
  const sent = await traffic.stop();
  const lines = await waitForLines([log], sent);
  await assertArrived(influx, lines, 60_000);
  await waitUntil('the meter is ready again', async () => (await reasons(meter)).length === 0);
  assert.equal(await meter.stop(), 0);
});

test('a field of another type in the database: its points go to the dead letters, the rest arrives', async (t) => {
  const { dir, nginx, log, start } = await rig(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  const nowS = Math.floor(Date.now() / 1000);
  await influx.write('nginx', `access_log_meter,host=stranger rss="a lot" ${nowS}`);
  const meter = await start({ INFLUX_URL: influx.url, INFLUX_DB: 'nginx' });
  await sendMany(nginx, 200);
  const lines = await waitForLines([log], 200);
  await assertArrived(influx, lines);
  const deadLetters = join(dir, 'meter/state/dead-letter.lp');
  await waitUntil('a point is in the dead-letter file', () => existsSync(deadLetters));
  assert.equal(await meter.stop(), 0);
  const kept = readFileSync(deadLetters, 'utf8').trimEnd().split('\n');
  for (const [index, line] of kept.entries()) {
    assert.match(line, index % 2 === 0 ? /^# .*field type conflict/ : /^access_log_meter,host=it /);
  }
  const [row] = await influx.rows('SELECT count("uptime") AS n FROM "access_log_meter"', 'nginx');
  assert.equal(row, undefined);
  // Once the conflict is out of the way the kept lines can be written as they are.
  await influx.query('DROP MEASUREMENT "access_log_meter"', 'nginx');
  await influx.write('nginx', readFileSync(deadLetters, 'utf8'));
  const [after] = await influx.rows('SELECT count("uptime") AS n FROM "access_log_meter"', 'nginx');
  assert.equal(after?.['n'], kept.length / 2);
});
