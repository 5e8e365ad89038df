import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row, WindowBench } from '../../../support/log-rows.ts';

function neverBench(latenessS = 60): WindowBench {
  return new WindowBench({ rewrite: 'never', latenessS });
}

test('a window is handed over once, when its lateness is over', () => {
  const bench = neverBench();
  bench.add([{ atS: NOON_S }], NOON_S);
  assert.deepEqual(bench.take('caught-up', NOON_S + 70), []);
  bench.add([{ atS: NOON_S + 5 }], NOON_S + 70);
  assert.deepEqual(bench.take('caught-up', NOON_S + 71), [NOON_S]);
  assert.equal(bench.window(NOON_S).agent.counted, 2);
  bench.add([{ atS: NOON_S + 6 }], NOON_S + 72);
  assert.equal(bench.windows.counters.late, 1);
  bench.take('caught-up', NOON_S + 200);
  assert.deepEqual(new Set(bench.timesHandedOver.values()), new Set([1]));
  assert.equal(bench.sum('lines'), 3);
});

test('late and unparsed lines go to a window that has not been written', () => {
  const bench = neverBench(0);
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 31);
  // The newest record's window has been written by the clock; these come within the minute.
  bench.add([{}, { atS: NOON_S + 3 }], NOON_S + 32);
  bench.take('caught-up', NOON_S + 61);
  assert.deepEqual(new Set(bench.timesHandedOver.values()), new Set([1]));
  assert.equal(bench.sum('unparsed'), 1);
  assert.equal(bench.sum('late'), 1);
});

test('the window in which the meter started is not lost', () => {
  const bench = neverBench(60);
  bench.take('caught-up', NOON_S + 5);
  bench.add([{ atS: NOON_S + 6 }], NOON_S + 6);
  for (let nowS = NOON_S + 11; nowS < NOON_S + 100; nowS += 10) bench.take('caught-up', nowS);
  assert.equal(bench.window(NOON_S).agent.counted, 1);
  assert.deepEqual([...bench.stored.keys()], row(NOON_S, 3));
  assert.deepEqual(new Set(bench.timesHandedOver.values()), new Set([1]));
});

test('a restart, a gap of hours and a portioned hand-over write nothing twice', () => {
  const bench = neverBench(60);
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 75);
  const laterS = NOON_S + 80_000;
  bench.add([{ atS: laterS }], laterS + 5);
  while (bench.windows.takeDue('live', laterS * 1000).length > 0) {
    bench.restart();
  }
  bench.restart();
  bench.add([{ atS: laterS + 200 }], laterS + 205);
  const starts = bench.take('caught-up', laterS + 210);
  assert.equal(starts.filter((startS) => startS === laterS).length, 1);
  assert.equal(Math.max(...bench.timesHandedOver.values()), 1);
  assert.ok(bench.windows.openWindows <= 8);
});
