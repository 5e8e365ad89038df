import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defer } from '../support/defer.ts';
import { runMeter } from '../support/cli.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

test('a log from a pipe is in the database when the meter ends, with exit code 0', async (t) => {
  const dir = temporaryFolder(t);
  await influx.createDatabase('piped');
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const kinds = await sendEveryKind(nginx);
  await sendMany(nginx, 2000);
  const lines = await waitForLines([nginx.accessLogPath], kinds + 2000);
  const bytes = readFileSync(nginx.accessLogPath);
  const ended = await runMeter([], {
    cwd: dir,
    env: {
      LOG_PATHS: 'pod=-',
      WINDOW: '1s',
      HOST_TAG: 'it',
      LISTEN: 'off',
      STATE_DIR: join(dir, 'state'),
      INFLUX_URL: influx.url,
      INFLUX_DB: 'piped',
    },
    // Without the last line feed: the end of the input ends the last line.
    stdin: bytes.subarray(0, -1),
  });
  assert.equal(ended.code, 0, ended.output);
  const points = await windowsInInflux(influx, 'piped', 'pod');
  const truth = assertSameWindows(points, lines, COMBINED_PATTERN, { windowS: 1 });
  assert.deepEqual(truth.unparsed, []);
  const account = await accountInInflux(influx, 'piped', 'pod');
  assert.equal(account.lines, lines.length);
});

test('SIGTERM ends a meter whose input goes on', async (t) => {
  const dir = temporaryFolder(t);
  // The meter takes the place of the shell, so that the signal is its own.
  const piped = ['bash', '-c', 'exec "$@" < <(sleep 60)', 'bash'];
  const meter = await Meter.start({ dir, env: { LOG_PATHS: '-' }, prefix: piped });
  defer(t, () => meter.kill());
  assert.equal(await meter.stop(), 0);
});

test('an empty input is the end at once', async (t) => {
  const dir = temporaryFolder(t);
  const env = { LOG_PATHS: '-', LISTEN: 'off', STATE_DIR: join(dir, 'state') };
  const ended = await runMeter([], { cwd: dir, env, stdin: '' });
  assert.equal(ended.code, 0, ended.output);
  assert.match(ended.output, /Standard input has ended/);
});
