import assert from 'node:assert/strict';
import { test } from 'node:test';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { SITES } from '../support/dashboard-database.ts';
import { BOARDS, board, knownHour, POLICIES } from '../support/dashboard-reader.ts';
import type { View } from '../support/grafana-query.ts';

test('every query on a real InfluxDB', async (t) => {
  const { traffic, reader, hour } = await knownHour(t);

  for (const policy of POLICIES)
    await t.test(`every query of every panel gives rows at ${policy}`, async () => {
      for (const owner of BOARDS.values())
        for (const one of panelsOf(owner))
          for (const { query = '' } of one.targets ?? []) {
            const rows = await reader.with({ values: { rp: policy } }).text(query, owner, one);
            const values = rows.filter((row) =>
              Object.entries(row).some(
                ([key, value]) => key !== 'time' && typeof value === 'number',
              ),
            );
            // Of an hour a rollup has too few points for the time between them.
            const isShort = policy !== 'autogen' && one.title === 'Processor by host';
            assert.ok(
              values.length > 0 || isShort,
              `${owner.title} / ${one.title}: ${query.slice(0, 200)}`,
            );
          }
    });

  await t.test(
    'a database without rollups is read at any range: no policy is its own',
    async () => {
      const raw = await reader.with({ values: { rp: 'autogen' } }).panel(2);
      assert.deepEqual(await reader.with({ values: { rp: '' } }).panel(2), raw);
    },
  );

  await t.test(
    'every query works with one, several and strange values of every variable',
    async () => {
      const selections: NonNullable<View['values']>[] = [
        {
          host: ['web-1'],
          site: ['shop.example'],
          log: ['access'],
          route: '/api/v1/users/:id',
          upstream: '10.0.0.1:8080',
        },
        {
          host: ['web-1', 'web-2'],
          site: SITES,
          log: ['access', 'b'],
          route: '/static/*.js',
          upstream: '10.0.0.2:8080',
        },
        {
          host: ['a/b', '(c|d)'],
          site: ["it's", 'a"b'],
          log: ['[x'],
          route: '/a+b?c',
          upstream: '[::1]:80',
        },
      ];
      for (const [i, values] of selections.entries())
        for (const owner of BOARDS.values())
          for (const one of panelsOf(owner))
            for (const { query = '' } of one.targets ?? []) {
              const rows = await reader.with({ values }).text(query, owner, one);
              // The stored `log` is one of two in the second; the third selects nothing.
              if (i < 2)
                assert.ok(rows.length > 0, `${owner.title} / ${one.title} with selection ${i}`);
            }
    },
  );

  await t.test('every variable lists the values there are', async () => {
    const expected: Record<string, string[]> = {
      host: ['web-1', 'web-2'],
      log: ['access'],
      site: [...SITES].sort(),
      route: [...new Set(hour.map(({ route }) => route))].sort(),
      upstream: ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080'],
      rp: [...POLICIES],
    };
    for (const owner of BOARDS.values())
      for (const { name, type, query = '' } of owner.templating.list) {
        if (type !== 'query') continue;
        const rows = await reader.text(query, owner);
        assert.deepEqual(
          rows.map((row) => String(row['value'] ?? row['name'])).toSorted(),
          expected[name]?.toSorted(),
          `${owner.title} ${name}`,
        );
      }
  });

  await t.test('every annotation finds its events', async () => {
    const whole = reader.with({ fromMs: (traffic.fromS - 3600) * 1000 });
    for (const owner of BOARDS.values())
      for (const { name, builtIn, target } of owner.annotations.list) {
        if (builtIn !== undefined) continue;
        const rows = await whole.text(target?.query ?? '', owner);
        // One of each in each of two hours, on both hosts; the text stands in the column that is named.
        assert.equal(rows.length, 4, `${owner.title} ${name}`);
        for (const row of rows) assert.equal(typeof row[target?.textColumn ?? ''], 'string');
      }
  });
});

test('the dashboards are all there', () => {
  for (const uid of ['nginx-overview', 'nginx-drilldown', 'nginx-visitors', 'nginx-meter'])
    assert.ok(panelsOf(board(uid)).length > 10, uid);
});
