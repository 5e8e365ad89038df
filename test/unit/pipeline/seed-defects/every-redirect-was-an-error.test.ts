import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppRig, combinedLine } from '../../../support/app-rig.ts';

/** The script called every status of 300 or more an error. */

const STATUSES = [101, 200, 204, 301, 302, 304, 399, 400, 404, 499, 500, 503];

async function totals(t: TestContext, settings: Readonly<Record<string, string>>) {
  const rig = new AppRig(t, settings);
  rig.append(STATUSES.map((status) => combinedLine({ status })).join(''));
  await rig.start();
  await rig.until('they are written', () => rig.sum('count') === STATUSES.length);
  const [site] = [...rig.windows.values()].flatMap((window) => window.sites);
  return { errors: site?.errors, classes: site?.classes, c499: site?.c499 };
}

test('an error is a status of 400 or more; 4xx and 5xx are apart', async (t) => {
  assert.deepEqual(await totals(t, {}), { errors: 5, classes: [1, 2, 4, 3, 2], c499: 1 });
});

test('ERROR_STATUS_MIN=300 gives the meaning of the script', async (t) => {
  const { errors } = await totals(t, { ERROR_STATUS_MIN: '300' });
  assert.equal(errors, 9);
});
