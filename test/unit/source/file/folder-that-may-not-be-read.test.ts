import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { unreadableFolders } from '../../../../src/source/disk/unreadable-folders.ts';
import { asNobody, lockFolder } from '../../../support/as-nobody.ts';
import { FollowedLog, lines, pathSetting } from '../../../support/followed-log.ts';
import { waitUntil } from '../../../support/wait-until.ts';

/** `open` and `locked` beside each other, a log in each; a source that follows DIR/pattern. */
function folders(t: TestContext, pattern: string) {
  const base = new FollowedLog(t);
  for (const name of ['open', 'locked']) {
    mkdirSync(base.at(name), { mode: 0o755 });
    base.append(lines(name, 0, 1), base.at(`${name}/a.log`));
  }
  const locked = base.at('locked');
  lockFolder(t, locked);
  const log = new FollowedLog(t, { paths: [pathSetting(base.at(pattern))] });
  return { base, locked, log };
}

test('it is reported with the remedy, and read once it may be', async (t) => {
  const { locked, log } = folders(t, 'locked/*.log');
  await asNobody(async () => {
    await log.start();
    assert.deepEqual(await log.read(), []);
  });
  const [notice] = log.notices;
  assert.equal(notice?.code, 'folder-unreadable');
  assert.equal(notice?.subject, locked);
  assert.ok(notice.message.startsWith(`The folder ${locked} cannot be read (EACCES)`));
  assert.match(notice.message, /This process runs as .*group_add/);
  assert.deepEqual(log.source.folders?.(), [{ folder: locked, trouble: notice.message }]);
  chmodSync(locked, 0o755);
  await log.clock.advance(1000);
  assert.deepEqual(await log.read(), lines('locked', 0, 1));
  assert.deepEqual(log.source.folders?.(), []);
  assert.equal(log.notices.at(-1)?.code, 'folder-readable');
  assert.equal(log.notices.at(-1)?.subject, locked);
});

test('one of many that a * stands for is a warning, and the others are followed', async (t) => {
  const { base, locked, log } = folders(t, '*/a.log');
  await asNobody(async () => {
    await log.start();
    assert.deepEqual(await log.read(), lines('open', 0, 1));
  });
  assert.deepEqual([log.notices[0]?.code, log.notices[0]?.subject], ['folder-skipped', locked]);
  assert.deepEqual(log.source.folders?.(), [], 'the meter is ready');
  rmSync(base.at('open'), { recursive: true });
  await asNobody(() => log.start());
  assert.equal(log.source.folders?.()[0]?.folder, locked, 'nothing else is found');
});

test('the folder that is named is the one that refuses, wherever it stands', async (t) => {
  const { base, locked } = folders(t, '*');
  const refusing = async (pattern: string) => {
    const found = await asNobody(() => unreadableFolders(base.at(pattern)));
    return found.map(({ folder, isNamed }) => [folder, isNamed]);
  };
  assert.deepEqual(await refusing('locked/deep/er/*.log'), [[locked, true]]);
  assert.deepEqual(await refusing('*/deep/*.log'), [[locked, false]]);
  assert.deepEqual(await refusing('**/*.log'), [[locked, false]]);
  assert.deepEqual(await refusing('open/*.log'), []);
  assert.deepEqual(await refusing('open/a.log/*.log'), []);
  assert.deepEqual(await refusing('missing/*.log'), []);
  // Whoever may enter but not list finds a file by its name alone.
  chmodSync(locked, 0o111);
  assert.deepEqual(await refusing('*/a.log'), []);
  assert.deepEqual(await refusing('locked/*.log'), [[locked, true]]);
});

test('what cannot be watched is named', async (t) => {
  const { locked, log } = folders(t, 'locked/*.log');
  await asNobody(async () => {
    await log.start();
    await log.read();
    const stop = new AbortController();
    const waiting = log.source.wait(1000, stop.signal);
    await waitUntil('it was reported', () => log.codes.includes('watch-failed'));
    stop.abort();
    await waiting;
  });
  const notice = log.notices.find(({ code }) => code === 'watch-failed');
  assert.equal(notice?.subject, locked);
  assert.ok(notice.message.startsWith(`${locked} cannot be watched (EACCES)`), notice.message);
});
