import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row, WindowBench } from '../../../support/log-rows.ts';

const TONIGHT_S = NOON_S + 43_200;

test('while catching up, a window is held back until no later line can change it', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 69 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  bench.add([{ atS: NOON_S + 1 }, { atS: NOON_S + 70 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), [NOON_S]);
  assert.equal(bench.window(NOON_S).agent.counted, 2);
  bench.add([{ atS: NOON_S + 2 }], TONIGHT_S);
  assert.equal(bench.windows.counters.late, 1);
});

test('a log that is read back begins with its first window, not with zeros before it', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], TONIGHT_S);
  // Asked before any window is over: what lies before the first line was written by others.
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  bench.add([{ atS: NOON_S + 95 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), row(NOON_S, 3));
});

test('an earlier line within the lateness may still become the first', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S + 50 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 130 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), row(NOON_S, 7));
});

test('a window of the checkpoint that grows while catching up is not written in part', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 11);
  assert.equal(bench.window(NOON_S).agent.counted, 1);
  bench.restart();
  bench.add([{ atS: NOON_S + 1 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  bench.add([{ atS: NOON_S + 2 }, { atS: NOON_S + 20 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  assert.deepEqual(bench.take('live', TONIGHT_S), [NOON_S, NOON_S + 10]);
  assert.equal(bench.window(NOON_S).agent.counted, 3);
});

test('lines of a log that appears later with an old time are written, before the zeros began', () => {
  const bench = new WindowBench();
  bench.take('caught-up', TONIGHT_S);
  bench.take('caught-up', TONIGHT_S + 21);
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 500 }], TONIGHT_S + 22);
  assert.deepEqual(bench.take('live', TONIGHT_S + 22), [NOON_S, NOON_S + 500]);
});

test('what is overdue is counted in series, to be handed over in portions', () => {
  const bench = new WindowBench({ latenessS: 0 });
  const rows = row(NOON_S, 10).flatMap((atS) => [
    { atS, site: 'a.example' },
    { atS, site: 'b.example' },
  ]);
  bench.add(rows, TONIGHT_S);
  assert.equal(bench.windows.overdueSeries(TONIGHT_S * 1000), 9 * 3);
  bench.take('catching-up', TONIGHT_S);
  assert.equal(bench.windows.overdueSeries(TONIGHT_S * 1000), 0);
  assert.equal(bench.windows.openWindows, 1);
});
