import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FollowedLog, MAX_LINE_BYTES } from '../../../support/followed-log.ts';

function sums(log: FollowedLog): { lines: number; bytes: number } {
  return {
    lines: log.batches.reduce((sum, batch) => sum + batch.overlongLines, 0),
    bytes: log.batches.reduce((sum, batch) => sum + batch.overlongBytes, 0),
  };
}

test('a line at the limit is handed out, one byte more and it is passed over and counted', async (t) => {
  const log = new FollowedLog(t);
  const longest = 'x'.repeat(MAX_LINE_BYTES);
  log.append(['one', longest, `${longest}y`, 'two']);
  await log.start();
  assert.deepEqual(await log.read(), ['one', longest, 'two']);
  assert.deepEqual(sums(log), { lines: 1, bytes: MAX_LINE_BYTES + 2 });
});

test('the result does not depend on where the reads happen to end', async (t) => {
  for (let shift = 0; shift < 12; shift += 1) {
    const log = new FollowedLog(t, { maxLineBytes: 20 });
    const long = 'y'.repeat(50);
    log.append(['p'.repeat(shift), long, 'a', long, long, 'z'.repeat(20), 'b']);
    await log.start();
    assert.deepEqual(await log.read(), ['p'.repeat(shift), 'a', 'z'.repeat(20), 'b']);
    assert.deepEqual(sums(log), { lines: 3, bytes: 153 });
    await log.stop();
  }
});

test('it is passed over while it is still being written, and over a restart', async (t) => {
  const log = new FollowedLog(t);
  log.append('x'.repeat(MAX_LINE_BYTES * 3));
  await log.start();
  assert.deepEqual(await log.read(), []);
  assert.equal(sums(log).lines, 0, 'it is no line before its end');
  await log.restart(() => log.append('x'.repeat(100)));
  assert.deepEqual(await log.read(), []);
  log.append('x\ntwo\n');
  assert.deepEqual(await log.read(), ['two']);
  assert.deepEqual(sums(log), { lines: 1, bytes: MAX_LINE_BYTES * 3 + 102 });
});

test('started at the end inside one', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'end' });
  log.append('x'.repeat(MAX_LINE_BYTES * 3));
  await log.start();
  log.append('x\ntwo\n');
  assert.deepEqual(await log.read(), ['two']);
});
