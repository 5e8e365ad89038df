import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CheckpointFile } from '../../../src/state/checkpoint.ts';
import type { Checkpoint } from '../../../src/state/checkpoint-form.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { FakeClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const CHECKPOINT: Checkpoint = {
  spoolSeq: 7,
  ackedSeq: 3,
  sources: { file: { logs: [] } },
  logs: [],
  identity: { windowS: 10, host: 'h', tags: {} },
};

function open(dir: string, notices: Notice[] = []): CheckpointFile {
  return new CheckpointFile({ dir, clock: new FakeClock(), notify: (r) => notices.push(r) });
}

test('without a checkpoint it is a first start, not one that must read all', async (t) => {
  const file = open(join(temporaryFolder(t), 'state'));
  assert.equal(await file.load(), undefined);
  assert.equal(file.mustReadAll, false);
});

test('what was saved comes back', async (t) => {
  const dir = temporaryFolder(t);
  assert.equal(await open(dir).save(CHECKPOINT), true);
  const file = open(dir);
  assert.deepEqual(await file.load(), CHECKPOINT);
  assert.equal(file.mustReadAll, false);
});

for (const wasSaved of [true, false]) {
  test(`forgotten${wasSaved ? '' : ', though there was none'}: every start must read all, until one has saved`, async (t) => {
    const dir = temporaryFolder(t);
    const first = open(dir);
    if (wasSaved) await first.save(CHECKPOINT);
    await first.forget();
    // Killed again and again before anything was saved.
    for (let start = 0; start < 3; start += 1) {
      const next = open(dir);
      assert.equal(await next.load(), undefined);
      assert.equal(next.mustReadAll, true);
    }
    const last = open(dir);
    await last.load();
    await last.save(CHECKPOINT);
    const after = open(dir);
    assert.deepEqual(await after.load(), CHECKPOINT);
    assert.equal(after.mustReadAll, false);
    assert.equal(existsSync(join(dir, 'checkpoint.forgotten')), false);
  });
}

test('one that is forgotten while it is being saved stays forgotten', async (t) => {
  const dir = temporaryFolder(t);
  const file = open(dir);
  await file.save(CHECKPOINT);
  const saving = file.save({ ...CHECKPOINT, spoolSeq: 8 });
  const forgetting = file.forget();
  const refused = file.save({ ...CHECKPOINT, spoolSeq: 9 });
  await Promise.all([saving, forgetting]);
  assert.equal(await refused, false);
  const next = open(dir);
  assert.equal(await next.load(), undefined);
  assert.equal(next.mustReadAll, true);
});

test('a damaged one is kept, and all must be read, also by the start after the next kill', async (t) => {
  const dir = temporaryFolder(t);
  await open(dir).save(CHECKPOINT);
  writeFileSync(join(dir, 'checkpoint'), 'something else\n');
  const notices: Notice[] = [];
  const file = open(dir, notices);
  assert.equal(await file.load(), undefined);
  assert.equal(file.mustReadAll, true);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['checkpoint-refused'],
  );
  assert.ok(readdirSync(dir).some((name) => name.startsWith('checkpoint.refused-')));
  const next = open(dir);
  assert.equal(await next.load(), undefined);
  assert.equal(next.mustReadAll, true);
});
