import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FollowedLog, lines } from '../../../support/followed-log.ts';

test('from the beginning: the predecessor only completes the first window', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('y', 0, 3), log.at('access.log.2'));
  log.append(lines('z', 0, 3), log.at('access.log.1'));
  log.append(lines('a', 0, 2));
  await log.start();
  assert.deepEqual(await log.read(), [...lines('z', 0, 3), ...lines('a', 0, 2)]);
  assert.deepEqual(
    log.batches.map((batch) => [batch.before, batch.headLost, batch.lines.length]),
    [
      [true, false, 3],
      [false, false, 2],
    ],
  );
});

test('what is written to the predecessor after the start counts', async (t) => {
  const log = new FollowedLog(t);
  log.append([...lines('z', 0, 3)], log.at('access.log.1'));
  log.append('half', log.at('access.log.1'));
  log.append(lines('a', 0, 1));
  await log.start();
  await log.read();
  log.append(['-whole', ...lines('z', 3, 1)], log.at('access.log.1'));
  assert.deepEqual(await log.read(), ['half-whole', ...lines('z', 3, 1)]);
  assert.deepEqual(
    log.batches.map((batch) => batch.before),
    [true, false, false],
  );
});

test('a compressed predecessor is read too, once; a restart does not repeat it', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('z', 0, 300), log.at('access.log.1'));
  log.gzip('access.log.1');
  log.append(lines('a', 0, 1));
  await log.start();
  assert.deepEqual(await log.readAndDrain(), [...lines('z', 0, 300), ...lines('a', 0, 1)]);
  assert.ok(log.batches.slice(0, -1).every((batch) => batch.before));
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
});

for (const [what, name] of [
  ['is missing', 'access.log.2'],
  ['is compressed in a way that cannot be read', 'access.log.1.xz'],
]) {
  test(`the predecessor ${what}: the head is lost, and that is said once`, async (t) => {
    const log = new FollowedLog(t);
    log.append(lines('y', 0, 3), log.at(name ?? ''));
    log.append(lines('a', 0, 100));
    await log.start();
    assert.deepEqual((await log.read()).slice(-100), lines('a', 0, 100));
    const own = log.batches.filter((batch) => !batch.before);
    assert.deepEqual(
      own.map((batch) => batch.headLost),
      own.map((_, index) => index === 0),
    );
  });
}

test('a predecessor that is cut off in the middle: the head is lost', async (t) => {
  const log = new FollowedLog(t);
  const whole = gzipSync(lines('z', 0, 300).join('\n'));
  writeFileSync(log.at('access.log.1.gz'), whole.subarray(0, whole.length - 100));
  log.append(lines('a', 0, 1));
  await log.start();
  await log.read();
  assert.equal(log.batches.at(-1)?.headLost, true);
  assert.deepEqual(log.codes, ['gzip-damaged']);
});

test('without rotated files nothing is lost', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 1));
  await log.start();
  await log.read();
  assert.deepEqual(
    log.batches.map((batch) => [batch.before, batch.headLost]),
    [[false, false]],
  );
});

test('a lost head is remembered over a restart until a line has come', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('y', 0, 3), log.at('access.log.3'));
  log.append('');
  await log.start();
  await log.read();
  await log.restart();
  log.append(lines('a', 0, 1));
  await log.read();
  assert.equal(log.batches.at(-1)?.headLost, true);
  assert.deepEqual(log.batches.at(-1)?.lines, lines('a', 0, 1));
});

test('from the end: only what is written from now on, half a line included', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'end' });
  log.append(lines('z', 0, 3), log.at('access.log.1'));
  log.append(lines('a', 0, 200));
  log.append('half');
  await log.start();
  assert.deepEqual(await log.read(), []);
  log.append('-whole\n');
  log.append(lines('z', 3, 1), log.at('access.log.1'));
  assert.deepEqual(await log.readAndDrain(), ['half-whole', ...lines('z', 3, 1)]);
  assert.ok(log.batches.every((batch) => !batch.before && !batch.headLost));
});

test('all: the rotated files, oldest first, then the current one', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  log.append(lines('x', 0, 100), log.at('access.log.10'));
  log.gzip('access.log.10');
  log.append(lines('y', 0, 3), log.at('access.log.2'));
  log.append(lines('z', 0, 3), log.at('access.log.1'));
  log.append(lines('a', 0, 2));
  await log.start();
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('x', 0, 100),
    ...lines('y', 0, 3),
    ...lines('z', 0, 3),
    ...lines('a', 0, 2),
  ]);
  assert.ok(log.batches.every((batch) => !batch.before && !batch.headLost));
});

test('all, with more rotated files than are remembered: none is read again', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  for (let number = 1; number <= 40; number += 1) {
    log.append(lines(`g${number}-`, 0, 2), log.at(`access.log.${number}`));
  }
  log.append(lines('a', 0, 2));
  await log.start();
  assert.equal((await log.readAndDrain()).length, 82);
  await log.restart();
  assert.deepEqual(await log.readAndDrain(), []);
  assert.ok((log.checkpoint().logs[0]?.generations.length ?? 99) <= 17);
});

test('a log that appears after the start is read from its beginning even with "end"', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'end' });
  await log.start();
  assert.deepEqual(await log.read(), []);
  log.append(lines('a', 0, 2));
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  assert.equal(log.source.status()[0]?.rotations, 0);
  assert.equal(log.source.status()[0]?.trouble, undefined);
});
