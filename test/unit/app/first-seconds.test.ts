/** A meter that is killed before its first window has ended, or finds its log renamed, loses nothing. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppRig, combinedLine } from '../../support/app-rig.ts';

const some = (count: number, atS: number): string => combinedLine({ atS }).repeat(count);

/** Where reading begins is on disk, and what is there is read. */
async function begun(rig: AppRig): Promise<void> {
  const isSaved = () => existsSync(join(rig.stateDir, 'checkpoint'));
  await rig.until('the start is saved', () => isSaved() && rig.status.logs[0]?.unreadBytes === 0);
}

/** So many requests are in windows that were handed over, and no more come in the next windows. */
async function counted(rig: AppRig, count: number): Promise<void> {
  await rig.until(`${count} requests are counted`, () => rig.sum('count') >= count);
  await rig.pass(12_000);
  assert.equal(rig.sum('count'), count);
}

for (const readFrom of ['beginning', 'end', 'all']) {
  test(`killed in the first seconds, and rotated before the next start: READ_FROM=${readFrom}`, async (t) => {
    const rig = new AppRig(t, { READ_FROM: readFrom });
    rig.append(some(10, 0));
    await rig.start();
    await begun(rig);
    rig.append(some(300, 1));
    await rig.pass(2000);
    await rig.crash();
    rig.append(some(20, 3));
    renameSync(rig.log, `${rig.log}.1`);
    rig.append(some(7, 4));
    await rig.start();
    await counted(rig, readFrom === 'end' ? 327 : 337);
  });
}

test('killed every few seconds, before any window has ended: it advances all the same', async (t) => {
  const rig = new AppRig(t, { WINDOW: '1h', DIMENSION_WINDOW: 'off' });
  for (let life = 0; life < 4; life += 1) {
    rig.append(some(5, life));
    await rig.start();
    await begun(rig);
    await rig.crash();
    renameSync(rig.log, `${rig.log}.${9 - life}`);
  }
  rig.append(some(1, 20));
  await rig.start();
  await rig.pass(3000);
  await rig.stop();
  assert.equal(rig.sum('count'), 21);
});

test('the log is missing at a start: what its rotated file holds is read and delivered at once', async (t) => {
  const rig = new AppRig(t);
  rig.append(some(10, 1));
  await rig.start();
  await counted(rig, 10);
  rig.append(some(30, 13));
  await rig.pass(1000);
  await rig.crash();
  renameSync(rig.log, `${rig.log}.1`);
  appendFileSync(`${rig.log}.1`, some(5, 15));
  await rig.start();
  await counted(rig, 45);
  // nginx has not reopened its log yet.
  appendFileSync(`${rig.log}.1`, some(4, 26));
  await counted(rig, 49);
});
