import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import type { InfluxAddress } from '../../src/deliver/influx/address.ts';
import { probe } from '../../src/deliver/influx/probe.ts';
import { defer } from '../support/defer.ts';
import { startInflux } from '../support/influxdb.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';

/** The question by an empty write, to real servers: it writes nothing, and names what is wrong. */

async function ask(address: InfluxAddress): Promise<string> {
  const outcome = await probe(address, systemClock, new AbortController().signal);
  return outcome.kind === 'blocked' ? outcome.remedy : outcome.kind;
}

test('InfluxDB 1 is asked for address, database, user and rights', async (t) => {
  const influx = await startInflux({
    dir: join(temporaryFolder(t), 'influx'),
    auth: { user: 'admin', password: 'secret' },
  });
  defer(t, () => influx.stop());
  await influx.createDatabase('nginx');
  await influx.query(`CREATE USER "reader" WITH PASSWORD 'secret'`);
  await influx.query('GRANT READ ON "nginx" TO "reader"');
  const password = new Secret('secret');
  const right = {
    flavour: 'v1',
    url: influx.url,
    database: 'nginx',
    user: 'admin',
    password,
  } as const;
  assert.equal(await ask(right), 'written');
  assert.deepEqual(await influx.query('SHOW MEASUREMENTS', 'nginx'), []);
  assert.equal(await ask({ ...right, database: 'none' }), 'INFLUX_DB (it must exist)');
  const user = 'INFLUX_USER and INFLUX_PASSWORD';
  assert.equal(await ask({ ...right, password: new Secret('wrong') }), user);
  assert.equal(await ask({ ...right, user: 'reader' }), user);
  const elsewhere = await ask({ ...right, url: `${influx.url}/nothing/here` });
  assert.equal(elsewhere, 'INFLUX_URL and INFLUX_VERSION (there is no such endpoint)');
  assert.equal(await ask({ ...right, url: 'http://127.0.0.1:1' }), 'retry');
});

test('VictoriaMetrics says yes', async (t) => {
  const victoria = await startVictoriaMetrics({ dir: join(temporaryFolder(t), 'victoria') });
  defer(t, () => victoria.stop());
  assert.equal(await ask({ flavour: 'v2', url: victoria.url, bucket: 'nginx' }), 'written');
});
