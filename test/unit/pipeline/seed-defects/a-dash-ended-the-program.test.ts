import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppRig, combinedLine } from '../../../support/app-rig.ts';

/** The script made a number of `$body_bytes_sent` without a look at it. */

test('bytes of - are absent: the request counts, with no bytes', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ bytes: '-' }) + combinedLine({ bytes: 42 }));
  await rig.start();
  await rig.until('both are written', () => rig.sum('count') === 2);
  assert.equal(rig.sum('traffic'), 42);
  assert.equal(rig.agentSum('unparsed'), 0);
});

test('bytes that are no number make an unparsed line, and nothing ends', async (t) => {
  const rig = new AppRig(t);
  rig.append(combinedLine({ bytes: 1 }).replace(' 1 ', ' NaN ') + combinedLine({ bytes: 42 }));
  await rig.start();
  await rig.until('both are written', () => rig.agentSum('lines') === 2);
  assert.deepEqual([rig.sum('traffic'), rig.agentSum('unparsed')], [42, 1]);
});
