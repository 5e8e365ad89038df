import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  failed,
  inClass,
  knownHour,
  near,
  POLICIES,
  sumOf,
  times,
} from '../support/dashboard-reader.ts';
import { writePoints } from '../support/dashboard-database.ts';
import type { InfluxRow } from '../support/influxdb.ts';
import { exactQuantile, KEYS, PROPERTIES } from '../support/known-values.ts';

test('tables and drill-down on a real InfluxDB with known traffic', async (t) => {
  const { reader, hour, influx } = await knownHour(t);

  const key = (row: InfluxRow, tags: readonly string[]) => tags.map((tag) => row[tag]).join(' ');

  for (const policy of POLICIES)
    await t.test(`routes: every number of every route at ${policy}`, async () => {
      const at = reader.with({ values: { rp: policy } });
      const truth = Map.groupBy(hour, ({ site, route }) => `${site} ${route}`);
      const rows = await at.panel(60);
      assert.equal(rows.length, truth.size);
      for (const row of rows) {
        const own = truth.get(key(row, ['site', 'route'])) ?? [];
        assert.equal(row['requests'], own.length);
        near(row['errors'], own.filter(failed).length / own.length, 1e-9, 'errors');
        assert.equal(row['5xx'], own.filter(inClass(5)).length);
        assert.equal(
          row['time consumed'],
          sumOf(own, ({ ms }) => ms),
        );
        assert.equal(row['max'], Math.max(...times(own)));
        assert.equal(
          row['bytes'],
          sumOf(own, ({ bytesOut }) => bytesOut),
        );
        near(row['mean'], sumOf(own, ({ ms }) => ms) / own.length, 1e-9, 'mean');
        near(row['5xx %'], own.filter(inClass(5)).length / own.length, 1e-9, '5xx ratio');
      }
      for (const row of await at.panel(60, 1)) {
        const own = truth.get(key(row, ['site', 'route'])) ?? [];
        // Of a few hundred requests more than the bin is not known, and the bin must be the right one.
        const bin = (ms: unknown) => Math.ceil(Math.log2(Number(ms)) - 1e-9);
        const truth95 = exactQuantile(times(own), 0.95);
        assert.equal(
          bin(row['p95']),
          bin(truth95),
          `p95 of ${key(row, ['site', 'route'])}: ${truth95}`,
        );
      }
    });

  await t.test('upstreams: every number of every server', async () => {
    const truth = Map.groupBy(
      hour.filter(({ upstream }) => upstream !== undefined),
      ({ site, upstream }) => `${site} ${upstream?.address}`,
    );
    const rows = await reader.panel(61);
    assert.equal(rows.length, truth.size);
    for (const row of rows) {
      const own = truth.get(key(row, ['site', 'upstream'])) ?? [];
      assert.equal(row['requests'], own.length);
      assert.equal(
        row['retries'],
        sumOf(own, ({ upstream }) => upstream?.retries ?? 0),
      );
      assert.equal(row['max'], Math.max(...own.map(({ upstream }) => upstream?.ms ?? 0)));
      near(row['5xx %'], own.filter(inClass(5)).length / own.length, 1e-9, '5xx ratio');
    }
  });

  for (const [id, dim] of [
    [19, 'cache'],
    [25, 'agent'],
    [28, 'country'],
    [26, 'proto'],
    [27, 'tls'],
  ] as const)
    await t.test(`shares: requests by ${dim}`, async () => {
      const truth = Map.groupBy(hour, (one) => PROPERTIES[dim]?.(one));
      const rows = await reader.panel(id);
      assert.equal(rows.length, truth.size);
      for (const row of rows)
        assert.equal(row['requests'], truth.get(String(row['value']))?.length);
    });

  await t.test('status codes: the bars hold every request', async () => {
    const rows = await reader.panel(11);
    const truth = Map.groupBy(hour, ({ status }) => String(status));
    for (const [status, own] of truth) {
      const bars = rows.filter((row) => row['value'] === status);
      assert.equal(
        sumOf(bars, (row) => Number(row['count'])),
        own.length,
        status,
      );
    }
  });

  for (const [id, dim] of [
    [20, 'ua'],
    [63, 'url'],
    [24, 'notfound'],
    [64, 'referer'],
  ] as const)
    await t.test(`top tables: with fewer than ten keys every ${dim} is counted`, async () => {
      const rows = await reader.panel(id);
      const truth = Map.groupBy(hour, (one) => KEYS[dim]?.(one));
      truth.delete(undefined);
      const shown = Map.groupBy(rows, (row) => String(row['key']));
      assert.equal(shown.size, truth.size);
      for (const [name, own] of truth)
        assert.equal(
          sumOf(shown.get(name ?? '') ?? [], (row) => Number(row['count'])),
          own.length,
          name,
        );
    });

  await t.test('top tables: of more rows than are asked for, those that count most', async () => {
    const fromS = reader.view.fromMs / 1000;
    const rows = Array.from({ length: 6000 }, (_, i) => {
      const [key, count] = i % 10 === 0 ? ['/busy', 50] : [`/quiet/${i % 7}`, 1];
      // Two ranks a second, so that no point replaces another.
      const tags = `host=web-1,log=access,site=busy.example,dim=url,rank=0${1 + (i % 2)}`;
      const fields = `key="${key}",count=${count}i,errors=0i,traffic=1i`;
      return `access_log_top,${tags} ${fields} ${fromS + Math.floor(i / 2)}`;
    });
    await writePoints(influx, rows);
    const shown = await reader.with({ values: { site: ['busy.example'] } }).panel(63);
    assert.equal(shown.length, 5000);
    const busy = shown.filter((one) => one['key'] === '/busy');
    assert.equal(
      sumOf(busy, (one) => Number(one['count'])),
      600 * 50,
    );
  });

  const site = 'shop.example';
  const route = '/api/v1/users/:id';
  for (const policy of POLICIES)
    await t.test(`drill-down: one route of one site at ${policy}`, async () => {
      const at = reader.with({ values: { site: [site], route, rp: policy } });
      const own = hour.filter((one) => one.site === site && one.route === route);
      const row = await at.row(30);
      assert.equal(row['requests'], own.length);
      near(row['req/s'], own.length / 3600, 1e-6, 'requests per second');
      near(row['errors'], own.filter(failed).length / own.length, 1e-9, 'errors');
      near(row['5xx'], own.filter(inClass(5)).length / own.length, 1e-9, '5xx');
      near(row['mean'], sumOf(own, ({ ms }) => ms) / own.length, 1e-9, 'mean');
      near((await at.row(30, 1))['p95'], exactQuantile(times(own), 0.95), 0.15, 'p95');
      const bars = await at.panel(36);
      const classes = ['2xx', '3xx', '4xx', '5xx'];
      const total = sumOf(bars, (row) => sumOf(classes, (name) => Number(row[name] ?? 0)));
      assert.equal(total, own.length);
    });

  await t.test('drill-down: one upstream', async () => {
    const upstream = '10.0.0.2:8080';
    const rows = await reader.with({ values: { upstream } }).panel(50);
    assert.deepEqual([...new Set(rows.map((row) => row['upstream']))], [upstream]);
    const own = hour.filter((one) => one.upstream?.address === upstream);
    assert.equal(
      sumOf(rows, (row) => Number(row['count'])),
      own.length,
    );
    const row = await reader.with({ values: { upstream } }).row(31);
    assert.equal(row['requests'], own.length);
    near(
      row['mean'],
      sumOf(own, (one) => one.upstream?.ms ?? 0) / own.length,
      1e-9,
      'mean time of the upstream alone',
    );
  });

  await t.test(
    'drill-down: by host and by site the rates are those of their requests',
    async () => {
      const hourly = reader.with({ intervalMs: 3_600_000 });
      for (const [id, tag] of [
        [21, 'host'],
        [22, 'site'],
      ] as const) {
        const rows = await hourly.panel(id);
        assert.equal(rows.length, 2);
        for (const row of rows) {
          const own = hour.filter((one) => one[tag] === row[tag]);
          near(row['count'], own.length / 3600, 1e-9, `${tag} ${String(row[tag])}`);
        }
      }
    },
  );

  await t.test('visitors: distinct clients within the error of the estimate', async () => {
    const clientsOf = (requests: typeof hour) =>
      new Set(requests.map(({ ip, agent }) => `${ip} ${agent}`)).size;
    // σ is 9 % with 128 registers.
    near((await reader.row(23))['clients'], clientsOf(hour), 0.27, 'distinct clients');
    // Few of them: the other branch of the estimate.
    const { fromMs } = reader.view;
    const minute = reader.with({ fromMs, toMs: fromMs + 59_999 });
    const early = hour.filter(({ timeS }) => timeS < fromMs / 1000 + 60);
    near((await minute.row(23))['clients'], clientsOf(early), 0.27, 'few distinct clients');
  });
});
