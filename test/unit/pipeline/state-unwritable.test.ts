import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const codes = (rig: PipelineRig) => rig.notices.map(({ code }) => code);

test('without a checkpoint the meter goes on, says so, and recovers by itself', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.breakState();
  await rig.pass(21);
  assert.match(rig.pipeline.stateTrouble ?? '', /EISDIR/);
  assert.deepEqual(new Set(codes(rig)), new Set(['state-unwritable']));
  assert.equal(rig.window('shop', NOON_S).agent.counted, 1);
  // Points are sent all the same: after a crash they are written again.
  assert.equal(rig.queue.committedSeq, rig.queue.lastSeq);
  rig.repairState();
  await rig.pass(10);
  assert.equal(rig.pipeline.stateTrouble, undefined);
  assert.equal(rig.notices.at(-1)?.code, 'state-writable');
  assert.equal((await rig.saved()).spoolSeq, rig.queue.lastSeq);
  await rig.kill();
});

test('the checkpoint does not move past points that are not on disk', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  await rig.pass(11);
  const before = await rig.saved();
  rig.queue.isWritable = false;
  await rig.pass(10);
  assert.equal(rig.pipeline.stateTrouble, 'the spool cannot be written');
  assert.deepEqual(await rig.saved(), before);
  rig.queue.isWritable = true;
  await rig.pass(10);
  assert.equal(rig.pipeline.stateTrouble, undefined);
  await rig.kill();
});

test('a full spool without a disk is tried again until it is durable', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.queue.isWritable = false;
  await rig.pass(11);
  rig.queue.isFull = true;
  await rig.pass(1);
  rig.queue.isWritable = true;
  await rig.pass(1);
  assert.equal(rig.pipeline.stateTrouble, undefined);
  await rig.kill();
});

test('where points are not overwritten, none is sent that no checkpoint knows', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1, rewrite: 'never' });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.breakState();
  await rig.pass(90);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 1);
  assert.equal(rig.queue.committedSeq, 0);
  rig.repairState();
  await rig.pass(10);
  assert.equal(rig.queue.committedSeq, rig.queue.lastSeq);
  await rig.kill();
});
