import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { batch, bulkyBatch, drain, SpoolRig } from '../../support/spool-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const SMALL = { maxBytes: 1024 * 1024 };
const RECORDS = 8;

/** A closed spool of several segments. */
async function written(rig: SpoolRig): Promise<string[]> {
  const spool = await rig.open(SMALL);
  for (let i = 0; i < RECORDS; i++) await spool.append(bulkyBatch(`r${i}`, 60_000), 1);
  await spool.close();
  const names = rig.segments;
  assert.ok(names.length >= 3, names.join());
  return names;
}

for (const [what, index] of [
  ['first', 0],
  ['middle', 1],
  ['last', -1],
] as const)
  test(`the ${what} segment was deleted while the meter was stopped: the log is read again, once`, async (t) => {
    const rig = new SpoolRig(temporaryFolder(t));
    const names = await written(rig);
    rmSync(join(rig.dir, names.at(index)!));
    const calls: string[] = [];
    const beforeLoss = async () => void calls.push('forgotten');
    const spool = await rig.open({ ...SMALL, committedSeq: RECORDS, beforeLoss });
    assert.equal(spool.wasDamaged, true);
    assert.deepEqual(calls, ['forgotten']);
    assert.deepEqual(rig.codes, ['spool-damaged']);
    assert.ok((await drain(spool)).length > 0, 'what is left is sent');
    await spool.close();
    const again = await rig.open({ ...SMALL, committedSeq: RECORDS });
    assert.equal(again.wasDamaged, false, 'it is known');
    await again.close();
  });

test('the folder was deleted while the meter was stopped', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  await written(rig);
  rmSync(rig.dir, { recursive: true });
  const spool = await rig.open({ ...SMALL, committedSeq: RECORDS, ackedSeq: 3 });
  assert.equal(spool.wasDamaged, true);
  assert.match(rig.notices[0]?.message ?? '', /Records 4 to 8 of the spool are gone/);
  await spool.close();
});

test('the folder was deleted, and nothing was owed', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  await written(rig);
  rmSync(rig.dir, { recursive: true });
  const spool = await rig.open({ ...SMALL, committedSeq: RECORDS, ackedSeq: RECORDS });
  assert.equal(spool.wasDamaged, false);
  assert.equal(await spool.append(batch('next'), 1), RECORDS + 1);
  await spool.close();
});

test('segments that were sent and deleted are not missed, though the checkpoint does not know it', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const names = await written(rig);
  const spool = await rig.open({ ...SMALL, committedSeq: RECORDS });
  await drain(spool);
  await spool.close();
  assert.ok(rig.segments.length < names.length);
  // The process was killed before another checkpoint: nothing is acknowledged in the old one.
  const again = await rig.open({ ...SMALL, committedSeq: RECORDS, ackedSeq: 0 });
  assert.equal(again.wasDamaged, false);
  assert.deepEqual(rig.codes, []);
  await again.close();
});

test('segments that made room for newer ones are not missed', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ ...SMALL, whenFull: 'drop-oldest' });
  for (let i = 0; i < 30; i++) await spool.append(bulkyBatch(`r${i}`, 60_000), 1);
  await spool.close();
  assert.ok(spool.counters.droppedRecords > 0);
  const again = await rig.open({ ...SMALL, committedSeq: 30, ackedSeq: 0 });
  assert.equal(again.wasDamaged, false);
  await again.close();
});

test('without a checkpoint nothing is missed, then or later', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const names = await written(rig);
  rmSync(join(rig.dir, names[1]!));
  const spool = await rig.open({ ...SMALL, committedSeq: undefined });
  assert.equal(spool.wasDamaged, false);
  assert.deepEqual(rig.codes, []);
  await spool.append(batch('next'), 1);
  await spool.close();
  const again = await rig.open({ ...SMALL, committedSeq: RECORDS + 1 });
  assert.equal(again.wasDamaged, false);
  await again.close();
});
