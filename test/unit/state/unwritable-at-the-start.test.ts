import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertWritable, StateUnwritableError } from '../../../src/state/assert-writable.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('a folder that can be written, or can be made, is left as it is', async (t) => {
  const dir = join(temporaryFolder(t), 'a', 'b');
  await assertWritable(dir);
  await assertWritable(dir);
  assert.deepEqual(readdirSync(dir), []);
});

test('a file in the place of the folder, or of one above it, ends the start', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'empty'));
  for (const path of ['file', 'file/state', '../../proc/nothing/here']) {
    const dir = path.startsWith('..') ? '/proc/nothing/here' : join(folder, path);
    await assert.rejects(assertWritable(dir), (error) => {
      assert.ok(error instanceof StateUnwritableError);
      assert.match(
        error.message,
        /^STATE_DIR \S+ (?:is no folder|cannot be written \(E[A-Z]+\))\. Set STATE_DIR/,
      );
      return true;
    });
  }
});
