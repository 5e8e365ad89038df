import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openBackfillFile } from '../../../../src/source/finished/backfill-source.ts';
import type { Notice } from '../../../../src/notice/notice.ts';
import { lines, seenBatch, type SeenBatch } from '../../../support/followed-log.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

const maxLineBytes = 200;

async function readAll(t: TestContext, name: string, content: string | Buffer) {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, content);
  const notices: Notice[] = [];
  const notify = (one: Notice) => notices.push(one);
  const readBuffer = new Uint8Array(maxLineBytes + 1);
  const reader = await openBackfillFile({ path, readBuffer, maxLineBytes, notify });
  const batches: SeenBatch[] = [];
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    batches.push(seenBatch(batch));
  }
  assert.equal(await reader.next(), undefined);
  await reader.close();
  const overlong = batches.reduce((sum, batch) => sum + batch.overlongLines, 0);
  return { log: reader.log, read: batches.flatMap((batch) => batch.lines), overlong, notices };
}

test('plain and compressed files, whatever their names, give the same lines', async (t) => {
  const all = lines('a', 0, 3000);
  const text = `${all.join('\n')}\n`;
  for (const [name, content] of [
    ['access.log', text],
    ['access.log.2.gz', gzipSync(text)],
    ['access.log.3', gzipSync(text)],
    ['access.log.gz', Buffer.concat([gzipSync(text.slice(0, 5000)), gzipSync(text.slice(5000))])],
  ] as const) {
    const { log, read } = await readAll(t, name, content);
    assert.equal(log, 'access');
    assert.deepEqual(read, all);
  }
});

test('the last line counts without its line feed too, up to the longest', async (t) => {
  assert.deepEqual((await readAll(t, 'a.log', 'one\ntwo')).read, ['one', 'two']);
  assert.deepEqual((await readAll(t, 'a.log', gzipSync('one\ntwo'))).read, ['one', 'two']);
  const longest = 'x'.repeat(maxLineBytes);
  assert.deepEqual((await readAll(t, 'a.log', `one\n${longest}`)).read, ['one', longest]);
  assert.deepEqual((await readAll(t, 'a.log', '')).read, []);
});

test('over-long lines are counted, also the last one without its line feed', async (t) => {
  const long = 'x'.repeat(maxLineBytes + 1);
  const { read, overlong } = await readAll(t, 'a.log', `one\n${long}\ntwo\n${long}`);
  assert.deepEqual(read, ['one', 'two']);
  assert.equal(overlong, 2);
});

test('an incomplete .gz is read up to its last complete line, and reported', async (t) => {
  const whole = gzipSync(`${lines('a', 0, 3000).join('\n')}\n`);
  const { read, notices } = await readAll(t, 'a.log.gz', whole.subarray(0, 4000));
  assert.ok(read.length > 100);
  assert.deepEqual(read, lines('a', 0, read.length));
  assert.deepEqual(
    notices.map((notice) => notice.code),
    ['gzip-damaged'],
  );
});

test('what is no file is refused', async (t) => {
  const folder = temporaryFolder(t);
  const rest = { readBuffer: new Uint8Array(300), maxLineBytes, notify: () => {} };
  await assert.rejects(
    openBackfillFile({ path: folder, ...rest }),
    /is a folder\. Name the files in it/,
  );
  const missing = join(folder, 'missing.log');
  await assert.rejects(openBackfillFile({ path: missing, ...rest }), { code: 'ENOENT' });
});
