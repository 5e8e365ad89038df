import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUTURE_MAX_S } from '../../../../src/aggregate/log-windows.ts';
import { WINDOWS_AHEAD_MAX } from '../../../../src/aggregate/open-windows.ts';
import { REASON_FUTURE, REASON_TIME } from '../../../../src/parse/record-batch.ts';
import { NOON_S, row, WindowBench } from '../../../support/log-rows.ts';

/** A line every 5 s from `fromS` on, read as it is written. */
function live(bench: WindowBench, fromS: number, seconds: number, shiftS = 0): void {
  for (let s = fromS; s < fromS + seconds; s += 5) {
    bench.add([{ atS: s + shiftS }], s + shiftS);
    bench.take('caught-up', s + shiftS + 1);
  }
}

test('the clock jumps forward an hour: nothing is lost, the hour is zeros', () => {
  const bench = new WindowBench();
  live(bench, NOON_S, 60);
  live(bench, NOON_S + 60, 60, 3600);
  bench.take('last', NOON_S + 3720);
  assert.equal(bench.sum('counted'), 24);
  assert.equal(bench.sum('late'), 0);
  assert.equal(bench.window(NOON_S + 1800).agent.counted, 0);
});

test('the clock jumps forward an hour and back: every line is counted or late, no window shrinks', () => {
  const bench = new WindowBench();
  live(bench, NOON_S, 600);
  live(bench, NOON_S + 600, 120, 3600);
  const before = new Map(bench.stored);
  live(bench, NOON_S + 720, 600);
  for (const [startS, { agent }] of before) {
    assert.ok(bench.window(startS).agent.lines >= agent.lines, `window ${startS - NOON_S} shrank`);
  }
  bench.take('last', NOON_S + 1320);
  assert.equal(bench.sum('lines'), 1320 / 5);
  assert.equal(bench.sum('late'), 0);
});

test('the clock goes back an hour: lines for forgotten windows are late, none is counted twice', () => {
  const bench = new WindowBench();
  live(bench, NOON_S, 7200);
  const before = new Map(bench.stored);
  live(bench, NOON_S + 7200, 3600, -3600);
  for (const [startS, { agent }] of before) {
    assert.ok(bench.window(startS).agent.counted >= agent.counted, `window ${startS} shrank`);
  }
  bench.take('last', NOON_S + 7200);
  assert.equal(bench.sum('lines'), (7200 + 3600) / 5);
  assert.ok(bench.sum('late') > 600 && bench.sum('late') < 720, `${bench.sum('late')} late`);
});

test('a line ahead of the clock waits for its time and moves nothing else', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 3600 }, { atS: NOON_S + 1 }], NOON_S + 2);
  assert.deepEqual(bench.take('live', NOON_S + 2), []);
  assert.deepEqual(bench.take('caught-up', NOON_S + 11), [NOON_S]);
  assert.equal(bench.windows.counters.late, 0);
  live(bench, NOON_S + 10, 3600);
  assert.equal(bench.timesHandedOver.has(NOON_S + 3600), false);
  bench.take('last', NOON_S + 3611);
  assert.equal(bench.window(NOON_S + 3600).agent.counted, 3);
  assert.equal(bench.sum('counted'), 3 + 720);
});

test('at the end, a line ahead of the clock is written without zeros up to it', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 3600 }], NOON_S + 2);
  assert.deepEqual(bench.take('last', NOON_S + 2), [NOON_S, NOON_S + 3600]);
  bench.restart();
  assert.deepEqual(
    bench.take('caught-up', NOON_S + 3621),
    row(NOON_S + 10, 361).filter((s) => s !== NOON_S + 3600),
  );
  assert.equal(bench.window(NOON_S + 3600).agent.counted, 1);
});

test('a time too far ahead is no time; nor is one before the epoch, nor none', () => {
  const bench = new WindowBench();
  const times = [NOON_S, NOON_S + FUTURE_MAX_S, NOON_S + FUTURE_MAX_S + 10, -5, Number.NaN];
  bench.add(
    times.map((atS) => ({ atS })),
    NOON_S,
  );
  const { counted, late, reasons } = bench.windows.counters;
  assert.deepEqual([counted, late, reasons[REASON_FUTURE], reasons[REASON_TIME]], [2, 0, 1, 2]);
  bench.take('caught-up', NOON_S + 11);
  assert.equal(bench.window(NOON_S).agent.unparsed, 3);
});

test('times all over the next day open no more windows than the limit', () => {
  const bench = new WindowBench();
  const rows = row(NOON_S, 8000).map((atS) => ({ atS }));
  bench.add(rows, NOON_S + 1);
  // The window of now is not ahead.
  assert.equal(bench.windows.openWindows, WINDOWS_AHEAD_MAX + 1);
  const { counted, reasons } = bench.windows.counters;
  assert.equal(counted, WINDOWS_AHEAD_MAX + 1);
  assert.equal(reasons[REASON_FUTURE], 8000 - counted);
  // Those that are open still take lines.
  bench.add([{ atS: NOON_S + 20 }], NOON_S + 1);
  assert.equal(bench.windows.counters.counted, counted + 1);
});

test('a process that was stopped for an hour writes no window before it has read on', () => {
  const bench = new WindowBench();
  live(bench, NOON_S, 60);
  const known = new Set(bench.stored.keys());
  // It wakes up: the first lines of the backlog are read, and there are more.
  bench.add([{ atS: NOON_S + 61 }, { atS: NOON_S + 75 }], NOON_S + 3700);
  const starts = bench.take('live', NOON_S + 3700);
  assert.deepEqual(
    starts.filter((startS) => !known.has(startS)),
    [NOON_S + 50, NOON_S + 60],
  );
});
