import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script kept its position and its open window in memory only. */

test('a restart goes on where the last run stopped', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ atS: 1 }).repeat(4));
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') === 4);
  await rig.stop();
  rig.append(combinedLine({ atS: 2 }).repeat(3));
  await rig.start();
  await rig.until('the others are written', () => rig.sum('count') >= 7);
  await rig.pass(30_000);
  // The window of all of them was written again, whole.
  assert.equal(rig.sum('count', RIG_START_S), 7);
  assert.equal(rig.sum('count'), 7);
  assert.equal(rig.status.logs[0]?.lines, 3, 'the file was read again');
});

test('a crash loses nothing of the open window', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ atS: 1 }));
  await rig.start();
  await rig.until('a window is written', () => rig.sum('count') === 1);
  // These have been read and lie in the open window, which nobody has been told of yet.
  const nowS = Math.floor(rig.clock.now() / 1000) - RIG_START_S;
  rig.append(combinedLine({ atS: nowS + 1 }).repeat(5));
  await rig.until('they have been read', () => rig.status.logs[0]?.lines === 6);
  await rig.crash();
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') >= 6);
  await rig.pass(30_000);
  assert.equal(rig.sum('count'), 6);
});
