import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILY_SITE } from '../../../../src/parse/record-batch.ts';
import { Window } from '../../../../src/aggregate/window.ts';
import { SiteTable } from '../../../../src/aggregate/site/site-table.ts';
import { newSite, NO_SITE, OTHER_SITE } from '../../../../src/aggregate/site/site.ts';
import { NOON_S, recordBatch, WindowBench } from '../../../support/log-rows.ts';

const DAY_S = 86_400;

function siteOf(table: SiteTable, name: string | Uint8Array, timeS = NOON_S) {
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  const site = table.siteOf(Buffer.concat([Buffer.from('>'), bytes]), 1, 1 + bytes.length, timeS);
  table.count(site, 1);
  return site;
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
  assert.equal(control, siteOf(table, ' a\\\\b '));
  assert.equal(control, siteOf(table, 'a\\x07b'));
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

test('names have lost their escapes, but in a log that has none', () => {
  const table = new SiteTable(5);
  assert.equal(siteOf(table, 'a\\x62.example').name, 'ab.example');
  assert.equal(siteOf(table, 'ab.example'), siteOf(table, 'a\\u0062.example'));
  table.isRaw = true;
  assert.equal(siteOf(table, 'a\\x62.example').name, 'a_x62.example');
  table.isRaw = false;
  assert.equal(siteOf(table, 'a\\x62.example').name, 'ab.example');
  assert.equal(table.size, 2);
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

test('a snapshot keeps who has a place and since when', () => {
  const table = new SiteTable(2);
  siteOf(table, 'a\u0001', NOON_S);
  siteOf(table, 'b', NOON_S + 2 * DAY_S);
  siteOf(table, 'a\u0001', NOON_S + 2 * DAY_S);
  siteOf(table, 'waits', NOON_S + 2 * DAY_S);
  const restored = new SiteTable(2);
  restored.restore(JSON.parse(JSON.stringify(table.snapshot())));
  assert.deepEqual(restored.snapshot(), table.snapshot());
  assert.equal(siteOf(restored, 'a\u0001', NOON_S + 2 * DAY_S).name, 'a_');
  assert.equal(siteOf(restored, 'c', NOON_S + 2 * DAY_S).name, 'other');
  const smaller = new SiteTable(1);
  smaller.restore(table.snapshot());
  assert.equal(smaller.size, 1);
  const larger = new SiteTable(3);
  larger.restore(table.snapshot());
  assert.equal(siteOf(larger, 'waits', NOON_S + 2 * DAY_S).name, 'waits');
  assert.equal(larger.size, 3);
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
  bench.windows.add(recordBatch([{ atS: NOON_S }], 0), 0, 1, NOON_S * 1000, true);
  bench.take('caught-up', NOON_S + 31);
  assert.deepEqual(
    bench.window(NOON_S + 20).sites.map(({ site }) => site),
    ['-'],
  );
  bench.windows.add(
    recordBatch([{ atS: NOON_S + 31, site: 'a' }], FAMILY_SITE),
    0,
    1,
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
  const bench = new WindowBench({ sitesMax: 2, latenessS: 3600, windowS: 3600 });
  const many = (site: string, atS: number) => Array.from({ length: 40 }, () => ({ atS, site }));
  const dayLater = NOON_S + DAY_S;
  bench.add([{ atS: NOON_S, site: 'a' }, ...many('busy', NOON_S)], NOON_S);
  bench.restart();
  const later = [
    ...many('busy', dayLater),
    { atS: dayLater + 5, site: 'b' },
    // The log has not named `a` for a day: its place goes to `b`, from this line on.
    { atS: dayLater + 65, site: 'b' },
    ...many('a', dayLater + 66),
    // And back, as it has more than twice the traffic of `b`; a late line does not bring `b` back.
    { atS: dayLater + 125, site: 'a' },
    { atS: dayLater + 65, site: 'b' },
  ];
  bench.add(later, dayLater + 125);
  bench.restart();
  bench.take('last', dayLater + 125);
  assert.equal(bench.site(dayLater, 'b').count, 1);
  assert.equal(bench.site(dayLater, 'a').count, 1);
  assert.equal(bench.site(dayLater, 'other').count, 1 + 40 + 1);
  assert.equal(bench.window(dayLater).sites.length, 4);
});

test('two places of one name are one series in a window', () => {
  const window = new Window(NOON_S);
  const site = newSite('a', 1, NOON_S);
  const again = { ...site };
  window.seriesOf(site).add(200, 400, 1, 1);
  window.seriesOf(again).add(200, 400, 1, 1);
  const { sites } = window.seal('access', 10, new SiteTable(1));
  assert.deepEqual(
    sites.map(({ site: name, count }) => [name, count]),
    [['a', 2]],
  );
});
