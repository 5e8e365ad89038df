import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row, WindowBench } from '../../../support/log-rows.ts';

const TONIGHT_S = NOON_S + 43_200;

test('the first window of a log whose beginning is gone is never written', () => {
  const bench = new WindowBench({ latenessS: 0 });
  bench.windows.leaveFirstWindowAlone();
  bench.add(
    [{ atS: NOON_S + 5 }, { atS: NOON_S + 6 }, { atS: NOON_S + 12 }, { atS: NOON_S + 20 }],
    TONIGHT_S,
  );
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), [NOON_S + 10]);
  assert.equal(bench.take('caught-up', NOON_S + 41).includes(NOON_S), false);
  assert.equal(bench.windows.counters.counted, 4);
});

test('that holds over a restart, and for lines that come late', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.windows.leaveFirstWindowAlone();
  bench.restart();
  bench.add([{ atS: NOON_S + 5 }], NOON_S + 6);
  bench.restart();
  bench.add([{ atS: NOON_S + 4 }, { atS: NOON_S - 1 }], NOON_S + 12);
  assert.deepEqual(bench.take('caught-up', NOON_S + 31), [NOON_S + 10, NOON_S + 20]);
  bench.take('last', NOON_S + 31);
  assert.equal(bench.stored.has(NOON_S), false);
  assert.equal(bench.stored.has(NOON_S - 10), false);
});

test('the windows after it begin right behind it, zeros included', () => {
  const bench = new WindowBench();
  bench.windows.leaveFirstWindowAlone();
  bench.add([{ atS: NOON_S + 5 }], NOON_S + 6);
  assert.deepEqual(bench.take('caught-up', NOON_S + 31), [NOON_S + 10, NOON_S + 20]);
});

test('when nothing of the rest can be parsed, the running window is left alone and the next one shows it', () => {
  const bench = new WindowBench();
  bench.windows.leaveFirstWindowAlone();
  bench.add([{}], NOON_S + 5);
  bench.take('caught-up', NOON_S + 6);
  bench.add([{}], NOON_S + 14);
  assert.deepEqual(bench.take('caught-up', NOON_S + 21), [NOON_S + 10]);
  bench.add([{}], NOON_S + 25);
  bench.take('caught-up', NOON_S + 31);
  assert.equal(bench.stored.has(NOON_S), false);
  assert.ok(bench.sum('unparsed') >= 1);
});

test('lines of a rotated predecessor complete the first window, and theirs alone are not written', () => {
  const bench = new WindowBench({ latenessS: 0 });
  bench.add([{ atS: NOON_S - 25 }, { atS: NOON_S - 12 }, { atS: NOON_S + 1 }], TONIGHT_S, false);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), []);
  bench.add([{ atS: NOON_S + 2 }, { atS: NOON_S + 20 }], TONIGHT_S);
  assert.deepEqual(bench.take('catching-up', TONIGHT_S), row(NOON_S, 2));
  assert.equal(bench.window(NOON_S).agent.counted, 2);
});

test('a predecessor without a successor is not written, whatever the clock says', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S + 1 }, {}], TONIGHT_S, false);
  bench.take('catching-up', TONIGHT_S);
  bench.take('live', TONIGHT_S);
  bench.take('caught-up', TONIGHT_S);
  bench.take('caught-up', TONIGHT_S + 31);
  const starts = [...bench.stored.keys()];
  assert.ok(starts.length > 0 && starts.every((startS) => startS >= TONIGHT_S), String(starts));
});

test('a late line of the log itself completes a window of the predecessor', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S - 8 }, { atS: NOON_S + 1 }], TONIGHT_S, false);
  bench.add([{ atS: NOON_S + 3 }, { atS: NOON_S - 2 }], TONIGHT_S);
  bench.take('last', NOON_S + 3);
  assert.deepEqual([...bench.stored.keys()], [NOON_S - 10, NOON_S]);
  assert.equal(bench.window(NOON_S - 10).agent.counted, 2);
});
