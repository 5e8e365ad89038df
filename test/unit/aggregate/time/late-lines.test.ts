import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, ROW_BYTES, row, WindowBench } from '../../../support/log-rows.ts';

test('a line within the lateness corrects its window, whole', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S, status: 500, bytesOut: 7 }], NOON_S);
  bench.take('caught-up', NOON_S + 31);
  bench.add([{ atS: NOON_S + 1, status: 200, bytesOut: 5 }], NOON_S + 32);
  assert.deepEqual(bench.take('caught-up', NOON_S + 41), [NOON_S, NOON_S + 30]);
  const { count, traffic, errors, classes } = bench.site(NOON_S);
  assert.deepEqual([count, traffic, errors, classes], [2, 12, 1, [0, 1, 0, 0, 1]]);
});

test('a line for a window that was written as zeros fills it', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 31);
  assert.equal(bench.window(NOON_S + 10).agent.counted, 0);
  bench.add([{ atS: NOON_S + 15 }], NOON_S + 32);
  assert.deepEqual(bench.take('live', NOON_S + 32), [NOON_S + 10]);
  assert.equal(bench.window(NOON_S + 10).agent.counted, 1);
});

test('a line beyond the lateness is counted as late, in the newest window', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }, { atS: NOON_S + 70 }, { atS: NOON_S + 9 }], NOON_S + 70);
  bench.take('last', NOON_S + 70);
  assert.equal(bench.windows.counters.late, 1);
  assert.equal(bench.window(NOON_S).agent.counted, 1);
  const { lines, counted, late, bytes } = bench.window(NOON_S + 70).agent;
  assert.deepEqual([lines, counted, late, bytes], [2, 1, 1, 2 * ROW_BYTES]);
});

test('whether a line is late hangs on the lines before it, not on when windows were taken', () => {
  const lines = [
    { atS: NOON_S },
    { atS: NOON_S + 200 },
    { atS: NOON_S + 100 },
    { atS: NOON_S + 150 },
  ];
  const late = [true, false].map((isTaken) => {
    const bench = new WindowBench({ latenessS: 60 });
    for (const line of lines) {
      bench.add([line], NOON_S + 300);
      if (isTaken) bench.take('live', NOON_S + 300);
    }
    return bench.windows.counters.late;
  });
  assert.deepEqual(late, [1, 1]);
});

test('a quiet log does not make its next line late, however long it was buffered', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.take('caught-up', NOON_S + 3601);
  bench.add([{ atS: NOON_S + 20 }, { atS: NOON_S + 3500 }], NOON_S + 3602);
  assert.equal(bench.windows.counters.late, 0);
  assert.deepEqual(bench.take('caught-up', NOON_S + 3602), [NOON_S + 20, NOON_S + 3500]);
  assert.equal(bench.sum('counted'), 3);
});

test('windows are forgotten once the watermark has passed them by the lateness', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add(
    row(NOON_S, 100).map((atS) => ({ atS })),
    NOON_S + 990,
  );
  bench.take('caught-up', NOON_S + 1001);
  // 990 is the watermark; the window that begins at 930 ends at 940 and takes lines until 1000.
  assert.equal(bench.windows.openWindows, 7);
});

test('a window of filtered lines is kept by their time, like one of counted lines', () => {
  const bench = new WindowBench({ latenessS: 60 });
  bench.add([{ atS: NOON_S }], NOON_S);
  const snapshot = bench.windows.snapshot();
  const [window] = snapshot.open.windows;
  if (window === undefined) throw new Error('no window is open');
  const filtered = { ...window, agent: [0, 0, 0, 1, ROW_BYTES] as const, series: [] };
  const restored = new WindowBench({ latenessS: 60 });
  restored.windows.restore({ ...snapshot, open: { ...snapshot.open, windows: [filtered] } });
  restored.take('caught-up', NOON_S + 200);
  restored.add([{ atS: NOON_S + 5 }], NOON_S + 201);
  restored.take('caught-up', NOON_S + 201);
  const { counted, filtered: ignored, late } = restored.window(NOON_S).agent;
  assert.deepEqual([counted, ignored, late], [1, 1, 0]);
});
