import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
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
  assert.ok((await stat(join(dir, 'lock'))).isSocket(), 'the socket file is left behind');
  const lock = await StateLock.acquire(dir, silent);
  await lock.release();
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
