import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  waitForCount,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** ROTATE_AT with a real nginx under load. A second log that nobody rotates is the truth. */

const ROTATE_AT = 256 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

async function rig(t: TestContext, database: string) {
  const dir = temporaryFolder(t);
  await influx.createDatabase(database);
  const witness = join(dir, 'witness.log');
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    extraHttp: `access_log ${witness} combined;`,
  });
  defer(t, () => nginx.stop());
  const options = {
    dir: join(dir, 'meter'),
    env: {
      LOG_PATHS: nginx.accessLogPath,
      INFLUX_URL: influx.url,
      INFLUX_DB: database,
      ROTATE_AT: String(ROTATE_AT),
      ROTATE_PID_FILE: join(dir, 'nginx/nginx.pid'),
    },
  };
  const rotated = `${nginx.accessLogPath}.1`;
  const sizes = { current: 0, rotated: 0 };
  const rotations = new Set<bigint>();
  let sent = 0;
  /** About 50 kB of log a second. */
  const send = async () => {
    await sendMany(nginx, 40);
    sent += 40;
    for (const [name, path] of [
      ['current', nginx.accessLogPath],
      ['rotated', rotated],
    ] as const) {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined) continue;
      sizes[name] = Math.max(sizes[name], Number(stats.size));
      if (name === 'rotated') rotations.add(stats.ino);
    }
    await delay(50); // leaves the machine some time, and the rate is that of a real server
  };
  return { dir, nginx, witness, rotated, options, sizes, rotations, send, sent: () => sent };
}

test('the log is rotated again and again, its files stay bounded, and every line is counted', async (t) => {
  const at = await rig(t, 'rotated');
  const first = await Meter.start(at.options);
  defer(t, () => first.kill());
  await waitUntil(
    'the log has been rotated twice',
    async () => {
      await at.send();
      return at.rotations.size >= 2;
    },
    { deadlineMs: 60_000, pollMs: 0 },
  );
  // A crash at any moment of it changes nothing.
  await first.kill();
  await at.send();
  const second = await Meter.start({ ...at.options, until: 'listening' });
  defer(t, () => second.kill());
  const before = at.rotations.size;
  await waitUntil(
    'the log has been rotated once more',
    async () => {
      await at.send();
      return at.rotations.size > before;
    },
    { deadlineMs: 60_000, pollMs: 0 },
  );
  const lines = await waitForLines([at.witness], at.sent());
  await waitForCount(influx, 'rotated', 'access', lines.length);
  assert.equal(await second.stop(), 0);
  const points = await windowsInInflux(influx, 'rotated', 'access');
  const truth = assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
  assert.deepEqual(truth.unparsed, []);
  const account = await accountInInflux(influx, 'rotated', 'access');
  assert.equal(account.counted, lines.length);
  // The old file is held for 5 s and looked at once a second; so much can come in the meantime.
  const most = 2 * ROTATE_AT;
  assert.ok(at.sizes.current <= most, `the log had ${at.sizes.current} bytes`);
  assert.ok(at.sizes.rotated <= most, `the rotated file had ${at.sizes.rotated} bytes`);
  assert.ok(statSync(at.witness).size > 3 * ROTATE_AT, 'far more was written than is there');
});

test('a meter that may not signal nginx says so and renames nothing', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can start a meter as another user');
  const at = await rig(t, 'forbidden');
  const other = 65_534;
  for (const path of [at.dir, join(at.dir, 'nginx'), join(at.dir, 'nginx/logs')]) {
    chmodSync(path, 0o777);
  }
  const prefix = ['setpriv', `--reuid=${other}`, `--regid=${other}`, '--clear-groups'];
  const env = { ...at.options.env, STATE_DIR: join(at.dir, 'state') };
  const meter = await Meter.start({ ...at.options, env, prefix });
  defer(t, () => meter.kill());
  const refusal = await waitUntil(
    'the meter refuses',
    async () => {
      await at.send();
      return meter.log.find((record) => record['code'] === 'rotation-refused');
    },
    { deadlineMs: 60_000, pollMs: 0 },
  );
  assert.match(String(refusal['msg']), /cannot be signalled by user 65534 \(EPERM\)/);
  assert.equal(existsSync(at.rotated), false);
  await waitForCount(influx, 'forbidden', 'access', at.sent());
});
