import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FollowedLog, lines } from '../../../support/followed-log.ts';
import { levelOf } from '../../../../src/notice/codes.ts';

function member(all: readonly string[]): Buffer {
  return gzipSync(all.map((line) => `${line}\n`).join(''));
}

test('`access_log … gzip`: members are followed as they are appended, and over a restart', async (t) => {
  const log = new FollowedLog(t);
  log.append('');
  await log.start();
  assert.deepEqual(await log.read(), []);
  appendFileSync(log.path, member(lines('a', 0, 100)));
  assert.deepEqual(await log.read(), lines('a', 0, 100));
  const next = member(lines('a', 100, 100));
  appendFileSync(log.path, next.subarray(0, 40));
  const early = await log.read();
  appendFileSync(log.path, next.subarray(40));
  assert.deepEqual([...early, ...(await log.read())], lines('a', 100, 100));
  await log.restart(() => appendFileSync(log.path, member(lines('a', 200, 5))));
  assert.deepEqual(await log.readAndDrain(), lines('a', 200, 5));
  assert.equal(log.source.status()[0]?.unreadBytes, 0);
});

test('rotated by rename, the rest of the old file is read', async (t) => {
  const log = new FollowedLog(t);
  writeFileSync(log.path, member(lines('a', 0, 100)));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  appendFileSync(log.at('access.log.1'), member(lines('a', 100, 3)));
  writeFileSync(log.path, member(lines('b', 0, 3)));
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 100, 3), ...lines('b', 0, 3)]);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
});

test('truncated and begun anew, it is read from its beginning', async (t) => {
  const log = new FollowedLog(t);
  writeFileSync(log.path, member(lines('a', 0, 100)));
  await log.start();
  await log.read();
  writeFileSync(log.at('access.log.1'), readFileSync(log.path));
  writeFileSync(log.path, member(lines('b', 0, 400)));
  assert.deepEqual(await log.readAndDrain(), lines('b', 0, 400));
});

test('much smaller compressed than unpacked', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  const same = Array.from({ length: 30_000 }, () => 'x'.repeat(100));
  writeFileSync(log.at('access.log.1.gz'), member(same));
  log.append(lines('a', 0, 1));
  await log.start();
  assert.deepEqual(await log.readAndDrain(), [...same, ...lines('a', 0, 1)]);
});

test('damaged in the middle: what is before is read, the rest is reported, the log goes on', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  const whole = member(lines('z', 0, 5000));
  whole.fill(0xff, 6000, 6200);
  writeFileSync(log.at('access.log.1.gz'), whole);
  log.append(lines('a', 0, 1));
  await log.start();
  const read = await log.readAndDrain();
  assert.deepEqual(read.slice(-1), lines('a', 0, 1));
  const good = read.slice(0, 1000);
  assert.deepEqual(good, lines('z', 0, 1000));
  assert.deepEqual(log.codes, ['gzip-damaged']);
  assert.ok(log.notices[0] !== undefined && levelOf(log.notices[0]) === 'error');
});
