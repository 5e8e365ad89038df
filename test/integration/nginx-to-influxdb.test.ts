import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { tmpdir } from 'node:os';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN, TIMED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { TIMED_FORMAT, startNginx, type NginxOptions } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  waitForCount,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** Real nginx, the meter as a process, real InfluxDB: every kind of request under several formats. */

const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

interface Case {
  readonly database: string;
  readonly pattern: RegExp;
  readonly nginx: Omit<NginxOptions, 'dir'>;
  readonly settings: Readonly<Record<string, string>>;
}

async function everyKindArrives(
  t: TestContext,
  { database, pattern, nginx: options, settings }: Case,
) {
  const dir = temporaryFolder(t);
  await influx.createDatabase(database);
  const nginx = await startNginx({ dir: join(dir, 'nginx'), ...options });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: {
      LOG_PATHS: nginx.accessLogPath,
      INFLUX_URL: influx.url,
      INFLUX_DB: database,
      ...settings,
    },
  });
  defer(t, () => meter.kill());
  let expected = await sendEveryKind(nginx);
  await sendMany(nginx, 200);
  expected += 200;
  const lines = await waitForLines([nginx.accessLogPath], expected);
  // While it runs …
  await waitForCount(influx, database, 'access', expected);
  const truth = assertSameWindows(
    await windowsInInflux(influx, database, 'access'),
    lines,
    pattern,
    {
      windowS: 1,
    },
  );
  assert.deepEqual(truth.unparsed, []);
  assert.ok(truth.windows.some((window) => window.c499 === 1));
  // … and after a stop, which adds nothing and takes nothing away.
  assert.equal(await meter.stop(), 0);
  assertSameWindows(await windowsInInflux(influx, database, 'access'), lines, pattern, {
    windowS: 1,
  });
  assert.deepEqual(await accountInInflux(influx, database, 'access'), {
    lines: expected,
    counted: expected,
    unparsed: 0,
    late: 0,
    filtered: 0,
    bytes: statSync(nginx.accessLogPath).size,
  });
  return { dir, lines };
}

test('combined, recognised by itself', async (t) => {
  await everyKindArrives(t, {
    database: 'combined',
    pattern: COMBINED_PATTERN,
    nginx: {},
    settings: { LOG_FORMAT: 'auto' },
  });
});

test('a format with times and upstreams, given as the text of the directive', async (t) => {
  await everyKindArrives(t, {
    database: 'timed',
    pattern: TIMED_PATTERN,
    nginx: { logFormat: TIMED_FORMAT },
    settings: { LOG_FORMAT: `log_format timed\n  '${TIMED_FORMAT}';` },
  });
  // Both sites have a point for every window from their first on, quiet ones with zeros.
  for (const site of ['alpha.test', 'beta.test']) {
    const rows = await influx.rows(
      `SELECT "count" FROM "access_log" WHERE "site" = '${site}'`,
      'timed',
    );
    const times = rows.map((row) => Number(row['time']));
    assert.equal(times.length, Number(times.at(-1)) - Number(times[0]) + 1, `${site} has a gap`);
  }
});

test('combined with $request_time, recognised by itself', async (t) => {
  await everyKindArrives(t, {
    database: 'combined_time',
    pattern: new RegExp(`${COMBINED_PATTERN.source.slice(0, -1)} (?<rt>[0-9.]+)$`),
    nginx: {
      logFormat:
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
        '"$http_referer" "$http_user_agent" $request_time',
    },
    settings: { LOG_FORMAT: 'auto' },
  });
});
