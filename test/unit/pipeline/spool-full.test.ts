import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('a full spool stops reading, and nothing is lost when it has room again', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.queue.isFull = true;
  const read = rig.source.file('shop').position;
  for (const atS of row(NOON_S, 60)) rig.source.write('shop', combinedLine(atS));
  await rig.pass(600);
  assert.equal(rig.source.file('shop').position, read);
  assert.equal(rig.handed.length, 0);
  assert.ok(rig.pipeline.lastTurnMs > 599_000, 'the loop is alive all the same');
  rig.queue.isFull = false;
  await rig.pass(30);
  assert.equal(rig.sum('shop', 'counted'), 61);
  assert.equal(rig.sum('shop', 'late'), 0);
  await rig.kill();
});

test('a spool that gets full while windows are handed over takes the rest later', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 50_000 });
  rig.source.write('shop', combinedLine(NOON_S) + combinedLine(NOON_S + 40_000));
  await rig.start();
  rig.queue.limit = 1500;
  await rig.pass(10);
  assert.equal(rig.queue.isFull, true);
  const held = rig.handed.length;
  assert.ok(held > 500 && held < 3500, `${held} windows`);
  rig.queue.limit = Infinity;
  rig.queue.isFull = false;
  await rig.pass(20);
  const starts = rig.starts('shop');
  assert.equal(new Set(starts).size, starts.length);
  assert.equal(starts[0], NOON_S);
  assert.ok(starts.length > 4990, `${starts.length} windows`);
  assert.equal(rig.sum('shop', 'counted'), 2);
  await rig.kill();
});

test('the stop does not press windows into a full spool; they are in the checkpoint', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.queue.isFull = true;
  rig.source.write('shop', combinedLine(NOON_S + 1));
  await rig.finish();
  assert.equal(rig.handed.length, 0);
  rig.queue.isFull = false;
  await rig.start();
  await rig.pass(11);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 2);
  await rig.kill();
});
