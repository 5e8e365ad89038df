import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script closed its window only when a line came, so a quiet site showed its last value for ever. */

test('the clock closes a window, and quiet windows are points of zeros', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ atS: 1 }));
  await rig.start();
  await rig.until('four windows are written', () => rig.windows.size >= 4);
  assert.equal(rig.sum('count', RIG_START_S), 1);
  for (const afterS of [10, 20, 30]) {
    const window = rig.windows.get(RIG_START_S + afterS);
    assert.deepEqual(
      window?.sites.map(({ site, count, traffic, errors }) => [site, count, traffic, errors]),
      [['-', 0, 0, 0]],
    );
    assert.equal(window?.agent.lines, 0);
  }
});
