import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FollowedLog, lines } from '../../../support/followed-log.ts';

test('lines are handed out once, in order, as they are appended', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 3));
  await log.start();
  assert.deepEqual(await log.read(), lines('a', 0, 3));
  assert.deepEqual(await log.read(), []);
  log.append(lines('a', 3, 2));
  assert.deepEqual(await log.read(), lines('a', 3, 2));
  assert.deepEqual(log.source.status(), [
    {
      log: 'access',
      path: log.path,
      unreadBytes: 0,
      caughtUp: true,
      rotations: 0,
      truncations: 0,
    },
  ]);
});

test('more lines than fit the buffer come in several batches', async (t) => {
  const log = new FollowedLog(t);
  const all = lines('a', 0, 1000);
  log.append(all);
  await log.start();
  assert.deepEqual(await log.read(), all);
  assert.ok(log.batches.length > 10);
});

test('half a line waits until its end has been written', async (t) => {
  const log = new FollowedLog(t);
  log.append('one\ntw');
  await log.start();
  assert.deepEqual(await log.read(), ['one']);
  assert.equal(log.source.status()[0]?.unreadBytes, 2);
  assert.equal(log.source.status()[0]?.caughtUp, true);
  await log.restart();
  log.append('o');
  assert.deepEqual(await log.read(), []);
  log.append('\nthree\n');
  assert.deepEqual(await log.read(), ['two', 'three']);
});

test('carriage returns and NUL bytes belong to the line; an empty line is a line', async (t) => {
  const log = new FollowedLog(t);
  log.append('one\r\n\n\0two\0\n');
  await log.start();
  assert.deepEqual(await log.read(), ['one\r', '', '\0two\0']);
});

test('a restart goes on from the checkpoint, and repeats what was read after it', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 3));
  await log.start();
  await log.read();
  const checkpoint = log.checkpoint();
  log.append(lines('a', 3, 2));
  assert.deepEqual(await log.read(), lines('a', 3, 2));
  await log.start(checkpoint);
  assert.deepEqual(await log.read(), lines('a', 3, 2));
  await log.restart();
  assert.deepEqual(await log.read(), []);
});

test('the checkpoint of a batch in hand counts that batch as handed out', async (t) => {
  const log = new FollowedLog(t);
  const all = lines('a', 0, 500);
  log.append(all);
  await log.start();
  const first = await log.source.next();
  const count = Buffer.from(first?.bytes.subarray(0, first.end) ?? '')
    .toString()
    .split('\n').length;
  await log.restart();
  assert.deepEqual(await log.read(), all.slice(count - 1));
});
