import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILY_SITE } from '../../../src/parse/record-batch.ts';
import { Window } from '../../../src/aggregate/window.ts';
import { NO_SITE, OTHER_SITE, SiteTable } from '../../../src/aggregate/site-table.ts';
import { NOON_S, recordBatch, WindowBench } from '../../support/log-rows.ts';

const DAY_S = 86_400;

function siteOf(table: SiteTable, name: string | Uint8Array, timeS = NOON_S) {
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  return table.siteOf(Buffer.concat([Buffer.from('>'), bytes]), 1, 1 + bytes.length, timeS);
}

test('a site beyond the limit is added up as other, and counted as folded', () => {
  const table = new SiteTable(2);
  assert.deepEqual(
    ['a', 'b', 'c', 'a'].map((name) => siteOf(table, name).name),
    ['a', 'b', 'other', 'a'],
  );
  assert.equal(table.folded, 1);
  assert.equal(table.size, 2);
});

test('names that differ in one byte, at any place and of any length, are different sites', () => {
  const table = new SiteTable(100);
  for (let length = 1; length <= 12; length++) {
    const names = Array.from(
      { length },
      (_, i) => `${'x'.repeat(i)}y${'x'.repeat(length - 1 - i)}`,
    );
    assert.equal(new Set(names.map((name) => siteOf(table, name))).size, length);
  }
});

test('two names that become one tag value are one site and one series', () => {
  const table = new SiteTable(5);
  const control = siteOf(table, 'a\u0001b');
  assert.equal(control, siteOf(table, 'a\u0002b'));
  assert.equal(control, siteOf(table, 'a_b'));
  assert.equal(control, siteOf(table, ' a\\b '));
  assert.equal(control.name, 'a_b');
  assert.equal(table.size, 1);
  assert.equal(siteOf(table, Uint8Array.of(0xff)), siteOf(table, '\ufffd'));

  const bench = new WindowBench({ sitesMax: 1 });
  const names = ['a\u0001b', 'x', 'a_b', 'a\u0002b', 'other'];
  bench.add(
    names.map((site) => ({ atS: NOON_S, site })),
    NOON_S,
  );
  bench.take('last', NOON_S);
  assert.equal(bench.site(NOON_S, 'a_b').count, 3);
  assert.equal(bench.site(NOON_S, 'other').count, 2);
  assert.equal(bench.window(NOON_S).sites.length, 2);
});

test('the order of spellings does not matter, nor how many there are', () => {
  const table = new SiteTable(2);
  assert.equal(siteOf(table, 'plain').name, 'plain');
  for (let i = 0; i < 100; i++) {
    assert.equal(
      siteOf(table, `pl${String.fromCharCode(0x80 + (i % 32))}ain${' '.repeat(i)}`).name,
      'pl_ain',
    );
  }
  assert.equal(siteOf(table, 'pl_ain').name, 'pl_ain');
  assert.equal(siteOf(table, 'third').name, 'other');
  assert.equal(table.size, 2);
});

test('names that mean something here do not take a place', () => {
  const table = new SiteTable(1);
  assert.equal(siteOf(table, 'other'), OTHER_SITE);
  assert.equal(siteOf(table, '-'), NO_SITE);
  assert.equal(siteOf(table, ''), NO_SITE);
  assert.equal(siteOf(table, '  '), NO_SITE);
  assert.equal(siteOf(table, 'x'.repeat(256)), OTHER_SITE);
  assert.equal(table.size, 0);
  assert.equal(siteOf(table, 'x'.repeat(255)).name, 'x'.repeat(200));
});

test('a site that was not named for a day gives its place up', () => {
  const table = new SiteTable(1);
  siteOf(table, 'a', NOON_S);
  assert.equal(siteOf(table, 'b', NOON_S + DAY_S).name, 'other');
  siteOf(table, 'a', NOON_S + 60);
  assert.equal(siteOf(table, 'b', NOON_S + DAY_S + 60).name, 'other');
  assert.equal(siteOf(table, 'b', NOON_S + DAY_S + 61).name, 'b');
  assert.equal(siteOf(table, 'a', NOON_S + DAY_S + 61).name, 'other');
});

test('a snapshot keeps who has a place and since when', () => {
  const table = new SiteTable(2);
  siteOf(table, 'a\u0001', NOON_S);
  siteOf(table, 'b', NOON_S + 2 * DAY_S);
  siteOf(table, 'a\u0001', NOON_S + 2 * DAY_S);
  const restored = new SiteTable(2);
  restored.restore(JSON.parse(JSON.stringify(table.snapshot())));
  assert.deepEqual(restored.snapshot(), table.snapshot());
  assert.equal(siteOf(restored, 'a\u0001', NOON_S + 2 * DAY_S).name, 'a_');
  assert.equal(siteOf(restored, 'c', NOON_S + 2 * DAY_S).name, 'other');
  const smaller = new SiteTable(1);
  smaller.restore(table.snapshot());
  assert.equal(smaller.size, 1);
});

