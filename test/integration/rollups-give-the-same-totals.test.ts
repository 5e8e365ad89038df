import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  continuousQuery,
  INIT_STATEMENTS,
  ROLLED_UP,
  ROLLUPS,
  rollupStatement,
} from '../../scripts/dashboards/rollups.ts';
import {
  createPolicies,
  DATABASE,
  fill,
  rebuildStatements,
} from '../support/dashboard-database.ts';
import { defer } from '../support/defer.ts';
import { type Influx, startInflux } from '../support/influxdb.ts';
import { knownAccounts, knownTraffic } from '../support/known-traffic.ts';
import { temporaryFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const HOUR_S = 3600;
/** A full hour that is over, and the full hour before it. */
const TO_S = (() => {
  const nowS = Math.floor(Date.now() / 1000);
  return nowS - (nowS % HOUR_S);
})();
const FROM_S = TO_S - 2 * HOUR_S;

const POLICIES = ['autogen', ...ROLLUPS.map(({ policy }) => policy)];

async function freshInflux(t: TestContext): Promise<Influx> {
  const influx = await startInflux({ dir: temporaryFolder(t) });
  defer(t, () => influx.stop());
  return influx;
}

function traffic(perTenSeconds = 3) {
  const options = {
    fromS: FROM_S,
    toS: TO_S,
    hosts: ['web-1', 'web-2'],
    sites: ['shop.example'],
    seed: 5,
    perTenSeconds,
  };
  const requests = knownTraffic(options);
  return { requests, accounts: knownAccounts(requests, options) };
}

async function rebuild(influx: Influx): Promise<void> {
  for (const statement of rebuildStatements(FROM_S, TO_S)) await influx.query(statement, DATABASE);
}

/** Every field that may be merged, of every measurement, over the two hours and all series. */
async function totals(influx: Influx, policy: string) {
  const found: Record<string, unknown> = {};
  for (const { name, fields } of ROLLED_UP) {
    const columns = fields
      .filter(({ merge }) => merge !== 'own')
      .map(
        (field) => `${field.merge === 'max' ? 'max' : 'sum'}("${field.name}") AS "${field.name}"`,
      );
    const [row] = await influx.rows(
      `SELECT ${columns.join(',')} FROM "${policy}"."${name}" WHERE time >= ${FROM_S}s AND time < ${TO_S}s`,
      DATABASE,
    );
    for (const [field, value] of Object.entries(row ?? {}))
      if (field !== 'time') found[`${name} ${field}`] = value;
  }
  return found;
}

test('the init file makes policies and continuous queries, and may be run again', async (t) => {
  const influx = await freshInflux(t);
  for (let run = 0; run < 2; run += 1)
    for (const statement of INIT_STATEMENTS.split('\n'))
      if (statement !== '' && !statement.startsWith('--')) await influx.query(statement);
  const policies = await influx.rows(`SHOW RETENTION POLICIES ON "${DATABASE}"`);
  assert.deepEqual(
    policies.map(({ name, duration, default: isDefault }) => ({ name, duration, isDefault })),
    [
      { name: 'autogen', duration: '336h0m0s', isDefault: true },
      { name: 'rollup_5m', duration: '8736h0m0s', isDefault: false },
      { name: 'rollup_1h', duration: '8736h0m0s', isDefault: false },
    ],
  );
  const queries = (await influx.rows('SHOW CONTINUOUS QUERIES')).map(({ name }) => String(name));
  const expected = ROLLED_UP.flatMap(({ name }) =>
    ['5m', '5m_repair', '1h', '1h_repair'].map((suffix) => `${name}_${suffix}`),
  );
  assert.deepEqual(queries.toSorted(), expected.toSorted());
});

test('every field that may be merged has the same total in each policy', async (t) => {
  const influx = await freshInflux(t);
  await createPolicies(influx);
  const known = traffic();
  const { requests } = known;
  await fill(influx, [known]);
  await rebuild(influx);
  const raw = await totals(influx, 'autogen');
  assert.equal(raw['access_log count'], requests.length);
  assert.equal(raw['access_log_route count'], requests.length);
  assert.equal(raw['access_log window'], 2 * HOUR_S * 2);
  assert.ok(Object.keys(raw).length > 110);
  for (const policy of POLICIES) assert.deepEqual(await totals(influx, policy), raw, policy);

  await t.test('and again after the rollup has been made a second time', async () => {
    await rebuild(influx);
    for (const policy of POLICIES) assert.deepEqual(await totals(influx, policy), raw, policy);
  });

  await t.test('and after windows were written again, larger, by late lines', async () => {
    // More traffic in the same windows: what a window written again holds is all of it.
    const more = traffic(4);
    await fill(influx, [more]);
    await rebuild(influx);
    const corrected = await totals(influx, 'autogen');
    assert.equal(corrected['access_log count'], more.requests.length);
    assert.notEqual(more.requests.length, requests.length);
    for (const policy of POLICIES)
      assert.deepEqual(await totals(influx, policy), corrected, policy);
  });

  await t.test('and every series keeps its tags', async () => {
    for (const { name, tags } of ROLLED_UP)
      for (const policy of POLICIES) {
        const [row] = await influx.rows(`SELECT * FROM "${policy}"."${name}" LIMIT 1`, DATABASE);
        for (const tag of tags)
          assert.equal(typeof row?.[tag.name], 'string', `${policy} ${name} ${tag.name}`);
      }
  });

  await t.test('and integers stay integers, and what must not be merged is left out', async () => {
    for (const { policy } of ROLLUPS) {
      const types = await influx.rows(`SHOW FIELD KEYS FROM "${policy}"."access_log"`, DATABASE);
      const byName = new Map(types.map((row) => [row['fieldKey'], row['fieldType']]));
      assert.equal(byName.get('count'), 'integer');
      assert.equal(byName.get('rt_max'), 'integer');
      for (const own of ['error_rate', 'rt_p50', 'rt_p95', 'rt_p99'])
        assert.ok(!byName.has(own), own);
    }
  });
});

test('a log format without times and lengths is rolled up without them', async (t) => {
  const influx = await freshInflux(t);
  await createPolicies(influx);
  const point = 'access_log,host=a,log=access,site=- window=10i,count=3i,traffic=30i,errors=0i';
  await influx.write(DATABASE, `${point} ${FROM_S}`);
  await rebuild(influx);
  const [row] = await influx.rows('SELECT * FROM "rollup_1h"."access_log"', DATABASE);
  assert.equal(row?.['count'], 3);
  assert.ok(row !== undefined && !('rt_count' in row) && !('b_1' in row) && !('bytes_in' in row));
});

test('a continuous query picks up new points, and a late correction of them', async (t) => {
  const influx = await freshInflux(t);
  await createPolicies(influx);
  const [rollup] = ROLLUPS;
  const [accessLog] = ROLLED_UP;
  assert.ok(rollup !== undefined && accessLog?.name === 'access_log');
  // The statement of the init file with other times: it runs every second and looks back for an hour.
  const fast = { ...rollup, interval: '5s' };
  await influx.query(continuousQuery('fast', 'RESAMPLE EVERY 1s FOR 1h', accessLog, fast));
  const timeS = Math.floor(Date.now() / 1000) - 600;
  const point = (count: number) =>
    `access_log,host=a,log=access,site=- window=10i,count=${count}i,rt_max=${count}i ${timeS}`;
  const rolledUp = async () =>
    (
      await influx.rows(
        'SELECT sum("count") AS "n", max("rt_max") AS "m", count("count") AS "points" FROM "rollup_5m"."access_log"',
        DATABASE,
      )
    )[0];

  await influx.write(DATABASE, point(750));
  await waitUntil('the first total is there', async () => (await rolledUp())?.['n'] === 750);
  await influx.write(DATABASE, point(1750));
  await waitUntil('the total is corrected', async () => (await rolledUp())?.['n'] === 1750);
  assert.deepEqual(await rolledUp(), { time: 0, n: 1750, m: 1750, points: 1 });
});

test('the statement run by hand and the continuous query are the same', () => {
  for (const rollup of ROLLUPS)
    for (const measurement of ROLLED_UP) {
      const range = "time >= 'FROM_DAY' AND time < 'TO_DAY'";
      const byHand = rollupStatement(measurement, rollup, range).replace(` WHERE ${range}`, '');
      const named = continuousQuery('x', rollup.fresh, measurement, rollup);
      assert.ok(named.endsWith(` BEGIN ${byHand} END`));
    }
});
