import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownHour, near, panel, POLICIES, sumOf } from '../support/dashboard-reader.ts';

test('the meter dashboard on a real InfluxDB with known accounts', async (t) => {
  const { traffic, reader } = await knownHour(t);
  const accounts = traffic.accounts.filter(
    ({ startS }) => startS >= traffic.fromS && startS < traffic.toS,
  );
  const total = (name: 'counted' | 'unparsed' | 'late' | 'filtered') =>
    sumOf(accounts, (account) => account[name]);
  const lines = total('counted') + total('unparsed') + total('late') + total('filtered');

  for (const policy of POLICIES)
    await t.test(`meter: the account adds up and its ratios are right at ${policy}`, async () => {
      const at = reader.with({ values: { rp: policy } });
      const row = await at.row(70);
      assert.equal(row['unaccounted'], 0);
      near(row['counted'], total('counted') / lines, 1e-9, 'counted');
      near(row['unparsed'], total('unparsed') / lines, 1e-9, 'unparsed');
      near(row['late'], total('late') / lines, 1e-9, 'late');
      near((await at.row(74))['covered'], 1, 1e-3, 'covered');
      const writing = await at.row(75);
      assert.equal(writing['refused'], 0);
      // Six failed requests of each host among three successful ones in each of 360 windows.
      near(writing['failed'], 6 / (1080 + 6), 1e-9, 'failed');
      const bars = await at.panel(82);
      assert.equal(
        sumOf(bars, (row) => Number(row['counted'] ?? 0)),
        total('counted'),
      );
    });

  await t.test('meter: a line that no counter explains is seen', async () => {
    const { panel: one, owner } = panel(70);
    const query = one.targets?.[0]?.query?.replace('-sum("filtered")', '') ?? '';
    const rows = await reader.text(query, owner, one);
    assert.equal(rows[0]?.['unaccounted'], total('filtered'));
  });

  await t.test('meter: half the windows are half the coverage', async () => {
    const future = { fromMs: reader.view.fromMs, toMs: reader.view.toMs + 3_600_000 };
    near((await reader.with(future).row(74))['covered'], 0.5, 1e-3, 'covered');
  });

  await t.test('meter: hosts are listed with the time of their last point', async () => {
    const rows = await reader.panel(95);
    assert.deepEqual(rows.map((row) => String(row['host'])).toSorted(), ['web-1', 'web-2']);
    for (const row of rows) assert.equal(row['time'], traffic.toS - 10);
  });

  await t.test('meter: cpu is a share of one core', async () => {
    // 310 ms in each of six windows of a minute; a range that begins and ends within one changes nothing.
    const { fromMs, toMs } = reader.view;
    for (const cutMs of [0, 25_000]) {
      const view = { fromMs: fromMs + cutMs, toMs: toMs - cutMs, intervalMs: 60_000 };
      const rows = await reader.with(view).panel(93);
      assert.equal(rows.length, 120);
      for (const row of rows) near(row['cpu'], 0.031, 1e-9, 'cpu');
    }
    const coarse = { intervalMs: 3_600_000, values: { rp: 'rollup_5m' } };
    for (const row of await reader.with(coarse).panel(93)) near(row['cpu'], 0.031, 1e-9, 'rollup');
  });
});
