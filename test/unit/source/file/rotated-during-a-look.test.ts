/** A folder is not looked at in one moment: what is rotated in between must be found by a later look. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { beforeEachCall } from '../../../support/between-calls.ts';
import { defer } from '../../../support/defer.ts';
import { FollowedLog, lines } from '../../../support/followed-log.ts';

/** Renames all files of a log one on, before the given call of the file system, as logrotate does. */
function rotateBefore(t: TestContext, log: FollowedLog, call: number, oldest: number) {
  let calls = 0;
  defer(t, () => beforeEachCall(() => {}));
  beforeEachCall(() => {
    calls += 1;
    if (calls !== call) return;
    for (let number = oldest; number > 0; number -= 1) {
      log.rename(`access.log.${number}`, `access.log.${number + 1}`);
    }
    log.rename('access.log', 'access.log.1');
    log.append(lines('new', 0, 40));
  });
  return () => calls;
}

for (let call = 1; call <= 20; call += 1) {
  test(`files from while it was down are renamed before call ${call}`, async (t) => {
    const log = new FollowedLog(t);
    log.append(lines('a', 0, 40));
    await log.start();
    await log.read();
    await log.restart(() => {
      log.rename('access.log', 'access.log.3');
      log.append(lines('b', 0, 40), log.at('access.log.2'));
      log.append(lines('c', 0, 40), log.at('access.log.1'));
      log.append(lines('d', 0, 40));
    });
    const calls = rotateBefore(t, log, call, 3);
    const read = await log.readAndDrain();
    assert.ok(calls() >= call);
    const written = ['b', 'c', 'd', 'new'].flatMap((name) => lines(name, 0, 40));
    assert.deepEqual(read.toSorted(), written.toSorted());
  });

  test(`at the first start files are renamed before call ${call}`, async (t) => {
    const log = new FollowedLog(t, { readFrom: 'all' });
    log.append(lines('a', 0, 40), log.at('access.log.2'));
    log.append(lines('b', 0, 40), log.at('access.log.1'));
    log.append(lines('c', 0, 40));
    const calls = rotateBefore(t, log, call, 2);
    await log.start();
    const read = await log.readAndDrain();
    assert.ok(calls() >= call);
    const written = ['a', 'b', 'c', 'new'].flatMap((name) => lines(name, 0, 40));
    assert.deepEqual(read.toSorted(), written.toSorted());
  });
}

test('half a line, rotated before the first look and completed by the old worker later', async (t) => {
  const log = new FollowedLog(t);
  await log.start();
  log.append('half-', log.at('access.log.1'));
  log.append(lines('a', 0, 40));
  const first = await log.read();
  log.append(lines('b', 0, 1), log.at('access.log.1'));
  const rest = await log.readAndDrain();
  assert.deepEqual(
    [...first, ...rest].toSorted(),
    [...lines('a', 0, 40), ...lines('b', 0, 1).map((line) => `half-${line}`)].toSorted(),
  );
});

test('compression that has hardly begun when the rotation counts as over is not a file of its own', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 40));
  await log.start();
  await log.read();
  log.rename('access.log', 'access.log.1');
  const compressed = gzipSync(readFileSync(log.at('access.log.1')));
  const begun = compressed.subarray(0, headOnly(compressed));
  writeFileSync(log.at('access.log.1.gz'), begun);
  log.append(lines('b', 0, 40));
  const first = await log.readAndDrain();
  writeFileSync(log.at('access.log.1.gz'), compressed);
  rmSync(log.at('access.log.1'));
  assert.deepEqual([...first, ...(await log.readAndDrain())], lines('b', 0, 40));
});

/** So many bytes of it give some content, but less than a line. */
function headOnly(compressed: Buffer): number {
  for (let count = 1; count < compressed.length; count += 1) {
    const part = compressed.subarray(0, count);
    const content = gunzipSync(part, { finishFlush: constants.Z_SYNC_FLUSH });
    if (content.length >= 8) return content.length < 32 ? count : assert.fail(`${content.length}`);
  }
  return assert.fail('it gives nothing');
}
