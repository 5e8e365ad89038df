import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runMeter } from '../support/cli.ts';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN, countIndependently } from '../support/independent-count.ts';
import { startInflux } from '../support/influxdb.ts';
import { readLines, waitForLines } from '../support/log-lines.ts';
import { startNginx } from '../support/nginx.ts';
import {
  accountInInflux,
  assertSameWindows,
  windowsInInflux,
} from '../support/points-and-truth.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

test('backfill of several logs, rotated and compressed, is the count of their lines', async (t) => {
  const dir = temporaryFolder(t);
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const log = nginx.accessLogPath;
  const rotateTo = async (name: string, lines: number) => {
    await waitForLines([log], lines);
    renameSync(log, join(dir, name));
    await nginx.reopen();
    // The bounds below need several windows.
    const endS = Math.floor(Date.now() / 1000) + 1;
    await waitUntil('another second has begun', () => Date.now() / 1000 >= endS);
  };
  await rotateTo('access.log.2', await sendEveryKind(nginx));
  await sendMany(nginx, 300);
  await rotateTo('access.log.1', 300);
  await rotateTo('access.log', await sendEveryKind(nginx));
  await sendMany(nginx, 500);
  await rotateTo('shop.log', 500);
  const path = (name: string) => join(dir, name);
  const lines = ['access.log.2', 'access.log.1', 'access.log'].flatMap((n) => readLines(path(n)));
  const shopLines = readLines(path('shop.log'));
  writeFileSync(path('access.log.2.gz'), gzipSync(readFileSync(path('access.log.2'))));

  await influx.createDatabase('nginx');
  await influx.createDatabase('part');
  const run = (database: string, words: readonly string[]) =>
    runMeter(['backfill', ...words], {
      cwd: dir,
      env: { INFLUX_URL: influx.url, INFLUX_DB: database, WINDOW: '1s', HOST_TAG: 'it' },
    });
  const files = ['shop.log', 'access.log', 'access.log.2.gz', 'access.log.1'].map(path);
  // The second time overwrites the first.
  for (let time = 0; time < 2; time += 1) {
    const done = await run('nginx', files);
    assert.equal(done.code, 0, done.output);
    for (const [name, own] of [
      ['access', lines],
      ['shop', shopLines],
    ] as const) {
      const points = await windowsInInflux(influx, 'nginx', name);
      const truth = assertSameWindows(points, own, COMBINED_PATTERN, { windowS: 1 });
      assert.deepEqual(truth.unparsed, []);
      const account = await accountInInflux(influx, 'nginx', name);
      assert.deepEqual([account.lines, account.counted], [own.length, own.length]);
    }
  }

  // Bounds: windows that begin at or after --from and before --to.
  const { windows } = countIndependently([...lines, ...shopLines], COMBINED_PATTERN, {
    windowS: 1,
  });
  const startsS = [...new Set(windows.map((window) => window.startS))];
  assert.ok(startsS.length >= 4);
  const fromS = startsS[1] ?? 0;
  const toS = startsS.at(-1) ?? 0;
  const iso = (timeS: number) => new Date(timeS * 1000).toISOString();
  const bounded = await run('part', [...files, '--from', iso(fromS), '--to', iso(toS)]);
  assert.equal(bounded.code, 0, bounded.output);
  const part = await windowsInInflux(influx, 'part', 'access');
  const whole = await windowsInInflux(influx, 'nginx', 'access');
  const isInside = (startS: unknown) => Number(startS) >= fromS && Number(startS) < toS;
  assert.deepEqual(
    part,
    whole.filter((point) => isInside(point['time'])),
  );
  assert.ok(part.length > 0 && part.length < whole.length);
});

test('backfill without a database and without --stdout says what to set', async (t) => {
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, 'empty'));
  writeFileSync(join(dir, 'access.log'), '');
  const done = await runMeter(['backfill', 'access.log'], { cwd: dir });
  assert.equal(done.code, 2);
  assert.match(done.output, /INFLUX_URL.*--stdout/s);
});
