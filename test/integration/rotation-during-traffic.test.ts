import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN, countIndependently } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { runLogrotate } from '../support/logrotate.ts';
import { Meter } from '../support/meter.ts';
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

/** Rotations of every kind while nginx writes; what the files hold is what InfluxDB holds. */

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
  readonly meter: Meter;
  /** Every line of every generation of the log, `.gz` included. */
  readonly linesOnDisk: () => string[];
}

async function rig(t: TestContext, database: string, extraHttp = ''): Promise<Rig> {
  const dir = temporaryFolder(t);
  await influx.createDatabase(database);
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    extraHttp: extraHttp.replace('DIR', dir),
  });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: { LOG_PATHS: nginx.accessLogPath, INFLUX_URL: influx.url, INFLUX_DB: database },
  });
  defer(t, () => meter.kill());
  const logs = dirname(nginx.accessLogPath);
  const linesOnDisk = () =>
    readdirSync(logs)
      .filter((name) => name.startsWith(basename(nginx.accessLogPath)))
      .flatMap((name) =>
        name.endsWith('.gz')
          ? gunzipSync(readFileSync(join(logs, name)))
              .toString('latin1')
              .split('\n')
              .slice(0, -1)
          : readLines(join(logs, name)),
      );
  return { dir, nginx, meter, linesOnDisk };
}

/** Stops the meter and compares what it wrote with these lines. */
async function assertArrived({ meter }: Rig, database: string, lines: readonly string[]) {
  await waitForCount(influx, database, 'access', lines.length);
  assert.equal(await meter.stop(), 0);
  const points = await windowsInInflux(influx, database, 'access');
  const truth = assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
  assert.deepEqual(truth.unparsed, []);
  const account = await accountInInflux(influx, database, 'access');
  assert.equal(account.lines, lines.length);
  assert.equal(account.counted, lines.length);
}

/** How many rotations (or truncations) the meter says it has seen. */
async function noticed(database: string, field: 'rotations' | 'truncations'): Promise<number> {
  const [row] = await influx.rows(`SELECT sum("${field}") AS n FROM "access_log_lines"`, database);
  return Number(row?.['n'] ?? 0);
}

test('mv and nginx -s reopen', async (t) => {
  const at = await rig(t, 'renamed');
  const { nginx } = at;
  const traffic = startTraffic(nginx);
  for (const generation of [1, 2, 3]) {
    await traffic.more(240);
    renameSync(nginx.accessLogPath, `${nginx.accessLogPath}.${4 - generation}`);
    // nginx goes on writing into the renamed file meanwhile.
    await traffic.more(120);
    await nginx.reopen();
  }
  await traffic.more(120);
  const sent = await traffic.stop();
  const lines = await waitForLines(
    ['.1', '.2', '.3', ''].map((suffix) => nginx.accessLogPath + suffix),
    sent,
  );
  await assertArrived(at, 'renamed', lines);
  assert.equal(await noticed('renamed', 'rotations'), 3);
});

test('logrotate with create and delayed compression', async (t) => {
  const at = await rig(t, 'compressed');
  const { nginx, dir } = at;
  const config = `${nginx.accessLogPath} {
  rotate 9
  create 0644
  compress
  delaycompress
  sharedscripts
  postrotate
    kill -USR1 ${nginx.pid}
  endscript
}
`;
  const traffic = startTraffic(nginx);
  for (let generation = 0; generation < 3; generation += 1) {
    await traffic.more(240);
    await runLogrotate({ dir, config });
  }
  const sent = await traffic.stop();
  await waitUntil('the files hold all lines', () => at.linesOnDisk().length === sent);
  await assertArrived(at, 'compressed', at.linesOnDisk());
  assert.equal(await noticed('compressed', 'rotations'), 3);
});

test('logrotate with copytruncate, several times before the meter looks again', async (t) => {
  const at = await rig(t, 'copied');
  const { nginx, dir, meter } = at;
  const config = `${nginx.accessLogPath} {\n  rotate 9\n  copytruncate\n}\n`;
  // Generations of a real log do not begin with the same bytes; these would, within a second.
  const send = (generation: string, count: number) =>
    sendMany(nginx, count, { targets: [`/?in=${generation}`, `/status/404?in=${generation}`] });
  await send('first', 100);
  await waitForCount(influx, 'copied', 'access', 100);
  // What the meter has not read by now it can find only in the copies.
  meter.signal('SIGSTOP');
  await send('first', 100);
  await runLogrotate({ dir, config });
  await send('second', 50);
  await runLogrotate({ dir, config });
  await send('third', 300); // longer than the position at which the meter stopped
  meter.signal('SIGCONT');
  await waitForCount(influx, 'copied', 'access', 550);
  // And once with an empty log behind it.
  meter.signal('SIGSTOP');
  await send('third', 70);
  await runLogrotate({ dir, config });
  meter.signal('SIGCONT');
  await waitForCount(influx, 'copied', 'access', 620);
  await send('fourth', 30);
  await waitUntil('the files hold all lines', () => at.linesOnDisk().length === 650);
  await assertArrived(at, 'copied', at.linesOnDisk());
});

test('logrotate with copytruncate during traffic loses nothing but what logrotate loses', async (t) => {
  // Lines written between the copy and the truncation are in neither file. Whether the meter had
  // read them before is chance, so a second log that nobody rotates is the other bound.
  const at = await rig(t, 'copied_live', 'access_log DIR/witness.log combined;');
  const { nginx, dir, meter } = at;
  const config = `${nginx.accessLogPath} {\n  rotate 9\n  copytruncate\n}\n`;
  const traffic = startTraffic(nginx);
  for (let generation = 0; generation < 4; generation += 1) {
    await traffic.more(240);
    await runLogrotate({ dir, config });
  }
  await traffic.more(120);
  const sent = await traffic.stop();
  const witness = await waitForLines([join(dir, 'witness.log')], sent);
  const kept = at.linesOnDisk();
  await waitForCount(influx, 'copied_live', 'access', kept.length);
  assert.equal(await meter.stop(), 0);
  const points = await windowsInInflux(influx, 'copied_live', 'access');
  const atLeast = countIndependently(kept, COMBINED_PATTERN, { windowS: 1 });
  const atMost = countIndependently(witness, COMBINED_PATTERN, { windowS: 1 });
  assert.deepEqual(atLeast.unparsed, []);
  const startsS = new Set([
    ...points.map((point) => point['time']),
    ...atMost.windows.map((w) => w.startS),
  ]);
  for (const startS of startsS) {
    const point = points.find((one) => one['time'] === startS);
    const low = atLeast.windows.find((window) => window.startS === startS);
    const high = atMost.windows.find((window) => window.startS === startS);
    for (const field of ['count', 'traffic', 'errors', 'c2xx', 'c4xx', 'c5xx'] as const) {
      const value = Number(point?.[field] ?? 0);
      const isWithin = value >= (low?.[field] ?? 0) && value <= (high?.[field] ?? 0);
      assert.ok(
        isWithin,
        `${field} of window ${startS} is ${value}, not ${low?.[field]} … ${high?.[field]}`,
      );
    }
  }
  assert.equal(await noticed('copied_live', 'truncations'), 4);
});
