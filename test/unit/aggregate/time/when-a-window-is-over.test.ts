import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row, WindowBench } from '../../../support/log-rows.ts';

test('a live window is over when a line of the next one has come, not before', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 9 }], NOON_S + 9);
  assert.deepEqual(bench.take('live', NOON_S + 30), []);
  bench.add([{ atS: NOON_S + 10 }], NOON_S + 30);
  assert.deepEqual(bench.take('live', NOON_S + 30), [NOON_S]);
  assert.equal(bench.window(NOON_S).agent.counted, 2);
});

test('with everything read, the clock ends a window a second after its end', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S + 3 }], NOON_S + 3);
  assert.deepEqual(bench.take('caught-up', NOON_S + 10), []);
  assert.deepEqual(bench.take('caught-up', NOON_S + 11), [NOON_S]);
  assert.equal(bench.window(NOON_S).agent.counted, 1);
});

test('the second on the border belongs to the later window', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S + 9 }, { atS: NOON_S + 10 }], NOON_S + 10);
  bench.take('last', NOON_S + 10);
  assert.equal(bench.window(NOON_S).agent.counted, 1);
  assert.equal(bench.window(NOON_S + 10).agent.counted, 1);
});

test('quiet windows are handed over as zeros, each once', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S, site: 'a.example' }], NOON_S);
  assert.deepEqual(bench.take('caught-up', NOON_S + 41), row(NOON_S, 4));
  assert.deepEqual(bench.take('caught-up', NOON_S + 41), []);
  assert.deepEqual(bench.take('caught-up', NOON_S + 51), [NOON_S + 40]);
  const quiet = bench.site(NOON_S + 40, 'a.example');
  assert.deepEqual(
    [quiet.count, quiet.traffic, quiet.bytesIn, quiet.latency?.count, quiet.latency?.p99Ms],
    [0, 0, 0, 0, 0],
  );
  assert.equal(bench.window(NOON_S + 40).agent.lines, 0);
});

test('a log that has no line yet is written as zeros from the next whole window on', () => {
  const bench = new WindowBench();
  assert.deepEqual(bench.take('caught-up', NOON_S + 5), []);
  assert.deepEqual(bench.take('caught-up', NOON_S + 11), []);
  assert.deepEqual(bench.take('caught-up', NOON_S + 21), [NOON_S + 10]);
  assert.deepEqual(bench.window(NOON_S + 10).sites, []);
  // A line of the window in which the meter started is counted all the same.
  bench.add([{ atS: NOON_S + 4 }], NOON_S + 22);
  assert.deepEqual(bench.take('caught-up', NOON_S + 22), [NOON_S]);
});

test('once the format is known, a log without sites is owed a point of zeros', () => {
  const bench = new WindowBench();
  bench.windows.learnFormat(0);
  bench.take('caught-up', NOON_S + 5);
  bench.take('caught-up', NOON_S + 21);
  const zeros = bench.site(NOON_S + 10);
  assert.equal(zeros.count, 0);
  assert.equal(zeros.latency, undefined);
  assert.equal(zeros.bytesIn, undefined);
});

test('a gap within a log that is read back is filled with zeros', () => {
  const bench = new WindowBench({ latenessS: 0 });
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 3600 }], NOON_S + 90_000);
  assert.deepEqual(bench.take('catching-up', NOON_S + 90_000), row(NOON_S, 360));
});

test('a gap of more than a day is left empty', () => {
  const bench = new WindowBench({ latenessS: 0 });
  const laterS = NOON_S + 10 + 86_410;
  bench.add([{ atS: NOON_S }, { atS: laterS }, { atS: laterS + 30 }], laterS + 30);
  assert.deepEqual(bench.take('catching-up', laterS + 30), [NOON_S, ...row(laterS, 3)]);
});

test('a gap of a day and no more is filled, portion by portion', () => {
  const bench = new WindowBench({ latenessS: 0 });
  const laterS = NOON_S + 10 + 86_400;
  bench.add([{ atS: NOON_S }, { atS: laterS }], laterS);
  const first = bench.windows.takeDue('catching-up', laterS * 1000);
  assert.ok(first.length > 100 && first.length < 4000, `${first.length} windows at once`);
  const rest = bench.take('catching-up', laterS);
  assert.deepEqual([...first.map(({ startS }) => startS), ...rest], row(NOON_S, 8641));
});

test('after a stop of less than a day the missed windows are zeros, after a longer one nothing', () => {
  for (const [downS, zeros] of [
    [7200, 720],
    [100_000, 0],
  ] as const) {
    const bench = new WindowBench();
    bench.add([{ atS: NOON_S }], NOON_S);
    bench.take('caught-up', NOON_S + 11);
    bench.restart();
    assert.deepEqual(bench.take('catching-up', NOON_S + 11 + downS), []);
    assert.equal(bench.take('caught-up', NOON_S + 11 + downS).length, zeros);
  }
});

test('the last hand-over holds the running window too, and the clock does not end it', () => {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 12 }], NOON_S + 12);
  assert.deepEqual(bench.take('last', NOON_S + 13), [NOON_S, NOON_S + 10]);
  bench.restart();
  bench.add([{ atS: NOON_S + 14 }], NOON_S + 40);
  assert.deepEqual(bench.take('caught-up', NOON_S + 41), row(NOON_S + 10, 3));
  assert.equal(bench.window(NOON_S + 10).agent.counted, 2);
});
