import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine } from '../../../support/app-rig.ts';

/** The script parsed what stood at the end of the file, complete or not, and its rest as another line. */

test('half a line waits for its other half', async (t) => {
  const rig = new AppRig(t);
  const line = combinedLine({ atS: 12, bytes: 123456 });
  // Cut within the number of bytes: what is there already would parse, as something else.
  const cut = line.indexOf('3456');
  rig.append(combinedLine({ atS: 1 }) + line.slice(0, cut));
  await rig.start();
  await rig.until('the first line is written', () => rig.sum('count') === 1);
  await rig.pass(30_000);
  assert.deepEqual([rig.agentSum('lines'), rig.sum('traffic')], [1, 100]);
  rig.append(line.slice(cut, -1));
  await rig.pass(10_000);
  assert.equal(rig.agentSum('lines'), 1);
  rig.append('\n');
  await rig.until('the other one is written', () => rig.sum('count') === 2);
  assert.equal(rig.sum('traffic'), 100 + 123456);
  assert.equal(rig.agentSum('unparsed'), 0);
});

test('half a line over a restart is read whole', async (t) => {
  const rig = new AppRig(t);
  const line = combinedLine({ atS: 2, bytes: 5000 });
  rig.append(combinedLine({ atS: 1 }) + line.slice(0, 40));
  await rig.start();
  await rig.until('the first line is written', () => rig.sum('count') === 1);
  await rig.stop();
  rig.append(line.slice(40));
  await rig.start();
  await rig.until('the other one is written', () => rig.sum('count') === 2);
  assert.deepEqual([rig.sum('traffic'), rig.agentSum('unparsed')], [5100, 0]);
});
