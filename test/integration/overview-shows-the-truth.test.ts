import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SITES } from '../support/dashboard-database.ts';
import {
  hourOf,
  inClass,
  knownHour,
  near,
  POLICIES,
  sumOf,
  times,
} from '../support/dashboard-reader.ts';
import { exactQuantile } from '../support/known-values.ts';
import type { KnownRequest } from '../support/known-traffic.ts';

const isOf = (name: string) => (one: KnownRequest) => one.site === name;
const failedShare = (requests: readonly KnownRequest[]) =>
  requests.filter(inClass(5)).length / requests.length;

test('the overview on a real InfluxDB with known traffic', async (t) => {
  const { traffic, reader, hour, seconds } = await knownHour(t);

  const classes: [string, (one: KnownRequest) => boolean][] = [
    ['2xx', inClass(2)],
    ['3xx', inClass(3)],
    ['4xx', (one) => inClass(4)(one) && one.status !== 499],
    ['499', ({ status }) => status === 499],
    ['5xx', inClass(5)],
  ];

  for (const policy of POLICIES)
    await t.test(`overview: rates add up to the requests of the hour at ${policy}`, async () => {
      const hourly = reader.with({ intervalMs: 3_600_000, values: { rp: policy } });
      const row = await hourly.row(7);
      for (const [name, is] of classes)
        near(row[name], hour.filter(is).length / seconds, 1e-9, `${name} of the classes`);
      near((await hourly.row(8))['requests'], hour.length / seconds, 1e-9, 'requests');
      const traffic = await hourly.row(10);
      near(traffic['out'], sumOf(hour, ({ bytesOut }) => bytesOut) / seconds, 1e-9, 'bytes out');
      near(traffic['in'], sumOf(hour, ({ bytesIn }) => bytesIn) / seconds, 1e-9, 'bytes in');
    });

  await t.test(
    'overview: rates are right at buckets that are no multiple of the window',
    async () => {
      for (const intervalMs of [5_000, 10_000, 15_000, 20_000, 30_000]) {
        const rows = (await reader.with({ intervalMs }).panel(8)).filter(
          (row) => row['requests'] !== null,
        );
        const rates = rows.map((row) => Number(row['requests']));
        // Every window counts for its own length, so the mean over equal buckets of whole windows is exact,
        // and with uneven ones it stays within the noise of the traffic.
        const mean = sumOf(rates, (one) => one) / rates.length;
        near(
          mean,
          hour.length / seconds,
          intervalMs % 10_000 === 0 ? 1e-9 : 0.05,
          `at ${intervalMs} ms`,
        );
      }
    },
  );

  await t.test('overview: the numbers at the top are the newest of their course', async () => {
    const minutes = reader.with({ intervalMs: 60_000 });
    const last = hour.filter(({ timeS }) => timeS >= traffic.toS - 60);
    const newest = async (id: number, query = 0) => (await minutes.panel(id, query)).at(-1) ?? {};
    near((await newest(1))['requests'], last.length / 60, 1e-9, 'requests/s');
    near((await newest(4))['all sites'], failedShare(last), 1e-9, '5xx');
    const worst = Math.max(...SITES.map((site) => failedShare(last.filter(isOf(site)))));
    near((await newest(4, 1))['worst site'], worst, 1e-9, '5xx of the worst site');
    near((await newest(5))['p95'], exactQuantile(times(last), 0.95), 0.2, 'p95 of a minute');
    assert.equal((await newest(6))['writing'], 2);
    assert.equal((await reader.row(6, 1))['silent for'], 0);
  });

  await t.test('overview: where data stopped there is no newest number', async () => {
    const later = { fromMs: reader.view.fromMs, toMs: reader.view.toMs + 180_000 };
    const minutes = reader.with({ ...later, intervalMs: 60_000 });
    for (const [id, name] of [
      [1, 'requests'],
      [4, 'all sites'],
      [5, 'p95'],
    ] as const)
      assert.equal((await minutes.panel(id)).at(-1)?.[name], null, name);
    assert.equal((await minutes.panel(6)).at(-1)?.['writing'], 0);
  });

  await t.test('overview: the most silent host is silent by the second', async () => {
    const later = { fromMs: reader.view.fromMs + 120_000, toMs: reader.view.toMs + 120_000 };
    assert.equal((await reader.with(later).row(6, 1))['silent for'], 120);
    // At any range, and also where the other host goes on.
    const silent = hour.filter(({ host }) => host === 'web-2').length;
    assert.ok(silent > 0);
    const minute = { fromMs: later.toMs - 60_000, toMs: later.toMs };
    assert.equal((await reader.with(minute).row(6, 1))['silent for'], 120);
  });

  for (const policy of POLICIES)
    await t.test(`overview: every number of every site at ${policy}`, async () => {
      const at = reader.with({ values: { rp: policy } });
      const before = hourOf(traffic, 86_400);
      for (const row of await at.panel(2)) {
        const own = hour.filter(isOf(String(row['site'])));
        near(row['req/s'], own.length / seconds, 1e-6, 'req/s');
        near(row['5xx %'], failedShare(own), 1e-9, '5xx');
        near(row['4xx %'], own.filter(inClass(4)).length / own.length, 1e-9, '4xx');
      }
      const slow = await at.panel(2, 1);
      assert.equal(slow.length, SITES.length);
      for (const row of slow) {
        const own = hour.filter(isOf(String(row['site'])));
        near(row['p95'], exactQuantile(times(own), 0.95), 0.05, 'p95');
      }
      for (const row of await at.panel(2, 2)) {
        const own = before.filter(isOf(String(row['site'])));
        near(row['before'], own.length / seconds, 1e-6, 'a day before');
      }
    });

  await t.test('overview: since when, of every site', async () => {
    const rows = await reader.with({ intervalMs: 600_000 }).panel(3);
    assert.equal(rows.length, 6 * SITES.length);
    for (const row of rows) {
      const fromS = Number(row['time']);
      const own = hour.filter(({ timeS }) => timeS >= fromS && timeS < fromS + 600);
      near(row['5xx'], failedShare(own.filter(isOf(String(row['site'])))), 1e-9, 'of ten minutes');
    }
  });

  await t.test('overview: the routes that fail, and no others', async () => {
    const rows = await reader.panel(16);
    const truth = Map.groupBy(hour.filter(inClass(5)), ({ site, route }) => `${site} ${route}`);
    assert.equal(rows.length, truth.size);
    for (const row of rows) {
      const own = truth.get([row['site'], row['route']].join(' ')) ?? [];
      assert.equal(row['5xx'], own.length);
    }
  });

  await t.test('overview: upstreams', async () => {
    const rows = await reader.panel(18);
    const answered = hour.filter(({ upstream }) => upstream !== undefined);
    const truth = Map.groupBy(answered, ({ site, upstream }) => `${site} ${upstream?.address}`);
    assert.equal(rows.length, truth.size);
    for (const row of rows) {
      const own = truth.get([row['site'], row['upstream']].join(' ')) ?? [];
      assert.equal(row['5xx'], own.filter(inClass(5)).length);
      near(row['5xx %'], failedShare(own), 1e-9, 'ratio');
      assert.equal(row['max'], Math.max(...own.map(({ upstream }) => upstream?.ms ?? 0)));
    }
  });

  await t.test('overview: error ratios are those of the hour', async () => {
    const row = await reader.with({ intervalMs: 3_600_000 }).row(9);
    near(row['4xx'], hour.filter(inClass(4)).length / hour.length, 1e-9, '4xx');
    near(row['5xx'], hour.filter(inClass(5)).length / hour.length, 1e-9, '5xx');
    near(row['499'], hour.filter(({ status }) => status === 499).length / hour.length, 1e-9, '499');
  });

  for (const policy of POLICIES)
    await t.test(`overview: percentiles merged over hosts and sites at ${policy}`, async () => {
      const row = await reader.with({ intervalMs: 3_600_000, values: { rp: policy } }).row(12);
      for (const [name, q] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const)
        near(row[name], exactQuantile(times(hour), q), 0.03, name);
    });

  await t.test(
    'overview: the share within a bound is exact, the heatmap holds every request',
    async () => {
      const hourly = reader.with({ intervalMs: 3_600_000 });
      const within = hour.filter(({ ms }) => ms <= 512).length / hour.length;
      near((await hourly.row(13))['within'], within, 1e-9, 'within 512 ms');
      const { time: _, ...bins } = await hourly.row(14);
      assert.equal(sumOf(Object.values(bins), Number), hour.length);
      assert.equal(bins['2'], hour.filter(({ ms }) => ms === 2).length);
    },
  );
});
