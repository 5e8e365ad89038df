import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { defer } from './defer.ts';

/** Nobody but root may look into the folder until the test ends; into that around it everybody may. */
export function lockFolder(t: TestContext, folder: string): void {
  chmodSync(dirname(folder), 0o755);
  chmodSync(folder, 0);
  defer(t, () => chmodSync(folder, 0o755));
}

/** Root may read everything: it gives that up while `action` runs. For others `lockFolder()` is enough. */
export async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
