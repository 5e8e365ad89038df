import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silent, type Notice } from '../../../src/notice/notice.ts';
import { StateLock, StateLockedError } from '../../../src/state/state-lock.ts';

async function folder(t: { after(fn: () => Promise<void>): void }, name = ''): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'state-lock-'));
  t.after(() => rm(base, { recursive: true, force: true }));
  return join(base, name);
}

test('a second meter with the same state folder is told the pid of the first', async (t) => {
  const dir = await folder(t);
  const first = await StateLock.acquire(dir, silent);
  await assert.rejects(StateLock.acquire(dir, silent), (error: Error) => {
    assert.ok(error instanceof StateLockedError);
    assert.match(error.message, new RegExp(`pid ${process.pid}\\)`));
    return true;
  });
  await first.release();
  const second = await StateLock.acquire(dir, silent);
  await second.release();
});

test('the lock of a killed process does not outlive it', async (t) => {
  const dir = await folder(t);
  const module = new URL('../../../src/state/state-lock.ts', import.meta.url).href;
  const program = `
    const { StateLock } = await import(${JSON.stringify(module)});
    await StateLock.acquire(${JSON.stringify(dir)}, () => {});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(StateLock.acquire(dir, silent), {
    message: new RegExp(`pid ${child.pid}\\)`),
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal((await readdir(dir)).length, 1, 'the socket file is left behind');
  const lock = await StateLock.acquire(dir, silent);
  assert.equal((await readdir(dir)).length, 1, 'and is gone after the next start');
  await lock.release();
  assert.deepEqual(await readdir(dir), []);
});

test('of several starts at one moment exactly one gets the folder, with a dead lock in it or not', async (t) => {
  for (let round = 0; round < 30; round += 1) {
    const dir = await folder(t);
    await mkdir(dir, { recursive: true });
    if (round % 2 === 0) await writeFile(join(dir, 'lock-0123456789abcdef'), '');
    const starts = Array.from({ length: 5 }, () => StateLock.acquire(dir, silent));
    const ends = await Promise.allSettled(starts);
    const held = ends.filter((end) => end.status === 'fulfilled');
    assert.equal(held.length, 1);
    for (const end of ends) {
      if (end.status === 'fulfilled') await end.value.release();
      else assert.match(String(end.reason), new RegExp(`pid ${process.pid}\\)`));
    }
    assert.deepEqual(await readdir(dir), []);
  }
});

test('a long folder name is no obstacle', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async (t) => {
  const dir = await folder(t, 'x'.repeat(120));
  const lock = await StateLock.acquire(dir, silent);
  await assert.rejects(StateLock.acquire(dir, silent), StateLockedError);
  await lock.release();
});

test('a folder that cannot be locked is reported, and the meter runs', async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'file'), '');
  await chmod(dir, 0o700);
  const notices: Notice[] = [];
  const lock = await StateLock.acquire(join(dir, 'file', 'state'), (notice) =>
    notices.push(notice),
  );
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['state-unlocked'],
  );
  await lock.release();
});
