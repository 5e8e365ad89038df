import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../../../support/property.ts';
import { HeavyHitters } from '../../../../src/aggregate/dimension/heavy-hitters.ts';
import {
  OTHER_KEY,
  type KeyedRow,
  type KeyTotals,
} from '../../../../src/aggregate/dimension/key-totals.ts';

const WINDOW_S = 60;
const LATENESS_S = 180;
/** Columns of the rows here: requests, traffic, greatest time. */
const SHAPE = { columns: 3, greatest: [2] };
const REQUESTS = 0;

interface Line {
  readonly timeS: number;
  readonly site: string;
  readonly key: string;
  readonly bytes: number;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  // Few values, so that keys share hashes.
  return hash & 0x1ff;
}

/** A log with its windows as the aggregate stage keeps them; `lazy` forgets a window much later. */
class Log {
  newestS = -1;
  hitters: HeavyHitters;
  readonly windows = new Map<number, KeyTotals>();
  /** Windows that were forgotten, as they were then. */
  readonly written = new Map<number, KeyedRow[]>();
  readonly #options;
  readonly #lazy: boolean;

  constructor(keptMax: number, candidatesMax: number, lazy = false) {
    this.#options = { keptMax, candidatesMax, windowS: WINDOW_S, shape: SHAPE };
    this.hitters = new HeavyHitters(this.#options);
    this.#lazy = lazy;
  }

  /** False when the line is late. */
  add({ timeS, site, key, bytes }: Line): boolean {
    const startS = timeS - (timeS % WINDOW_S);
    if (startS + WINDOW_S + LATENESS_S <= this.newestS) return false;
    const newestStartS = this.newestS - (this.newestS % WINDOW_S);
    if (this.newestS >= 0 && startS > newestStartS) {
      const openFromS = this.newestS - LATENESS_S - WINDOW_S + 1;
      this.hitters.cross((startS - newestStartS) / WINDOW_S, openFromS);
    }
    this.newestS = Math.max(this.newestS, timeS);
    const window = this.windows.get(startS) ?? this.hitters.open(startS);
    this.windows.set(startS, window);
    const slot = this.hitters.count(site, key, hashOf(site + key));
    const at = slot < 0 ? window.otherAt(site) : window.rowAt(slot);
    const { values } = window;
    values[at] = values[at]! + 1;
    values[at + 1] = values[at + 1]! + bytes;
    values[at + 2] = Math.max(values[at + 2]!, bytes);
    this.#forget(this.newestS - (this.#lazy ? 20 * WINDOW_S : 0));
    return true;
  }

  #forget(watermarkS: number): void {
    for (const [startS, window] of this.windows) {
      if (startS + WINDOW_S + LATENESS_S > watermarkS) continue;
      this.written.set(startS, window.rows(this.hitters.isFull));
      this.hitters.close(window);
      this.windows.delete(startS);
    }
  }

  /** Every window, also the forgotten ones. */
  all(): Map<number, KeyedRow[]> {
    const all = new Map(this.written);
    for (const [startS, window] of this.windows) all.set(startS, window.rows(this.hitters.isFull));
    return all;
  }

  restart(): void {
    const saved = JSON.parse(JSON.stringify(this.hitters.snapshot()));
    this.hitters = new HeavyHitters(this.#options);
    this.windows.clear();
    for (const window of this.hitters.restore(saved)) this.windows.set(window.startS, window);
  }
}

const lines = (maxLength: number) =>
  fc
    .array(
      fc.record({
        step: fc.oneof(
          { weight: 20, arbitrary: fc.nat(3) },
          { weight: 1, arbitrary: fc.nat(100) },
          { weight: 1, arbitrary: fc.nat(2000) },
        ),
        backS: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(300)),
        site: fc.constantFrom('a', 'b'),
        key: fc.oneof(fc.nat(3), fc.nat(12), fc.nat(100)),
        bytes: fc.nat(999),
      }),
      { maxLength, size: 'max' },
    )
    .map((steps) => {
      let nowS = 1_000_000_000;
      return steps.map(({ step, backS, site, key, bytes }): Line => {
        nowS += step;
        return { timeS: nowS - backS, site, key: `/${key}`, bytes };
      });
    });

