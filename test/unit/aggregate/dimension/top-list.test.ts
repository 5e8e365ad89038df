import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { TopList } from '../../../../src/aggregate/dimension/top-list.ts';
import { createByteHash } from '../../../../src/wasm/byte-hash.ts';

const hash = createByteHash(0);
const encoder = new TextEncoder();

function add(to: TopList, key: string, isError = false, traffic = 0): void {
  const bytes = encoder.encode(`<${key}>`);
  const length = Math.min(bytes.length - 2, to.keyBytesMax);
  hash.hash(bytes, 1, 1 + length);
  const slot = to.count(bytes, 1, length, hash.lanes[0]!, hash.lanes[1]!);
  to.addTo(slot, isError ? 1 : 0, traffic);
}

/** Few keys often, many keys seldom. */
const skewed = fc.oneof(
  { weight: 3, arbitrary: fc.nat(5) },
  { weight: 2, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.nat(2000) },
);
const keys = (maxLength: number) =>
  fc.array(
    skewed.map((n) => `/page/${n}`),
    { maxLength, size: 'max' },
  );

function countsOf(all: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of all) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

test('as long as every key has a slot all figures are exact, in order of count and then of key', () => {
  const key = fc.record({ n: fc.nat(31), isError: fc.boolean(), traffic: fc.nat(10_000) });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (requests) => {
      const list = new TopList(32);
      const exact = new Map<string, { count: number; errors: number; traffic: number }>();
      for (const { n, isError, traffic } of requests) {
        const key = `/${n}`;
        add(list, key, isError, traffic);
        const entry = exact.get(key) ?? { count: 0, errors: 0, traffic: 0 };
        entry.count++;
        entry.errors += isError ? 1 : 0;
        entry.traffic += traffic;
        exact.set(key, entry);
      }
      const expected = Array.from(exact, ([key, entry]) => ({ key, countError: 0, ...entry }));
      expected.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
      assert.deepEqual(list.top(10), expected.slice(0, 10));
    }),
  );
});

test('every count is too great by at most its error, and no error is greater than n / slots', () => {
  fc.assert(
    fc.property(keys(1500), (all) => {
      const SLOTS = 64;
      const list = new TopList(SLOTS);
      for (const key of all) add(list, key, true, 2);
      const exact = countsOf(all);
      const entries = list.top(SLOTS);
      const listed = new Set(entries.map(({ key }) => key));
      assert.equal(listed.size, entries.length);
      for (const { key, count, countError, errors, traffic } of entries) {
        const truth = exact.get(key) ?? 0;
        assert.equal(errors, count - countError);
        assert.equal(traffic, 2 * errors);
        assert.ok(count - countError <= truth && truth <= count, `${key}: ${truth} not in bounds`);
        assert.ok(countError <= all.length / SLOTS);
      }
      const least = entries.length < SLOTS ? 0 : Math.min(...entries.map(({ count }) => count));
      for (const [key, truth] of exact) {
        if (!listed.has(key)) assert.ok(truth <= least, `${key} with ${truth} is not listed`);
      }
      assert.ok(least <= all.length / SLOTS);
      const sum = entries.reduce((counts, { count }) => counts + count, 0);
      assert.ok(sum <= all.length, `${sum} counted of ${all.length}`);
    }),
  );
});

test('a heavy key that comes after a flood of keys is found', () => {
  const list = new TopList(64);
  for (let i = 0; i < 20_000; i++) add(list, `/flood/${i}`);
  for (let i = 0; i < 2000; i++) {
    add(list, '/late');
    for (let j = 0; j < 5; j++) add(list, `/flood/again/${i}/${j}`);
  }
  const [first] = list.top(1);
  assert.equal(first?.key, '/late');
  assert.ok(first.count - first.countError <= 2000 && first.count >= 2000);
});

test('stopped and restored at any moment, it goes on as if it had not been', () => {
  fc.assert(
    fc.property(keys(600), fc.nat(600), (all, stopAt) => {
      const through = new TopList(32);
      let stopped = new TopList(32);
      all.forEach((key, i) => {
        if (i === stopAt) {
          const saved = JSON.parse(JSON.stringify(stopped.snapshot()));
          stopped = new TopList(32);
          stopped.restore(saved);
        }
        add(through, key, i % 3 === 0, i);
        add(stopped, key, i % 3 === 0, i);
      });
      assert.deepEqual(stopped.snapshot(), through.snapshot());
      assert.deepEqual(stopped.top(10), through.top(10));
    }),
  );
});

test('a list that was cleared counts as a new one does', () => {
  fc.assert(
    fc.property(keys(600), keys(600), (before, all) => {
      const cleared = new TopList(32);
      for (const key of before) add(cleared, key, true, 7);
      cleared.clear();
      const fresh = new TopList(32);
      for (const list of [cleared, fresh]) all.forEach((key, i) => add(list, key, i % 3 === 0, i));
      assert.deepEqual(cleared.snapshot(), fresh.snapshot());
      assert.deepEqual(cleared.top(10), fresh.top(10));
    }),
  );
});

test('two keys with one hash are two keys', () => {
  const list = new TopList(16);
  const bytes = encoder.encode('/one/two');
  for (let i = 0; i < 3; i++) list.count(bytes, 0, 4, 7, 9);
  list.count(bytes, 4, 4, 7, 9);
  list.count(bytes, 0, 3, 7, 9);
  assert.deepEqual(
    list.top(10).map(({ key, count }) => [key, count]),
    [
      ['/one', 3],
      ['/on', 1],
      ['/two', 1],
    ],
  );
});

test('a long key is cut, and not inside a character', () => {
  const list = new TopList(16, 8);
  add(list, '/abcdeé-one');
  add(list, '/abcdeé-two');
  add(list, '/abcdefé');
  assert.deepEqual(
    list.top(10).map(({ key, count }) => [key, count]),
    [
      ['/abcdeé', 2],
      ['/abcdef', 1],
    ],
  );
});

test('memory has a bound whatever comes', () => {
  const list = new TopList(64);
  const small = list.heldBytes;
  for (let i = 0; i < 10_000; i++) add(list, `/${i}/${'x'.repeat(300)}`);
  assert.ok(small < 5000);
  assert.ok(list.heldBytes <= 64 * 276);
  assert.equal(list.top(1000).length, 64);
});
