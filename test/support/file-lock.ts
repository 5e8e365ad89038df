import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { waitUntil } from './wait-until.ts';

/**
 * Keeps test processes from doing the same costly thing at once. The lock is a file that holds the
 * owner's pid; the lock of a process that has died is taken over. Two processes that find the same
 * dead owner at the same moment may both get in: what the lock protects must itself be atomic.
 */
export async function withFileLock<T>(
  path: string,
  deadlineMs: number,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  await waitUntil(`${path} is free`, () => tryLock(path), { deadlineMs, pollMs: 100 });
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
  }
  const owner = Number(readFileSync(path, 'utf8'));
  // An empty file is a lock whose owner is between creating and writing it.
  if (Number.isInteger(owner) && owner > 0 && !isAlive(owner)) rmSync(path, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'EPERM';
  }
}
