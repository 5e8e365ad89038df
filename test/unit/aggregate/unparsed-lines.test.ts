import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REASON_NUMBER, REASON_OVERLONG, REASON_SHAPE } from '../../../src/parse/record-batch.ts';
import { NOON_S, ROW_BYTES, WindowBench } from '../../support/log-rows.ts';

test('an unparsed line is accounted for in the newest window at its place in the stream', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, {}, { atS: NOON_S + 10 }, { reason: REASON_NUMBER }], NOON_S + 12);
  bench.take('last', NOON_S + 12);
  assert.deepEqual(
    [bench.window(NOON_S).agent.unparsed, bench.window(NOON_S + 10).agent.unparsed],
    [1, 1],
  );
  assert.equal(bench.windows.counters.reasons[REASON_SHAPE], 1);
  assert.equal(bench.windows.counters.reasons[REASON_NUMBER], 1);
});

test('over-long lines count with all their bytes', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.windows.addOverlong(2, 5_000_000, true);
  bench.windows.addOverlong(0, 0, true);
  bench.take('last', NOON_S);
  const { lines, unparsed, bytes } = bench.window(NOON_S).agent;
  assert.deepEqual([lines, unparsed, bytes], [3, 2, 5_000_000 + ROW_BYTES]);
  assert.equal(bench.windows.counters.reasons[REASON_OVERLONG], 2);
});

test('unparsed lines before any record go to the first window', () => {
  const bench = new WindowBench();
  bench.add([{}, {}], NOON_S + 1000);
  assert.deepEqual(bench.take('catching-up', NOON_S + 1000), []);
  bench.restart();
  bench.add([{ atS: NOON_S }], NOON_S + 1000);
  bench.take('last', NOON_S);
  assert.equal(bench.window(NOON_S).agent.unparsed, 2);
  assert.equal(bench.window(NOON_S).agent.bytes, 3 * ROW_BYTES);
});

test('a log that can never be parsed shows its lines where the clock is, every window anew', () => {
  const bench = new WindowBench({ latenessS: 60 });
  for (let nowS = NOON_S; nowS < NOON_S + 600; nowS += 10) {
    bench.add([{}], nowS + 5);
    bench.take('caught-up', nowS + 11);
  }
  bench.take('last', NOON_S + 602);
  assert.equal(bench.sum('unparsed'), 60);
  for (let startS = NOON_S + 20; startS < NOON_S + 590; startS += 10) {
    assert.equal(bench.window(startS).agent.unparsed, 1, `window ${startS - NOON_S}`);
  }
  assert.ok(bench.windows.openWindows < 12, `${bench.windows.openWindows} windows are held`);
});

test('a log that has become unparsable shows it within a minute or so', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }], NOON_S);
  for (let nowS = NOON_S; nowS < NOON_S + 300; nowS += 10) {
    bench.add([{}], nowS + 5);
    bench.take('caught-up', nowS + 11);
  }
  // The first minute's stand at the last record, then every window shows its own.
  assert.equal(bench.window(NOON_S).agent.unparsed, 6);
  for (let startS = NOON_S + 60; startS < NOON_S + 300; startS += 10) {
    assert.equal(bench.window(startS).agent.unparsed, 1, `window ${startS - NOON_S}`);
  }
  assert.equal(bench.sum('unparsed'), 30);
});

test('a line ahead of the clock does not take the unparsed lines with it', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 40_000 }, {}], NOON_S + 5);
  bench.take('caught-up', NOON_S + 11);
  assert.equal(bench.window(NOON_S).agent.unparsed, 1);
});

test('a record never opens a window anew that was forgotten with unparsed lines in it', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 201);
  bench.add([{}], NOON_S + 202);
  bench.take('caught-up', NOON_S + 211);
  const before = bench.window(NOON_S + 200).agent.unparsed;
  assert.equal(before, 1);
  bench.take('caught-up', NOON_S + 401);
  bench.add([{ atS: NOON_S + 203 }, { atS: NOON_S + 395 }], NOON_S + 402);
  bench.take('caught-up', NOON_S + 411);
  assert.equal(bench.window(NOON_S + 200).agent.unparsed, 1);
  assert.equal(bench.windows.counters.late, 1);
  assert.equal(bench.sum('lines'), 4);
});