test('a quiet site is owed zeros for a day after its last line and none before its first', () => {
  const bench = new WindowBench({ latenessS: 0, windowS: 3600 });
  bench.add(
    [
      { atS: NOON_S, site: 'first' },
      { atS: NOON_S + 7200, site: 'second' },
    ],
    NOON_S + 7200,
  );
  for (let nowS = NOON_S; nowS < NOON_S + 60 * 3600; nowS += 3600)
    bench.take('caught-up', nowS + 1);
  const hours = (name: string) =>
    [...bench.stored.values()]
      .filter(({ sites }) => sites.some(({ site }) => site === name))
      .map(({ startS }) => (startS - NOON_S) / 3600);
  assert.deepEqual([hours('first').at(0), hours('first').at(-1)], [0, 24]);
  assert.deepEqual([hours('second').at(0), hours('second').at(-1)], [2, 26]);
});

test('when the zeros are written does not change for whom', () => {
  const lines = [0, 30 * 3600, 31 * 3600, 80 * 3600].flatMap((s) => [
    { atS: NOON_S + s, site: s === 31 * 3600 ? 'b' : 'a' },
    { atS: NOON_S + s + 1, site: 'steady' },
  ]);
  const steady = Array.from({ length: 81 }, (_, hour) => ({
    atS: NOON_S + hour * 3600 + 2,
    site: 'steady',
  }));
  const all = [...lines, ...steady].sort((a, b) => a.atS - b.atS);
  const results = [true, false].map((isTakenOften) => {
    const bench = new WindowBench({ latenessS: 0, windowS: 3600 });
    for (const line of all) {
      bench.add([line], NOON_S + 90 * 3600);
      if (isTakenOften) bench.take('catching-up', NOON_S + 90 * 3600);
    }
    bench.take('last', NOON_S + 80 * 3600);
    return [...bench.stored.values()].map(({ startS, sites }) => [
      startS,
      sites.map(({ site }) => site).sort(),
    ]);
  });
  assert.deepEqual(results[0], results[1]);
});

test('a log without sites in its format has the site "-" alone', () => {
  const bench = new WindowBench();
  bench.windows.add(recordBatch([{ atS: NOON_S }], 0), NOON_S * 1000, true);
  bench.take('caught-up', NOON_S + 31);
  assert.deepEqual(
    bench.window(NOON_S + 20).sites.map(({ site }) => site),
    ['-'],
  );
  bench.windows.add(
    recordBatch([{ atS: NOON_S + 31, site: 'a' }], FAMILY_SITE),
    NOON_S * 1000 + 31_000,
    true,
  );
  bench.take('caught-up', NOON_S + 51);
  assert.deepEqual(
    bench.window(NOON_S + 40).sites.map(({ site }) => site),
    ['a'],
  );
});

test('a window that was open when a site lost its place and got it again has one point of it', () => {
  const bench = new WindowBench({ sitesMax: 1, latenessS: 3600, windowS: 3600 });
  bench.add([{ atS: NOON_S, site: 'a' }], NOON_S);
  bench.restart();
  const later = [
    { atS: NOON_S + DAY_S + 5, site: 'b' },
    { atS: NOON_S + DAY_S + 6, site: 'a' },
    { atS: NOON_S + 2 * DAY_S + 7, site: 'a' },
  ];
  bench.add(later, NOON_S + 2 * DAY_S + 7);
  bench.take('last', NOON_S + 2 * DAY_S + 7);
  assert.equal(bench.site(NOON_S, 'a').count, 1);
  assert.equal(bench.site(NOON_S + DAY_S, 'b').count, 1);
  assert.equal(bench.site(NOON_S + DAY_S, 'other').count, 1);
  assert.equal(bench.site(NOON_S + 2 * DAY_S, 'a').count, 1);
});

test('two places of one name are one series in a window', () => {
  const window = new Window(NOON_S);
  const site = { name: 'a', firstSeenS: NOON_S, lastSeenS: NOON_S, before: [] };
  const again = { ...site };
  window.seriesOf(site).add(200, 400, 1, 1);
  window.seriesOf(again).add(200, 400, 1, 1);
  const { sites } = window.seal('access', 10, new SiteTable(1));
  assert.deepEqual(
    sites.map(({ site: name, count }) => [name, count]),
    [['a', 2]],
  );
});
