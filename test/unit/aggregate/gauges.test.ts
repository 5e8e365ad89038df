import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, WindowBench } from '../../support/log-rows.ts';

const GAUGES = { unreadBytes: 10, lagMs: 20, rotations: 1, truncations: 2 };

function sums(bench: WindowBench): { rotations: number; truncations: number } {
  const sum = { rotations: 0, truncations: 0 };
  for (const { agent } of bench.stored.values()) {
    sum.rotations += agent.rotations;
    sum.truncations += agent.truncations;
  }
  return sum;
}

test('a rotation stands in one window, however many are handed over with it', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 300 }], NOON_S + 300);
  bench.take('live', NOON_S + 300, GAUGES);
  assert.equal(bench.stored.size, 30);
  assert.deepEqual(sums(bench), { rotations: 1, truncations: 2 });
  assert.equal(bench.window(NOON_S + 290).agent.rotations, 1);
  for (const startS of [NOON_S, NOON_S + 290]) {
    const { lagMs, unreadBytes } = bench.window(startS).agent;
    assert.deepEqual([lagMs, unreadBytes], [20, 10]);
  }
});

test('a rotation waits for a window, over a restart too', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('live', NOON_S + 1, GAUGES);
  assert.equal(bench.stored.size, 0);
  bench.restart();
  bench.take('caught-up', NOON_S + 11, { ...GAUGES, lagMs: 5 });
  assert.deepEqual(sums(bench), { rotations: 2, truncations: 4 });
  assert.equal(bench.window(NOON_S).agent.lagMs, 20);
});

test('a correction repeats the figures of the first time, also of a window that was quiet', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 11);
  bench.take('caught-up', NOON_S + 21, GAUGES);
  assert.equal(bench.window(NOON_S + 10).agent.rotations, 1);
  bench.restart();
  bench.add([{ atS: NOON_S + 12 }, { atS: NOON_S + 1 }], NOON_S + 22);
  bench.take('caught-up', NOON_S + 31, { ...GAUGES, rotations: 0, truncations: 0 });
  assert.equal(bench.window(NOON_S + 10).agent.counted, 1);
  assert.deepEqual(sums(bench), { rotations: 1, truncations: 2 });
});
