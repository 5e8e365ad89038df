import assert from 'node:assert/strict';
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FollowedLog, lines } from '../../../support/followed-log.ts';
import { levelOf } from '../../../../src/notice/codes.ts';

test('what was appended between the last read and the copy is read from the copy', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 2));
  log.copytruncate('access.log.1');
  assert.deepEqual(await log.read(), lines('a', 2, 2));
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 1));
  assert.equal(log.source.status()[0]?.truncations, 1);
  assert.equal(log.source.status()[0]?.rotations, 0);
  assert.deepEqual(log.codes, ['file-truncated']);
});

test('a truncated file that has grown past the position again is noticed', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 2));
  log.copytruncate('access.log.1');
  log.append(lines('b', 0, 20));
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 2), ...lines('b', 0, 20)]);
});

test('the copy has been compressed already', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 40));
  log.copytruncate('access.log-20261122');
  log.gzip('access.log-20261122');
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 40), ...lines('b', 0, 1)]);
});

test('twice between two looks', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 1));
  log.copytruncate('access.log.1');
  log.append(lines('b', 0, 3));
  log.rename('access.log.1', 'access.log.2');
  log.copytruncate('access.log.1');
  log.append(lines('c', 0, 4));
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('a', 2, 1),
    ...lines('b', 0, 3),
    ...lines('c', 0, 4),
  ]);
});

test('without a copy it is said what may be lost, and reading goes on', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  truncateSync(log.path);
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 1));
  assert.deepEqual(log.codes, ['file-truncated', 'copy-not-found']);
  assert.ok(log.notices[1] !== undefined && levelOf(log.notices[1]) === 'error');
});

test('a copy in progress, or never followed by a truncation, is not read', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 20));
  await log.start();
  await log.read();
  writeFileSync(log.at('access.log.1'), lines('a', 0, 1)[0]?.slice(0, 40) ?? '');
  log.append(lines('a', 20, 1));
  assert.deepEqual(await log.readAndDrain(), lines('a', 20, 1));
  copyFileSync(log.path, log.at('access.log.1'));
  assert.deepEqual(await log.readAndDrain(), []);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
  truncateSync(log.path);
  log.append(lines('b', 0, 1));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 1));
  assert.deepEqual(log.codes, ['file-truncated']);
});

test('the file was empty at the last look, and is filled, copied and truncated before the next', async (t) => {
  const log = new FollowedLog(t);
  log.append('');
  await log.start();
  assert.deepEqual(await log.read(), []);
  log.append(lines('a', 0, 3));
  log.copytruncate('access.log.1');
  assert.deepEqual(await log.read(), lines('a', 0, 3));
  log.append(lines('b', 0, 2));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 2));
});

test('a short copy, made before the last lines were read, is not read again after a restart', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  copyFileSync(log.path, log.at('access.log.1'));
  log.append(lines('a', 2, 1));
  assert.deepEqual(await log.read(), lines('a', 2, 1));
  await log.restart(() => {
    truncateSync(log.path);
    log.append(lines('b', 0, 1));
  });
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 1));
});
