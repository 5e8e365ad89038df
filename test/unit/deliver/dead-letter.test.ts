import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { DeadLetterFile } from '../../../src/deliver/dead-letter.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { FakeClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

function open(stateDir: string, notices: Notice[], maxBytes?: number): DeadLetterFile {
  return new DeadLetterFile({
    stateDir,
    clock: new FakeClock(),
    notify: (notice) => notices.push(notice),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
}

test('each line stands behind a comment with the time and the reason', async (t) => {
  const notices: Notice[] = [];
  const file = open(temporaryFolder(t), notices);
  await file.add([Buffer.from('m a=1i 1\n'), Buffer.from('m b=1i 1\n')], 'type conflict\nm c=1i 1');
  assert.equal(
    readFileSync(file.path, 'utf8'),
    '# 2026-01-02T03:04:00.000Z type conflict_m c=1i 1\nm a=1i 1\n' +
      '# 2026-01-02T03:04:00.000Z type conflict_m c=1i 1\nm b=1i 1\n',
  );
  assert.equal(file.points, 2);
  assert.deepEqual(notices, []);
});

test('bounded: a full file replaces its predecessor', async (t) => {
  const file = open(temporaryFolder(t), [], 200);
  for (let i = 0; i < 20; i++) await file.add([Buffer.from(`m n=${i}i 1\n`)], 'why');
  assert.ok(statSync(file.path).size <= 200);
  assert.ok(statSync(`${file.path}.1`).size <= 200);
  assert.match(readFileSync(file.path, 'utf8'), /n=19i/);
});

test('a failure to write is reported and does not reject', async (t) => {
  const notices: Notice[] = [];
  const file = open(temporaryFolder(t), notices);
  mkdirSync(file.path);
  await file.add([Buffer.from('m n=1i 1\n')], 'why');
  assert.deepEqual(
    notices.map((r) => [r.code, r.subject]),
    [['dead-letter-unwritable', file.path]],
  );
});
