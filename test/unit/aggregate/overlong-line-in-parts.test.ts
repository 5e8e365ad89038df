import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, ROW_BYTES, WindowBench } from '../../support/log-rows.ts';

test('an over-long line that was passed over in parts counts once, with the bytes of every part', () => {
  const bench = new WindowBench();
  bench.windows.addOverlong(0, 300, true);
  bench.windows.addOverlong(1, 20, true);
  bench.add([{ atS: NOON_S }], NOON_S);
  bench.windows.addOverlong(0, 4000, true);
  bench.windows.addOverlong(0, 4000, true);
  bench.restart();
  bench.windows.addOverlong(1, 1000, true);
  bench.take('last', NOON_S);
  const { lines, unparsed, bytes } = bench.window(NOON_S).agent;
  assert.deepEqual([lines, unparsed, bytes], [3, 2, ROW_BYTES + 320 + 9000]);
});
