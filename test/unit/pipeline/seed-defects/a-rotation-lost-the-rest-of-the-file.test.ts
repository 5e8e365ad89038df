import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AppRig, combinedLine } from '../../../support/app-rig.ts';

/** The script opened the path anew at every look, and took a file for truncated only if it was shorter. */

const some = (count: number, atS: number) => combinedLine({ atS }).repeat(count);

test('what nginx still writes to the renamed file is counted', async (t) => {
  const rig = new AppRig(t);
  rig.append(some(3, 1));
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') === 3);
  rig.append(some(2, 5));
  renameSync(rig.log, `${rig.log}.1`);
  appendFileSync(`${rig.log}.1`, some(4, 6));
  await rig.pass(2000);
  writeFileSync(rig.log, some(5, 14));
  await rig.until('the new file is known', () => rig.status.logs[0]?.rotations === 1);
  appendFileSync(`${rig.log}.1`, some(1, 9));
  await rig.until('all are written', () => rig.sum('count') === 15);
  await rig.pass(60_000);
  assert.equal(rig.sum('count'), 15);
});

test('a truncation is seen although the file is longer again at the next look', async (t) => {
  const rig = new AppRig(t);
  rig.append(some(3, 1));
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') === 3);
  rig.append(some(2, 2));
  copyFileSync(rig.log, `${rig.log}.1`);
  truncateSync(rig.log);
  rig.append(some(20, 13));
  await rig.until('all are written', () => rig.sum('count') === 25);
  await rig.pass(60_000);
  assert.equal(rig.sum('count'), 25);
  assert.equal(rig.status.logs[0]?.truncations, 1);
});
