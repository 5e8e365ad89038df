import assert from 'node:assert/strict';
import { renameSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defer } from '../support/defer.ts';
import { startInflux } from '../support/influxdb.ts';
import { Meter } from '../support/meter.ts';
import { mmdb } from '../support/mmdb-writer.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const DATABASE = 'nginx';

function database(iso_code: string): Buffer {
  return mmdb('Made-Country', [{ network: '192.0.2.0/24', record: { country: { iso_code } } }]);
}

const time = (atMs: number) => {
  const [, day, month, year, clock] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(atMs).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
};

test('a database of countries is replaced while the meter runs', async (t) => {
  const dir = temporaryFolder(t);
  const log = join(dir, 'access.log');
  const file = join(dir, 'countries.mmdb');
  const replace = (content: Buffer | string) => {
    writeFileSync(`${file}.new`, content);
    renameSync(`${file}.new`, file);
  };
  const visit = () =>
    appendFileSync(
      log,
      `192.0.2.7 - - [${time(Date.now())}] "GET / HTTP/1.1" 200 5 "-" "curl/8.5.0"\n`,
    );
  replace(database('DE'));
  const influx = await startInflux({ dir: join(dir, 'influx') });
  defer(t, () => influx.stop());
  await influx.createDatabase(DATABASE);
  visit();
  const env = { LOG_PATHS: log, GEOIP_DB: file, INFLUX_URL: influx.url, INFLUX_DB: DATABASE };
  const meter = await Meter.start({ dir, env: { ...env, DIMENSION_WINDOW: '1s', LATENESS: '5s' } });
  defer(t, () => meter.kill());
  const countries = async () => {
    const query = `SELECT sum("count") AS n FROM "access_log_by" WHERE "dim" = 'country' GROUP BY "value"`;
    const rows = await influx.rows(query, DATABASE);
    return new Map(rows.map((row) => [row['value'], Number(row['n'])]));
  };
  const said = (code: string) => meter.log.some((record) => record['code'] === code);
  await waitUntil('the first country is there', async () => (await countries()).get('DE') === 1);

  replace('half of a downlo');
  await waitUntil('the broken file is reported', () => said('geoip-unusable'));
  visit();
  await waitUntil('the old one still tells', async () => (await countries()).get('DE') === 2);

  replace(database('AT'));
  await waitUntil('the new file is taken up', () => said('geoip-replaced'));
  visit();
  await waitUntil('the new country is there', async () => (await countries()).get('AT') === 1);
  assert.deepEqual(
    await countries(),
    new Map([
      ['AT', 1],
      ['DE', 2],
    ]),
  );
  assert.equal(await meter.stop(), 0);
});
