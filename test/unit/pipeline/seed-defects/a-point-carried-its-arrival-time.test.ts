import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script's points had the time of the post: a line read late counted in the wrong window. */

test('a line counts in the window of its own time, whenever it is read', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ atS: -3600 }) + combinedLine({ atS: -3595 }));
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') === 2);
  assert.equal(rig.sum('count', RIG_START_S - 3600), 2);
  await rig.pass(60_000);
  rig.append(combinedLine({ atS: 60 }));
  await rig.until('a line of now is written', () => rig.sum('count') === 3);
  // Forty seconds behind the newest line, into a window that was written long since.
  rig.append(combinedLine({ atS: 21 }));
  await rig.until('the late one is written', () => rig.sum('count') === 4);
  assert.equal(rig.sum('count', RIG_START_S + 20), 1);
  assert.equal(rig.sum('count', RIG_START_S + 60), 1);
  assert.equal(rig.agentSum('late'), 0);
});
