import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { FollowedLog, lines, openFilesIn } from '../../../support/followed-log.ts';
import { levelOf } from '../../../../src/notice/codes.ts';

test('lines written to the renamed file before nginx reopens are read, old first', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  const writer = openSync(log.path, 'a');
  t.after(() => closeSync(writer));
  log.rename('access.log', 'access.log.1');
  writeSync(writer, `${lines('a', 2, 1)[0]}\n`);
  assert.deepEqual(await log.read(), lines('a', 2, 1));
  log.append(lines('b', 0, 1));
  writeSync(writer, `${lines('a', 3, 1)[0]}\n`);
  assert.deepEqual(await log.read(), [...lines('a', 3, 1), ...lines('b', 0, 1)]);
  await log.clock.advance(4000);
  writeSync(writer, `${lines('a', 4, 1)[0]}\n`);
  assert.deepEqual(await log.read(), lines('a', 4, 1));
  assert.equal(log.source.status()[0]?.rotations, 1);
  assert.deepEqual(log.codes, ['file-rotated']);
});

test('the old descriptor is closed once the new file is there and the old has been quiet', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  await log.readAndDrain();
  assert.deepEqual(openFilesIn(log.folder), ['access.log.1'], 'no successor yet');
  log.append(lines('b', 0, 2));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 2));
  assert.deepEqual(openFilesIn(log.folder), ['access.log']);
});

test('a line written to the old file after it was closed is still read', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 1));
  await log.readAndDrain();
  log.append(lines('a', 2, 1), log.at('access.log.1'));
  assert.deepEqual(await log.read(), lines('a', 2, 1));
  log.rename('access.log.1', 'access.log.2');
  assert.deepEqual(await log.readAndDrain(), []);
  log.append(lines('a', 3, 1), log.at('access.log.2'));
  assert.deepEqual(await log.read(), lines('a', 3, 1));
});

test('two rotations between two looks: the file never seen at the path is read too', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 1));
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 2));
  log.rename('access.log.1', 'access.log.2');
  log.rename('access.log', 'access.log.1');
  log.append(lines('c', 0, 2));
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 1),
    ...lines('b', 0, 2),
    ...lines('c', 0, 2),
  ]);
});

test('the first of two rotations deletes the file that was open', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 1));
  rmSync(log.path);
  log.append(lines('b', 0, 2));
  log.rename('access.log', 'access.log.1');
  log.append(lines('c', 0, 2));
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 1),
    ...lines('b', 0, 2),
    ...lines('c', 0, 2),
  ]);
});

test('the rotated file moves on and is compressed; nothing of it is read again', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 50));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 50));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 50));
  log.rename('access.log.1', 'access.log.2');
  log.rename('access.log', 'access.log.1');
  log.append(lines('c', 0, 50));
  log.gzip('access.log.2');
  assert.deepEqual(await log.readAndDrain(), lines('c', 0, 50));
  log.gzip('access.log.1');
  assert.deepEqual(await log.readAndDrain(), []);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
  assert.ok(log.notices.every((notice) => levelOf(notice) === 'info'));
});

test('a backlog in the old file is never cut short by its closing', async (t) => {
  const log = new FollowedLog(t);
  const all = lines('a', 0, 2000);
  log.append(all);
  await log.start();
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 1));
  const read: string[] = [];
  for (;;) {
    const batch = await log.source.next();
    if (batch === undefined) break;
    read.push(...Buffer.from(batch.bytes.subarray(batch.start, batch.end)).toString().split('\n'));
    await log.clock.advance(10_000);
  }
  assert.deepEqual(
    read.filter((line) => line !== ''),
    [...all, ...lines('b', 0, 1)],
  );
});

test('the last line of a rotated file counts without a line feed, once nothing more comes', async (t) => {
  const log = new FollowedLog(t);
  log.append([...lines('a', 0, 2), 'the last one'].join('\n'));
  await log.start();
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.read(), lines('b', 0, 1));
  assert.deepEqual(await log.readAndDrain(), ['the last one']);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
  assert.deepEqual(log.codes, ['file-rotated']);
});

test('a rotated file that was read to its end may go: that is no error', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.read(), lines('b', 0, 1));
  await log.restart(() => rmSync(log.at('access.log.1')));
  assert.deepEqual(await log.readAndDrain(), []);
  assert.deepEqual(log.codes, ['file-rotated']);
});
