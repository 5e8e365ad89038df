import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('points are appended, synced, noted in the checkpoint, and only then committed', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  await rig.pass(11);
  assert.deepEqual(rig.starts('shop'), [NOON_S]);
  // The process's own point, and the window's.
  assert.deepEqual(rig.events, ['append', 'append', 'sync', 'checkpoint', 'commit']);
  assert.equal((await rig.saved()).spoolSeq, 2);
  assert.equal(rig.queue.committedSeq, 2);
  await rig.kill();
});

test('the checkpoint holds positions, windows and the spool of one moment', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  await rig.pass(11);
  rig.source.write('shop', combinedLine(NOON_S + 12));
  await rig.pass(2);
  const { sources, logs, spoolSeq, identity } = await rig.saved();
  assert.deepEqual(sources, { file: { shop: 1 } });
  assert.equal(spoolSeq, 2);
  assert.deepEqual(identity, { windowS: 10, host: 'test', tags: {} });
  assert.deepEqual(
    logs.map(({ log, formatName, windows }) => [log, formatName, windows.open.windows.length]),
    [['shop', 'combined', 1]],
  );
  await rig.kill();
});

test('the tick comes a second after the end of each window, with a point of the process', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.file('shop');
  await rig.start();
  await rig.pass(9.8);
  assert.equal(rig.queue.lastSeq, 0);
  await rig.pass(0.4);
  assert.deepEqual(rig.queue.appended, [`sidecar ${NOON_S}`]);
  await rig.pass(20);
  assert.deepEqual(
    rig.queue.appended.filter((text) => text.startsWith('sidecar')),
    [0, 10, 20].map((s) => `sidecar ${NOON_S + s}`),
  );
  await rig.kill();
});
