import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { waitUntil } from '../../support/wait-until.ts';
import { PromiseRig } from './promise-rig.ts';

/** Points that wait on disk and are not what they were. */

/** A meter that was killed with points in its spool; gives the path of the only segment. */
async function withWaitingPoints(t: TestContext): Promise<{ rig: PromiseRig; segment: string }> {
  const rig = await PromiseRig.start(t);
  await rig.proxy.setMode('503');
  rig.log.write(300);
  await rig.victim.start();
  await waitForRecords(rig, 2);
  rig.log.write(300);
  await waitForRecords(rig, 4);
  await rig.victim.kill();
  const folder = join(rig.victim.stateDir, 'spool');
  const [name, ...others] = readdirSync(folder);
  assert.deepEqual(others, []);
  return { rig, segment: join(folder, name!) };
}

async function waitForRecords(rig: PromiseRig, count: number): Promise<void> {
  await waitUntil(
    `${count} records wait`,
    async () => ((await rig.victim.metric('spool_records')) ?? 0) >= count,
  );
}

test('a torn last record is cut off and computed again', async (t) => {
  const { rig, segment } = await withWaitingPoints(t);
  appendFileSync(segment, readFileSync(segment).subarray(0, 60));
  await rig.proxy.setMode('pass');
  rig.log.write(50);
  await rig.victim.start();
  await rig.assertExact();
  assert.doesNotMatch(rig.victim.output, /damaged/);
});

test('a damaged segment is set aside and its windows come out of the log again', async (t) => {
  const { rig, segment } = await withWaitingPoints(t);
  const bytes = readFileSync(segment);
  bytes[80] = (bytes[80] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  await rig.proxy.setMode('pass');
  rig.log.write(50);
  await rig.victim.start();
  await rig.assertExact();
  assert.deepEqual(readFileSync(`${segment}.damaged`), bytes);
  assert.match(rig.victim.output, /damaged/);
});

for (const what of ['segment', 'folder'] as const)
  test(`the ${what} was deleted while the meter was stopped: its windows come out of the log again`, async (t) => {
    const { rig, segment } = await withWaitingPoints(t);
    rmSync(what === 'segment' ? segment : dirname(segment), { recursive: true });
    await rig.proxy.setMode('pass');
    rig.log.write(50);
    await rig.victim.start();
    await rig.assertExact();
    assert.match(rig.victim.output, /Records \d+ to \d+ of the spool are gone/);
  });

for (const at of [
  'checkpoint-before-forget',
  'checkpoint-after-forget',
  'spool-before-set-aside',
  'spool-after-set-aside',
]) {
  test(`a damaged segment, and a kill at ${at}`, async (t) => {
    const { rig, segment } = await withWaitingPoints(t);
    // The lines of the first points are in a file that a first start would not read.
    rig.log.rename();
    rig.log.reopen();
    rig.log.write(10);
    rig.log.rename();
    rig.log.reopen();
    const bytes = readFileSync(segment);
    bytes[80] = (bytes[80] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    await rig.proxy.setMode('pass');
    await rig.victim.start(`${at}:1`);
    await waitUntil('it has died there', () => !rig.victim.isRunning);
    assert.equal(rig.victim.deathsAt(at), 1);
    await rig.victim.start();
    rig.log.write(50);
    await rig.assertExact();
  });
}

test('a segment that is damaged while it waits makes the running meter read again', async (t) => {
  const { rig, segment } = await withWaitingPoints(t);
  await rig.victim.start();
  await waitForRecords(rig, 3);
  const bytes = readFileSync(segment);
  // In the middle: the first record may have been read already.
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  await rig.proxy.setMode('pass');
  await waitUntil('the damage is noticed', () => rig.victim.output.includes('damaged'), {
    deadlineMs: 40_000,
  });
  rig.log.write(50);
  await rig.assertExact();
});

test('a segment that was emptied is computed again', async (t) => {
  const { rig, segment } = await withWaitingPoints(t);
  writeFileSync(segment, '');
  await rig.proxy.setMode('pass');
  await rig.victim.start();
  await rig.assertExact();
});
