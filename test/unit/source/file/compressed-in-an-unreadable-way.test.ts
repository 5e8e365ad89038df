import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FollowedLog, lines } from '../../../support/followed-log.ts';
import { levelOf } from '../../../../src/notice/codes.ts';

/** What `xz` leaves behind: another content, the same time. */
function xz(log: FollowedLog, name: string, time = statSync(log.at(name))): void {
  rmSync(log.at(name));
  writeFileSync(log.at(`${name}.xz`), Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]));
  utimesSync(log.at(`${name}.xz`), time.atime, time.mtime);
}

test('a file that was read before it was compressed is no trouble', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  log.append(lines('a', 2, 2));
  log.rename('access.log', 'access.log.1');
  xz(log, 'access.log.1');
  log.append(lines('b', 0, 2));
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 2), ...lines('b', 0, 2)]);
  assert.deepEqual(log.codes, ['file-rotated']);
  assert.equal(log.source.status()[0]?.caughtUp, true);
});

test('one that was not: it is said which file, and that gzip could be read', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2));
  await log.start();
  await log.read();
  await log.restart(() => {
    log.append(lines('a', 2, 2));
    log.rename('access.log', 'access.log.1');
    // The new file must not get the inode of the old one.
    const held = openSync(log.at('access.log.1'), 'r');
    t.after(() => closeSync(held));
    xz(log, 'access.log.1');
    log.append(lines('b', 0, 2));
  });
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 2));
  const errors = log.notices.filter((notice) => levelOf(notice) === 'error');
  assert.deepEqual([...new Set(errors.map((notice) => notice.code))].toSorted(), [
    'rotated-file-not-found',
    'rotated-file-unreadable',
  ]);
  const unreadable = errors.find((notice) => notice.code === 'rotated-file-unreadable');
  assert.equal(unreadable?.subject, log.at('access.log.1.xz'));
  assert.match(unreadable?.message ?? '', /gzip/);
});

for (const readFrom of ['beginning', 'all'] as const) {
  test(`started without a checkpoint, from ${readFrom}: its bytes are never taken for lines`, async (t) => {
    const log = new FollowedLog(t, { readFrom });
    log.append('z', log.at('access.log.1'));
    xz(log, 'access.log.1');
    log.append('\n\n', log.at('access.log.1.xz'));
    log.append(lines('a', 0, 2));
    await log.start();
    assert.deepEqual(await log.readAndDrain(), lines('a', 0, 2));
    assert.deepEqual(log.codes, ['rotated-file-unreadable']);
    assert.equal(log.batches[0]?.headLost, readFrom === 'beginning');
  });
}
