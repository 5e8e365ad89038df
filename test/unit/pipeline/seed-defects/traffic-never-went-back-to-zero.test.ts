import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script added up bytes for as long as it ran. */

test('traffic is the bytes of its window alone', async (t) => {
  const rig = new AppRig(t);
  rig.append(
    combinedLine({ atS: 0, bytes: 5000 }) +
      combinedLine({ atS: 9, bytes: 7 }) +
      combinedLine({ atS: 10, bytes: 300 }),
  );
  await rig.start();
  await rig.until('three windows are written', () => rig.windows.has(RIG_START_S + 20));
  assert.equal(rig.sum('traffic', RIG_START_S), 5007);
  assert.equal(rig.sum('traffic', RIG_START_S + 10), 300);
  assert.equal(rig.sum('traffic', RIG_START_S + 20), 0);
});
