import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Generation } from '../../../../src/source/rotation/generation.ts';
import { openRegular } from '../../../../src/source/disk/open-file.ts';
import { lines } from '../../../support/followed-log.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

/**
 * The process stands still in the middle of a turn (SIGSTOP, a busy machine), and meanwhile the file it
 * has just looked at is copied away, truncated and written anew.
 */

const text = (name: string, from: number, count: number): string =>
  `${lines(name, from, count).join('\n')}\n`;

/** A generation whose file gets another content just before the first (`at`) of these calls on it. */
async function tricked(
  t: TestContext,
  content: string,
  at: { readonly call: 'readv' | 'read'; readonly position: number },
  next: string,
) {
  const path = join(temporaryFolder(t), 'access.log');
  writeFileSync(path, content);
  const file = await openRegular(path);
  assert.ok(file !== undefined);
  let isDone = false;
  const strike = (position: unknown): void => {
    if (isDone || position !== at.position) return;
    isDone = true;
    truncateSync(path);
    writeFileSync(path, next, { flag: 'a' });
  };
  const { handle } = file;
  const proxy = new Proxy(handle, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === at.call) strike(args[name === 'readv' ? 1 : 3]);
        return Reflect.apply(value, target, args);
      };
    },
  });
  const generation = new Generation(path, file.facts);
  generation.attach({ handle: proxy, facts: file.facts });
  t.after(() => generation.close());
  return { generation, wasStruck: () => isDone };
}

for (const [what, next] of [
  ['longer', text('b', 0, 40)],
  ['shorter', text('b', 0, 2)],
  ['empty', ''],
] as const) {
  test(`before its first read; the new content is ${what}`, async (t) => {
    const at = { call: 'readv', position: 0 } as const;
    const { generation, wasStruck } = await tricked(t, text('a', 0, 20), at, next);
    assert.deepEqual(await generation.read(new Uint8Array(4096), 4000), { kind: 'replaced' });
    assert.equal(wasStruck(), true);
    assert.equal(generation.position, 0);
  });
}

test('between two reads of one line', async (t) => {
  const half = lines('a', 0, 1)[0]!.slice(0, 50);
  const at = { call: 'read', position: 50 } as const;
  const { generation, wasStruck } = await tricked(t, half, at, text('b', 0, 40));
  assert.deepEqual(await generation.read(new Uint8Array(4096), 4000), { kind: 'replaced' });
  assert.equal(wasStruck(), true);
  assert.equal(generation.position, 0);
});
