import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SiteTable } from '../../../../src/aggregate/site/site-table.ts';
import { NOON_S, WindowBench } from '../../../support/log-rows.ts';

const MINUTE_S = 60;
const DAY_S = 86_400;

/** A table, and lines for it whose time goes on. */
class Lines {
  table: SiteTable;
  atS = NOON_S;
  /** Every site that had a line of its own. */
  readonly named = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.table = new SiteTable(limit);
  }

  /** Lines of one host; says which site the last one was counted for. */
  add(host: string, lines = 1): string {
    const bytes = Buffer.from(host);
    let name = '';
    for (let i = 0; i < lines; i++) {
      const site = this.table.siteOf(bytes, 0, bytes.length, this.atS);
      this.table.count(site, 1);
      name = site.name;
      this.named.add(name);
    }
    return name;
  }

  pass(seconds: number): void {
    this.table.advance(this.atS, this.atS + seconds);
    this.atS += seconds;
  }

  restart(): void {
    const snapshot = JSON.stringify(this.table.snapshot());
    this.table = new SiteTable(this.#limit);
    this.table.restore(JSON.parse(snapshot));
  }
}

test('a site that comes when all places are taken by names nobody uses gets one within a minute', () => {
  const lines = new Lines(3);
  for (let i = 0; i < 1000; i++) lines.add(`junk-${i}`);
  assert.equal(lines.add('shop', 8), 'other');
  lines.pass(MINUTE_S - 1);
  assert.equal(lines.add('shop'), 'other', 'within one minute nothing changes');
  lines.pass(1);
  assert.equal(lines.add('shop'), 'shop');
  assert.equal(lines.table.size, 3);
});

test('names that strangers make up take no place from a site, however many they are', () => {
  const lines = new Lines(2);
  lines.add('small', 10);
  lines.add('large', 100);
  let made = 0;
  for (let minute = 0; minute < 2000; minute++) {
    for (let i = 0; i < 50; i++) lines.add(`junk-${made++}.example`);
    lines.add('small');
    lines.add('large', 10);
    lines.pass(MINUTE_S);
  }
  assert.equal(lines.add('small'), 'small');
  assert.equal(lines.add('large'), 'large');
  assert.deepEqual([...lines.named].sort(), ['large', 'other', 'small']);
});

test('a place goes to a name with more than twice its traffic, to no other', () => {
  for (const [requests, winner] of [
    [40, 'other'],
    [41, 'later'],
  ] as const) {
    const lines = new Lines(2);
    lines.add('weak', 20);
    lines.add('strong', 60);
    lines.add('later', requests);
    lines.pass(MINUTE_S);
    assert.equal(lines.add('later'), winner);
    assert.equal(lines.add('strong'), 'strong');
    assert.equal(lines.add('weak'), winner === 'later' ? 'other' : 'weak');
  }
});

test('a site with few requests on a busy log is not moved by a few more', () => {
  const lines = new Lines(2);
  lines.add('busy', 10_000);
  lines.add('small', 10);
  // More than twice as much, but less than a tenth of an equal share of the log: 500.
  lines.add('later', 480);
  lines.pass(MINUTE_S);
  assert.equal(lines.add('later'), 'other');
  lines.add('later', 100);
  lines.pass(MINUTE_S);
  assert.equal(lines.add('later'), 'later');
});

test('a site that was not named for a day gives its place up, at the next minute', () => {
  const lines = new Lines(1);
  lines.add('a', 100);
  lines.pass(DAY_S);
  assert.equal(lines.add('b'), 'other');
  lines.pass(MINUTE_S - 1);
  assert.equal(lines.add('b'), 'other');
  lines.pass(1);
  assert.equal(lines.add('b'), 'b');
  assert.equal(lines.add('a'), 'other');
});

test('whoever makes names popular makes no more than a ration of new series', () => {
  const limit = 5;
  const lines = new Lines(limit);
  const days = 10;
  const series = new Set<string>();
  for (let minute = 0; minute < days * 1440; minute++) {
    // New names every hour; what came hours before them has less than half of their traffic.
    const hour = Math.floor(minute / 60);
    for (let i = 0; i < limit; i++) lines.add(`popular-${hour}-${i}`, 2);
    lines.pass(MINUTE_S);
    // What has a place is owed zeros, so it is a series without a line too.
    for (const { name } of lines.table.owedBy(lines.atS, MINUTE_S)) series.add(name);
  }
  assert.ok(series.size > days * limit, `only ${series.size} series: nothing was rationed`);
  assert.ok(series.size <= 2 * limit + days * limit, `${series.size} series`);
});

test('the heaviest of those that wait takes the place, whatever the order of their lines', () => {
  const seen = new Set<string>();
  for (const order of [
    ['x', 'y', 'z'],
    ['z', 'y', 'x'],
  ]) {
    const lines = new Lines(1);
    lines.add('first');
    for (const host of order) lines.add(host, host === 'y' ? 30 : 20);
    lines.pass(MINUTE_S);
    for (const host of order) seen.add(`${host}: ${lines.add(host)}`);
  }
  assert.deepEqual([...seen].sort(), ['x: other', 'y: y', 'z: other']);
});

test('a name that has waited and got room is no candidate any more', () => {
  const lines = new Lines(2);
  lines.add('a', 10);
  lines.add('b', 10);
  lines.add('c', 500);
  const snapshot = lines.table.snapshot();
  const larger = new SiteTable(3);
  larger.restore(snapshot);
  lines.table = larger;
  assert.equal(lines.add('c'), 'c');
  lines.pass(MINUTE_S);
  assert.deepEqual(
    ['a', 'b', 'c'].map((host) => lines.add(host)),
    ['a', 'b', 'c'],
  );
});

test('names of any length and any bytes wait as what they would be written as', () => {
  const lines = new Lines(1);
  lines.add('first');
  const names = ['x'.repeat(200), 'ü.example', 'a_b', 'abc', 'y'.repeat(255), 'z'.repeat(199)];
  const written = [names[0], names[1], names[2], names[3], 'y'.repeat(200), names[5]];
  for (const [i, name] of names.entries()) {
    const table = new Lines(1);
    table.add('first');
    table.add(name, 10);
    if (name === 'a_b') table.add('a\u0001b', 10);
    table.restart();
    table.pass(MINUTE_S);
    assert.equal(table.add(name), written[i]);
  }
});

test('the site that lost its place owes zeros until then, its successor from then on', () => {
  const bench = new WindowBench({ sitesMax: 2, latenessS: 60 });
  const rows = (site: string, fromS: number, toS: number, each: number) =>
    Array.from({ length: each * (toS - fromS) }, (_, i) => ({
      atS: NOON_S + fromS + Math.floor(i / each),
      site,
    }));
  const all = [
    ...rows('steady', 0, 240, 2),
    ...rows('left', 0, 1, 1),
    ...rows('late', 70, 80, 3),
  ].sort((a, b) => a.atS - b.atS);
  bench.add(all, NOON_S + 240);
  bench.take('caught-up', NOON_S + 241);
  const windowsOf = (name: string) =>
    [...bench.stored.values()]
      .filter(({ sites }) => sites.some(({ site }) => site === name))
      .map(({ startS }) => startS - NOON_S);
  assert.deepEqual([windowsOf('left').at(0), windowsOf('left').at(-1)], [0, 110]);
  assert.deepEqual([windowsOf('late').at(0), windowsOf('late').at(-1)], [120, 230]);
  assert.equal(bench.site(NOON_S + 70, 'other').count, 30);
  assert.deepEqual(windowsOf('other'), [70], 'the rest is not owed zeros');
});
