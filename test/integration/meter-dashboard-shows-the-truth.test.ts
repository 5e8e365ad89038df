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
      assert.equal((await at.row(70))['unaccounted'], 0);
      near((await at.row(71))['counted'], total('counted') / lines, 1e-9, 'counted');
      near((await at.row(72))['unparsed'], total('unparsed') / lines, 1e-9, 'unparsed');
      near((await at.row(73))['late'], total('late') / lines, 1e-9, 'late');
      near((await at.row(74))['coverage'], 1, 1e-3, 'coverage');
      assert.equal((await at.row(75))['refused'], 0);
      // Six failed requests of each host among three successful ones in each of 360 windows.
      near((await at.row(79))['failed'], 6 / (1080 + 6), 1e-9, 'failed');
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
    near((await reader.with(future).row(74))['coverage'], 0.5, 1e-3, 'coverage');
  });

  await t.test('meter: hosts are listed with the time of their last point', async () => {
    const rows = await reader.panel(95);
    assert.deepEqual(rows.map((row) => String(row['host'])).toSorted(), ['web-1', 'web-2']);
    for (const row of rows) assert.equal(row['time'], traffic.toS - 10);
  });

  await t.test('meter: cpu is a share of one core', async () => {
    const rows = await reader.with({ intervalMs: 60_000 }).panel(93);
    // 310 ms in each of six windows of a minute.
    for (const row of rows) near(row['cpu'], 0.031, 1e-9, 'cpu');
  });
});
