import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN, countIndependently } from '../support/independent-count.ts';
import { startInflux } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  waitForCount,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { startTraffic } from '../support/steady-traffic.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Whether some line is of an earlier window than a line before it. */
function isDisordered(lines: readonly string[]): boolean {
  let newestS = 0;
  for (const line of lines) {
    const startS = countIndependently([line], COMBINED_PATTERN, { windowS: 1 }).windows[0]?.startS;
    if (startS === undefined) continue;
    if (startS < newestS) return true;
    newestS = startS;
  }
  return false;
}

test('lines that two workers buffer correct their windows', async (t) => {
  const dir = temporaryFolder(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  const nginx = await startNginx({ dir: join(dir, 'nginx'), logParameters: 'buffer=64k flush=2s' });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: { LOG_PATHS: nginx.accessLogPath, INFLUX_URL: influx.url, INFLUX_DB: 'nginx' },
  });
  defer(t, () => meter.kill());
  const traffic = startTraffic(nginx);
  // Without disorder over a window's border this test would show nothing.
  await waitUntil('the log is out of order', () => isDisordered(readLines(nginx.accessLogPath)), {
    deadlineMs: 30_000,
    pollMs: 100,
  });
  const sent = await traffic.stop();
  const lines = await waitForLines([nginx.accessLogPath], sent);
  await waitForCount(influx, 'nginx', 'access', sent);
  assertSameWindows(await windowsInInflux(influx, 'nginx', 'access'), lines, COMBINED_PATTERN, {
    windowS: 1,
  });
  assert.equal(await meter.stop(), 0);
  const account = await accountInInflux(influx, 'nginx', 'access');
  assert.deepEqual([account.lines, account.counted, account.late], [sent, sent, 0]);
});
