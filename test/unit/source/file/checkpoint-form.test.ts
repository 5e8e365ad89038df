import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFollowCheckpoint } from '../../../../src/source/rotation/follow-checkpoint.ts';
import { FollowedLog, lines } from '../../../support/followed-log.ts';

test('a checkpoint is plain JSON, is read back whole, and holds no bytes of the log', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('secret', 0, 50), log.at('access.log.1'));
  log.append(lines('secret', 50, 50));
  await log.start();
  await log.read();
  const checkpoint = log.source.checkpoint();
  const text = JSON.stringify(checkpoint);
  assert.deepEqual(readFollowCheckpoint(JSON.parse(text)), checkpoint);
  assert.ok(!text.includes('secret'));
});

test('another form is refused', () => {
  for (const value of [undefined, null, 7, {}, { logs: {} }, { logs: [{ path: '/x' }] }]) {
    assert.equal(readFollowCheckpoint(value), undefined);
  }
});
