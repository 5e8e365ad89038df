import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('the stop reads on to the end and hands the running window over; the next start completes it', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.source.write('shop', combinedLine(NOON_S + 1));
  await rig.finish();
  assert.deepEqual(rig.starts('shop'), [NOON_S]);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 2);
  assert.equal(rig.queue.committedSeq, rig.queue.lastSeq);
  await rig.start();
  rig.source.write('shop', combinedLine(NOON_S + 3));
  await rig.pass(12);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 3);
  await rig.kill();
});

test('where points are not overwritten the open windows wait in the checkpoint', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1, rewrite: 'never' });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  await rig.finish();
  assert.deepEqual(rig.handed, []);
  await rig.start();
  rig.source.write('shop', combinedLine(NOON_S + 3));
  await rig.pass(90);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 2);
  assert.equal(rig.starts('shop').filter((startS) => startS === NOON_S).length, 1);
  await rig.kill();
});

test('with no time left the stop hands over what is due and no part of a window', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.source.write('shop', combinedLine(NOON_S + 1));
  await rig.finish(0);
  assert.deepEqual(rig.handed, []);
  await rig.start();
  await rig.pass(11);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 2);
  await rig.kill();
});

test('a log that could not be read to its end is not written in part at the stop', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  rig.source.write('other', combinedLine(NOON_S));
  await rig.start();
  rig.source.file('shop').trouble = 'permission denied';
  await rig.finish();
  assert.deepEqual(rig.starts('shop'), []);
  assert.deepEqual(rig.starts('other'), [NOON_S]);
});
