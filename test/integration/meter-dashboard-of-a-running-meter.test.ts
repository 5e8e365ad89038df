import assert from 'node:assert/strict';
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { createPolicies, DATABASE } from '../support/dashboard-database.ts';
import { board, DashboardReader } from '../support/dashboard-reader.ts';
import { defer } from '../support/defer.ts';
import { startInflux } from '../support/influxdb.ts';
import { Meter } from '../support/meter.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What the other tests of the dashboards write by hand, as a meter writes it that runs just now. */
const METER = board('nginx-meter');
const FIVE_MINUTES_MS = 300_000;

function lineNow(): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date().toUTCString()) ?? [];
  return `192.0.2.7 - - [${day}/${month}/${year}:${time} +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0"\n`;
}

test('the meter dashboard shows a running meter, its rotations and its start', async (t) => {
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await createPolicies(influx);
  let written = 0;
  const write = (lines: number) => {
    appendFileSync(log, lineNow().repeat(lines));
    written += lines;
  };
  write(10);
  appendFileSync(log, 'no line of the format\n');
  const env = { LOG_PATHS: log, INFLUX_URL: influx.url, INFLUX_DB: DATABASE };
  const meter = await Meter.start({ dir, env: { ...env, DIMENSION_WINDOW: '1s' } });
  defer(t, () => meter.kill());
  const one = async (query: string) => (await influx.rows(query, DATABASE))[0] ?? {};
  await waitUntil('the meter has told of itself', async () => {
    const { points } = await one('SELECT count("uptime") AS points FROM "access_log_meter"');
    return Number(points) >= 2;
  });
  renameSync(log, `${log}.1`);
  write(7);
  await waitUntil('the rotation is there', async () => {
    const { n } = await one('SELECT sum("rotations") AS n FROM "access_log_lines"');
    return n === 1;
  });
  await waitUntil('all lines are there', async () => {
    const { n } = await one('SELECT sum("counted") AS n FROM "access_log_lines"');
    return n === written;
  });
  assert.equal(await meter.stop(), 0);

  const toMs = Date.now() + 1000;
  const reader = new DashboardReader(influx, { fromMs: toMs - FIVE_MINUTES_MS, toMs });
  assert.equal((await reader.row(70))['unaccounted'], 0);
  for (const panel of panelsOf(METER))
    for (const { query = '' } of panel.targets ?? []) {
      const rows = await reader.text(query, METER, panel);
      assert.ok(rows.length > 0, `${panel.title}: ${query}`);
    }
  const counts = new Map<string, number>();
  for (const { name, builtIn, target } of METER.annotations.list)
    if (builtIn === undefined)
      counts.set(name, (await reader.text(target?.query ?? '', METER)).length);
  assert.equal(counts.get('Log rotated'), 1);
  assert.equal(counts.get('Log truncated'), 0);
  assert.equal(counts.get('Meter started'), 1, 'one mark, although several windows are younger');
  assert.equal(counts.size, 3);
});
