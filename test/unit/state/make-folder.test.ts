import assert from 'node:assert/strict';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../../src/state/make-folder.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('a folder is made with all that is missing above it, also by two at once', async (t) => {
  const path = join(temporaryFolder(t), 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(path, 'd'))]);
  assert.ok(statSync(join(path, 'd')).isDirectory());
  await makeFolder(path);
});

test('a link to a folder is a folder', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync(folder, join(folder, 'link'));
  await makeFolder(join(folder, 'link'));
  await makeFolder(join(folder, 'link', 'a'));
  assert.ok(statSync(join(folder, 'a')).isDirectory());
});

test('what stands in the way is an error with its path', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  for (const [name, code, where] of [
    ['file', 'EEXIST', 'file'],
    ['file/a', 'ENOTDIR', 'file/a'],
    ['link', 'EEXIST', 'link'],
    ['link/a', 'EEXIST', 'link'],
  ] as const) {
    await assert.rejects(makeFolder(join(folder, name)), { code, path: join(folder, where) }, name);
  }
});
