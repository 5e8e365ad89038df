import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { runLogrotate } from '../support/logrotate.ts';
import { Meter, type MeterOptions } from '../support/meter.ts';
import { startNginx, type Nginx } from '../support/nginx.ts';
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

/** Stops, kills and starts of the meter while nginx writes: nothing is lost and nothing doubled. */

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

interface Rig {
  readonly dir: string;
  readonly nginx: Nginx;
  readonly options: MeterOptions;
}

async function rig(t: TestContext, database: string): Promise<Rig> {
  const dir = temporaryFolder(t);
  await influx.createDatabase(database);
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const options = {
    dir: join(dir, 'meter'),
    env: { LOG_PATHS: nginx.accessLogPath, INFLUX_URL: influx.url, INFLUX_DB: database },
  };
  return { dir, nginx, options };
}

async function startMeter(t: TestContext, options: MeterOptions): Promise<Meter> {
  const meter = await Meter.start(options);
  defer(t, () => meter.kill());
  return meter;
}

async function assertArrived(meter: Meter, database: string, lines: readonly string[]) {
  await waitForCount(influx, database, 'access', lines.length);
  assert.equal(await meter.stop(), 0);
  const points = await windowsInInflux(influx, database, 'access');
  assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
  const { lines: read, counted } = await accountInInflux(influx, database, 'access');
  assert.deepEqual([read, counted], [lines.length, lines.length]);
}

test('SIGTERM and a new start', async (t) => {
  const { nginx, options } = await rig(t, 'stopped');
  const traffic = startTraffic(nginx);
  for (let round = 0; round < 3; round += 1) {
    const meter = await startMeter(t, options);
    await traffic.more(300);
    assert.equal(await meter.stop(), 0);
    await traffic.more(60);
  }
  const meter = await startMeter(t, options);
  await traffic.more(60);
  const sent = await traffic.stop();
  const lines = await waitForLines([nginx.accessLogPath], sent);
  await assertArrived(meter, 'stopped', lines);
});

test('kill -9 and a new start', async (t) => {
  const { nginx, options } = await rig(t, 'killed');
  const traffic = startTraffic(nginx);
  for (let round = 0; round < 4; round += 1) {
    const meter = await startMeter(t, options);
    await traffic.more(150 + 70 * round);
    await meter.kill();
    await traffic.more(60);
  }
  const meter = await startMeter(t, options);
  await traffic.more(60);
  const sent = await traffic.stop();
  const lines = await waitForLines([nginx.accessLogPath], sent);
  await assertArrived(meter, 'killed', lines);
});

test('rotations by every means while the meter is down', async (t) => {
  const { dir, nginx, options } = await rig(t, 'rotated_down');
  const log = nginx.accessLogPath;
  // Generations of a real log do not begin with the same bytes; these would, within a second.
  let calls = 0;
  const send = (count: number) => sendMany(nginx, count, { targets: [`/?call=${(calls += 1)}`] });
  const first = await startMeter(t, options);
  await send(200);
  await waitForCount(influx, 'rotated_down', 'access', 200);
  await first.kill();
  await send(100);
  await waitForLines([log], 300);
  const compressed = `${log} {
  rotate 9
  create 0644
  compress
  postrotate
    kill -USR1 ${nginx.pid}
  endscript
}
`;
  await runLogrotate({ dir, config: compressed });
  await waitUntil('nginx writes to the new file', async () => {
    await send(10);
    return readLines(log).length > 0;
  });
  const strays =
    gunzipSync(readFileSync(`${log}.1.gz`))
      .toString('latin1')
      .split('\n').length - 1;
  assert.equal(strays, 300);
  await send(150);
  await waitUntil('they are in the new file', () => {
    const own = readLines(log).filter((line) => line.includes(`?call=${calls}?`));
    return own.length === 150;
  });
  await runLogrotate({ dir, config: `${log} {\n  rotate 9\n  compress\n  copytruncate\n}\n` });
  await send(60);
  await waitForLines([log], 60);
  renameSync(log, `${log}.1`);
  await nginx.reopen();
  await send(40);
  const unpacked = [`${log}.2.gz`, `${log}.1.gz`].flatMap((path) =>
    gunzipSync(readFileSync(path)).toString('latin1').split('\n').slice(0, -1),
  );
  const plain = await waitForLines([`${log}.1`, log], 100);
  const meter = await startMeter(t, options);
  await assertArrived(meter, 'rotated_down', [...unpacked, ...plain]);
});

test('a second signal ends it at once', async (t) => {
  const dir = temporaryFolder(t);
  // A database that takes a connection and never says a word: the stop has something to wait for.
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  defer(t, () => void silent.close());
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: {
      LOG_PATHS: join(dir, 'access.log'),
      INFLUX_URL: `http://127.0.0.1:${address.port}`,
      INFLUX_DB: 'nginx',
    },
    until: 'listening',
  });
  defer(t, () => meter.kill());
  await waitUntil('points wait to be written', async () => {
    const { body } = await meter.get('/metrics');
    return /^nginx_meter_spool_bytes [1-9]/m.test(body);
  });
  meter.signal('SIGTERM');
  await waitUntil('it has begun to stop', () => /Stopping/.test(meter.output));
  meter.signal('SIGTERM');
  assert.equal(await meter.exit(2000), 1);
});