function sumsOf(rows: readonly KeyedRow[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const { site, values } of rows) {
    const [count = 0, bytes = 0, greatest = 0] = sums.get(site) ?? [];
    sums.set(site, [count + values[0]!, bytes + values[1]!, Math.max(greatest, values[2]!)]);
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function plainSums(all: readonly Line[]): Map<number, Map<string, number[]>> {
  const windows = new Map<number, KeyedRow[]>();
  for (const { timeS, site, key, bytes } of all) {
    const startS = timeS - (timeS % WINDOW_S);
    const row = { site, name: key, values: Float64Array.of(1, bytes, bytes) };
    windows.set(startS, [...(windows.get(startS) ?? []), row]);
  }
  return new Map([...windows].map(([startS, rows]) => [startS, sumsOf(rows)]));
}

function byStart<T>(map: Map<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}

test('the sums over the keys of every window and site are the sums of its lines, within the bounds', () => {
  fc.assert(
    fc.property(lines(600), (all) => {
      const log = new Log(4, 16);
      const counted = all.filter((line) => log.add(line));
      const windows = log.all();
      const sums = new Map([...windows].map(([startS, rows]) => [startS, sumsOf(rows)]));
      assert.deepEqual(byStart(sums), byStart(plainSums(counted)));
      for (const rows of windows.values()) {
        const kept = rows.filter(({ name }) => name !== OTHER_KEY);
        assert.ok(kept.length <= 4);
        assert.equal(new Set(rows.map(({ site, name }) => `${site} ${name}`)).size, rows.length);
      }
      assert.ok(log.hitters.keptCount <= 4);
    }),
  );
});

test('stopped and restored at any moment, it goes on as if it had not been', () => {
  fc.assert(
    fc.property(lines(500), fc.nat(500), (all, stopAt) => {
      const through = new Log(4, 16);
      const stopped = new Log(4, 16);
      all.forEach((line, i) => {
        if (i === stopAt) stopped.restart();
        assert.equal(stopped.add(line), through.add(line));
      });
      assert.deepEqual(byStart(stopped.all()), byStart(through.all()));
      const [a, b] = [stopped, through].map(({ hitters }) => ({
        ...hitters.snapshot(),
        windows: [],
      }));
      assert.deepEqual(a, b);
    }),
  );
});

test('the choice does not depend on when windows are written and forgotten', () => {
  fc.assert(
    fc.property(lines(500), (all) => {
      const eager = new Log(4, 16);
      const lazy = new Log(4, 16, true);
      for (const line of all) assert.equal(lazy.add(line), eager.add(line));
      // Zeros that write over an older `other` depend on the moment; nothing that counts does.
      const counts = (log: Log) =>
        byStart(log.all()).map(([startS, rows]) => [
          startS,
          rows.filter(({ values }) => values[0]! > 0),
        ]);
      assert.deepEqual(counts(lazy), counts(eager));
    }),
  );
});

test('a key that a window has shown stays, and its figures never go down', () => {
  fc.assert(
    fc.property(lines(400), (all) => {
      const log = new Log(4, 16);
      const seen = new Map<string, number>();
      for (const line of all) {
        log.add(line);
        const now = new Map<string, number>();
        for (const [startS, rows] of log.all()) {
          for (const { site, name, values } of rows) {
            if (name !== OTHER_KEY) now.set(`${startS} ${site} ${name}`, values[REQUESTS]!);
          }
        }
        for (const [key, count] of seen) assert.ok((now.get(key) ?? -1) >= count, key);
        for (const [key, count] of now) seen.set(key, count);
      }
    }),
    { numRuns: runsOfSlow(4) },
  );
});

test('lines in another order within the lateness give the same sums', () => {
  fc.assert(
    fc.property(lines(300), fc.infiniteStream(fc.nat(1000)), (all, shuffle) => {
      // Within one minute every order is an order that nginx may write.
      const sorted = [...all].sort((a, b) => a.timeS - b.timeS);
      const minute = ({ timeS }: Line) => Math.floor(timeS / WINDOW_S);
      const shuffled = sorted
        .map((line) => ({ line, at: minute(line) * 1000 + shuffle.next().value! }))
        .sort((a, b) => a.at - b.at)
        .map(({ line }) => line);
      const sums = [sorted, shuffled].map((lines) => {
        const log = new Log(4, 16);
        for (const line of lines) assert.ok(log.add(line));
        return byStart(new Map([...log.all()].map(([startS, rows]) => [startS, sumsOf(rows)])));
      });
      assert.deepEqual(sums[0], sums[1]);
    }),
  );
});

/** Requests per key of one window, most first. */
function countsAt(log: Log, startS: number): Record<string, number> {
  const rows = log.all().get(startS) ?? [];
  return Object.fromEntries(rows.map(({ name, values }) => [name, values[REQUESTS]!]));
}

function send(log: Log, timeS: number, key: string, times: number): void {
  for (let i = 0; i < times; i++) log.add({ timeS, site: 'a', key, bytes: 1 });
}

test('while there is room a key has its series at once; those that came first make way for the heaviest', () => {
  const log = new Log(3, 16);
  for (let i = 0; i < 10; i++) send(log, i, `/once/${i}`, 1);
  assert.deepEqual(countsAt(log, 0), { '/once/0': 1, '/once/1': 1, '/once/2': 1, other: 7 });
  for (let i = 1; i <= 3; i++) send(log, 10 + i, `/hot/${i}`, 10 * i);
  for (let i = 1; i <= 3; i++) send(log, 60, `/hot/${i}`, i);
  send(log, 60, '/once/0', 1);
  assert.deepEqual(countsAt(log, 60), { '/hot/1': 1, '/hot/2': 2, '/hot/3': 3, other: 1 });
});

test('a key that becomes heavy late, amid a flood of invented keys, is shown from its first window on', () => {
  const log = new Log(8, 32);
  for (let i = 0; i < 8; i++) send(log, 0, `/steady/${i}`, 50);
  let flood = 0;
  for (let minute = 1; minute < 10; minute++) {
    for (let i = 0; i < 8; i++) if (i > 0 || minute < 5) send(log, minute * 60, `/steady/${i}`, 50);
    for (let i = 0; i < 3000; i++) {
      send(log, minute * 60 + 30, `/flood/${flood++}`, 1);
      if (minute >= 5 && i % 2 === 0) send(log, minute * 60 + 30, '/late', 1);
    }
  }
  send(log, 600, '/end', 1);
  const first = countsAt(log, 300);
  // Before it has a slot of its own for good, some of its requests go to `other`.
  assert.ok(first['/late']! > 1350, `${first['/late']} of 1500`);
  for (let minute = 6; minute < 10; minute++) {
    const counts = countsAt(log, minute * 60);
    assert.equal(counts['/late'], 1500);
    assert.equal(counts['/steady/1'], 50);
    assert.equal(counts['other'], 3000);
  }
});

test('invented keys get no more series than the ration, however long and hard one tries', () => {
  const log = new Log(4, 16);
  const names = new Set<string>();
  const DAYS = 3;
  for (let minute = 0; minute < DAYS * 1440; minute++) {
    // The worst case: every minute another key that is by far the heaviest.
    send(log, minute * 60, `/invented/${minute}`, 50);
    send(log, minute * 60, '/steady', 2);
  }
  for (const rows of log.all().values()) for (const { name } of rows) names.add(name);
  assert.ok(names.size <= 2 * 4 + DAYS * 4 + 2, `${names.size} series`);
  assert.ok(names.size > 4);
});

test('a place is not given to a key that is not twice as heavy as the weakest', () => {
  const log = new Log(2, 16);
  send(log, 0, '/one', 30);
  send(log, 0, '/two', 20);
  send(log, 60, '/three', 39);
  send(log, 120, '/four', 41);
  send(log, 180, '/end', 1);
  assert.deepEqual(countsAt(log, 60), { other: 39 });
  assert.deepEqual(countsAt(log, 120), { '/four': 41, other: 0 });
});

test('a place is not given to a key of a few requests, or of a small share of the traffic', () => {
  const log = new Log(2, 16);
  send(log, 0, '/one', 50_000);
  send(log, 0, '/two', 1);
  send(log, 60, '/small-share', 90);
  send(log, 120, '/end', 1);
  assert.deepEqual(countsAt(log, 60), { other: 90 });
  const quiet = new Log(2, 16);
  send(quiet, 0, '/one', 1);
  send(quiet, 0, '/two', 1);
  send(quiet, 60, '/few', 7);
  send(quiet, 120, '/enough', 8);
  send(quiet, 180, '/end', 1);
  assert.deepEqual(countsAt(quiet, 60), { other: 7 });
  assert.deepEqual(countsAt(quiet, 120), { '/enough': 8, other: 0 });
});

test('a key that lost its place and its slot goes on in the row that a window has shown', () => {
  const log = new Log(2, 16);
  send(log, 0, '/a', 11);
  send(log, 0, '/b', 10);
  send(log, 60, '/a', 1);
  send(log, 60, '/b', 1);
  send(log, 60, '/c', 100);
  for (let i = 0; i < 2000; i++) send(log, 120, `/flood/${i}`, 1);
  assert.deepEqual(countsAt(log, 60), { '/a': 1, '/b': 1, other: 100 });
  log.restart();
  send(log, 70, '/b', 3);
  send(log, 70, '/c', 1);
  assert.deepEqual(countsAt(log, 60), { '/a': 1, '/b': 4, other: 101 });
  assert.deepEqual(countsAt(log, 120), { other: 2000 });
  log.restart();
  send(log, 71, '/b', 1);
  assert.deepEqual(countsAt(log, 60), { '/a': 1, '/b': 5, other: 101 });
});

test('after six hours that halved the traffic the slot with the least is given away first', () => {
  const log = new Log(2, 16);
  send(log, 0, '/kept/1', 100);
  send(log, 0, '/kept/2', 100);
  send(log, 0, '/0', 10);
  send(log, 0, '/1', 20);
  for (let i = 2; i < 14; i++) send(log, 0, `/${i}`, 12);
  send(log, 0, '/instead of 0', 1);
  assert.ok(!log.hitters.names.includes('/0'));
  send(log, 6 * 3600, '/new', 1);
  assert.ok(log.hitters.names.includes('/1'));
  assert.ok(!log.hitters.names.includes('/instead of 0'));
});

test('places are kept through a flood, however little traffic they have', () => {
  const log = new Log(2, 16);
  for (let i = 0; i < 16; i++) send(log, 0, `/${String(i).padStart(2, '0')}`, 1);
  for (let i = 0; i < 500; i++) send(log, 60, `/flood/${i}`, 1);
  send(log, 60, '/00', 1);
  send(log, 60, '/01', 1);
  assert.deepEqual(countsAt(log, 60), { '/00': 1, '/01': 1, other: 500 });
});

test('the key `other` itself is part of the rest', () => {
  const log = new Log(2, 16);
  send(log, 0, 'other', 5);
  send(log, 0, '/one', 4);
  send(log, 60, '/one', 1);
  assert.deepEqual(countsAt(log, 0), { '/one': 4, other: 5 });
});

test('one name on two sites is two keys', () => {
  const log = new Log(4, 16);
  log.add({ timeS: 0, site: 'a', key: '/', bytes: 1 });
  log.add({ timeS: 0, site: 'b', key: '/', bytes: 2 });
  log.add({ timeS: 60, site: 'a', key: '/', bytes: 3 });
  const rows = log
    .all()
    .get(0)!
    .map(({ site, name, values }) => [site, name, values[1]]);
  assert.deepEqual(rows, [
    ['a', '/', 1],
    ['b', '/', 2],
  ]);
});
