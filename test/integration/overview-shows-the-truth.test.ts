import assert from 'node:assert/strict';
import { test } from 'node:test';
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

  await t.test('overview: by host and by site the rates are those of their requests', async () => {
    const hourly = reader.with({ intervalMs: 3_600_000 });
    for (const [id, tag] of [
      [21, 'host'],
      [22, 'site'],
    ] as const) {
      const rows = await hourly.panel(id);
      assert.equal(rows.length, 2);
      for (const row of rows) {
        const own = hour.filter((one) => one[tag] === row[tag]);
        near(row['count'], own.length / seconds, 1e-9, `${tag} ${String(row[tag])}`);
      }
    }
  });

  await t.test('overview: the first row shows the last five minutes of the range', async () => {
    const last = hour.filter(({ timeS }) => timeS >= traffic.toS - 300);
    near((await reader.row(1))['requests'], last.length / 300, 1e-9, 'requests/s');
    near((await reader.row(4))['5xx'], last.filter(inClass(5)).length / last.length, 1e-9, '5xx');
    near(
      (await reader.row(5))['p95'],
      exactQuantile(times(last), 0.95),
      0.08,
      'p95 of five minutes',
    );
    assert.equal((await reader.row(6))['missing'], 0);
  });

  await t.test('overview: data that stopped is missing by the second', async () => {
    const later = { fromMs: reader.view.fromMs + 120_000, toMs: reader.view.toMs + 120_000 };
    assert.equal((await reader.with(later).row(6))['missing'], 120);
  });

  for (const [id, days] of [
    [2, 1],
    [3, 7],
  ] as const)
    await t.test(`overview: now against ${days} days earlier`, async () => {
      const before = hourOf(traffic, days * 86_400);
      near((await reader.row(id, 0))['now'], hour.length / seconds, 1e-9, 'now');
      near((await reader.row(id, 1))['before'], before.length / seconds, 1e-9, 'before');
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

  await t.test('overview: distinct clients within the error of the estimate', async () => {
    const distinct = new Set(hour.map(({ ip, agent }) => `${ip} ${agent}`)).size;
    // σ is 9 % with 128 registers.
    near((await reader.row(23))['clients'], distinct, 0.27, 'distinct clients');
    // Few of them: the other branch of the estimate.
    const minute = { fromMs: reader.view.fromMs, toMs: reader.view.fromMs + 59_999 };
    const early = hour.filter(({ timeS }) => timeS < traffic.fromS + 60);
    const few = new Set(early.map(({ ip, agent }) => `${ip} ${agent}`)).size;
    near((await reader.with(minute).row(23))['clients'], few, 0.27, 'few distinct clients');
  });
});
