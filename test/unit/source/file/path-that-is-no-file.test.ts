import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { asNobody } from '../../../support/as-nobody.ts';
import { FollowedLog, lines, pathSetting } from '../../../support/followed-log.ts';
import { endsOf } from '../../../../src/notice/codes.ts';

/** Plants something at the path, sees the one code reported, then puts a file there. */
async function troubleThenFile(t: TestContext, plant: (path: string) => void, code: string) {
  const log = new FollowedLog(t);
  plant(log.path);
  await log.start();
  assert.deepEqual(await log.read(), []);
  assert.deepEqual(await log.read(), []);
  assert.deepEqual([...new Set(log.codes)], [code]);
  const notice = log.notices[0];
  assert.equal(notice?.subject, log.path);
  assert.equal(log.source.status()[0]?.trouble, notice?.message);
  assert.equal(log.source.status()[0]?.caughtUp, true);
  rmSync(log.path, { recursive: true, force: true });
  log.append(lines('a', 0, 2));
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  assert.equal(log.source.status()[0]?.trouble, undefined);
  const last = log.notices.at(-1);
  assert.ok(last !== undefined && endsOf(last).includes(code));
  return notice?.message ?? '';
}

test('nothing there', async (t) => {
  const message = await troubleThenFile(t, () => {}, 'log-missing');
  assert.match(message, /LOG_PATHS/);
});

for (const target of ['/dev/stdout', '/dev/stderr', '/proc/self/fd/1', '/dev/fd/2']) {
  test(`the official image's link to ${target}`, async (t) => {
    const plant = (path: string) => symlinkSync(target, path);
    const message = await troubleThenFile(t, plant, 'log-is-terminal');
    assert.match(message, /access_log \/var\/log\/shared\/access\.log combined;/);
  });
}

test('a link to a link to the terminal', async (t) => {
  const plant = (path: string) => {
    symlinkSync('/dev/stdout', `${path}.target`);
    symlinkSync('access.log.target', path);
  };
  await troubleThenFile(t, plant, 'log-is-terminal');
});

test('a folder', async (t) => {
  await troubleThenFile(t, (path) => mkdirSync(path), 'log-not-a-file');
});

test('a pipe: it is never opened, so nothing hangs', async (t) => {
  await troubleThenFile(t, (path) => execFileSync('mkfifo', [path]), 'log-not-a-file');
});

test('a device', async (t) => {
  const plant = (path: string) => symlinkSync('/dev/null', path);
  await troubleThenFile(t, plant, 'log-not-a-file');
});

test('a link that leads nowhere yet', async (t) => {
  await troubleThenFile(t, (path) => symlinkSync('nowhere.log', path), 'log-missing');
});

test('no permission: the message names the remedy, and a later grant is taken up', async (t) => {
  const log = new FollowedLog(t);
  chmodSync(log.folder, 0o755);
  writeFileSync(log.path, lines('a', 0, 2).join('\n'), { mode: 0o600 });
  chmodSync(log.path, 0o000);
  await asNobody(async () => {
    await log.start();
    assert.deepEqual(await log.read(), []);
  });
  assert.deepEqual([...new Set(log.codes)], ['log-unreadable']);
  assert.match(log.notices[0]?.message ?? '', /EACCES.*group_add/);
  chmodSync(log.path, 0o644);
  assert.deepEqual(await log.read(), lines('a', 0, 1));
});

test('one bad log does not stop another', async (t) => {
  const log = new FollowedLog(t);
  const good = log.at('good.log');
  symlinkSync('/dev/stdout', log.path);
  log.append(lines('g', 0, 3), good);
  const both = new FollowedLog(t, { paths: [log.path, good].map(pathSetting) });
  await both.start();
  assert.deepEqual(await both.read(), lines('g', 0, 3));
});

test('it vanishes for a moment: nothing is said; for longer: it is missing', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 1));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  await log.read();
  assert.deepEqual(log.codes, []);
  await log.clock.advance(6000);
  await log.read();
  assert.deepEqual([...new Set(log.codes)], ['log-missing']);
  log.rename('access.log.1', 'access.log');
  log.append(lines('a', 1, 1));
  assert.deepEqual(await log.read(), lines('a', 1, 1), 'the same file came back');
});
