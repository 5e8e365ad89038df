import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defer } from '../support/defer.ts';
import { COMBINED_PATTERN } from '../support/independent-count.ts';
import { startInflux, type Influx } from '../support/influxdb.ts';
import { waitForLines } from '../support/log-lines.ts';
import { Meter } from '../support/meter.ts';
import { startNginx } from '../support/nginx.ts';
import { waitForCount } from '../support/points-and-truth.ts';
import { sendEveryKind, sendMany } from '../support/requests.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** Real nginx, the meter as a process, real InfluxDB: sums over the dimensions, counted independently. */

const DATABASE = 'dimensions';
const folder = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
let influx: Influx;
before(async () => {
  influx = await startInflux({ dir: join(folder, 'influx') });
});
after(async () => {
  await influx.stop();
  rmSync(folder, { recursive: true });
});

/** Sums of `count` by a tag. */
async function sums(measurement: string, tag: string, where = ''): Promise<Map<string, number>> {
  const rows = await influx.rows(
    `SELECT "${tag}", "count" FROM "${measurement}" ${where}`,
    DATABASE,
  );
  const found = new Map<string, number>();
  for (const row of rows) {
    const value = String(row[tag]);
    found.set(value, (found.get(value) ?? 0) + Number(row['count']));
  }
  return found;
}

function counted(values: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

test('status, method, routes and addresses are those of the log', async (t) => {
  const dir = temporaryFolder(t);
  await influx.createDatabase(DATABASE);
  const nginx = await startNginx({ dir: join(dir, 'nginx') });
  defer(t, () => nginx.stop());
  const meter = await Meter.start({
    dir: join(dir, 'meter'),
    env: { LOG_PATHS: nginx.accessLogPath, INFLUX_URL: influx.url, INFLUX_DB: DATABASE },
  });
  defer(t, () => meter.kill());
  const expected = (await sendEveryKind(nginx)) + 200;
  await sendMany(nginx, 200);
  const lines = await waitForLines([nginx.accessLogPath], expected);
  await waitForCount(influx, DATABASE, 'access', expected);
  assert.equal(await meter.stop(), 0);

  const matches = lines.map((line) => COMBINED_PATTERN.exec(line)?.groups ?? {});
  const statuses = counted(matches.map((groups) => groups['status'] ?? ''));
  const byStatus = await sums('access_log_by', 'value', `WHERE "dim" = 'status'`);
  assert.deepEqual(sorted(byStatus), sorted(statuses));

  const gets = lines.filter((line) => line.includes('] "GET ')).length;
  const byMethod = await sums('access_log_by', 'value', `WHERE "dim" = 'method'`);
  assert.equal(byMethod.get('GET'), gets);
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(total(byMethod), expected);
  assert.equal(total(await sums('access_log_route', 'route')), expected);

  const addresses = counted(lines.map((line) => line.split(' ')[0] ?? ''));
  const top = await sums('access_log_top', 'key', `WHERE "dim" = 'ip'`);
  assert.deepEqual(sorted(top), sorted(addresses));
});
