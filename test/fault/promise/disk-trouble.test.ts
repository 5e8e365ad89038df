import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../../support/wait-until.ts';
import { canMount, fillDisk, mount } from '../torment/small-disk.ts';
import { PromiseRig } from './promise-rig.ts';

/** STATE_DIR full, read-only, gone: it goes on from memory, says so, and recovers by itself. */

const probe = mkdtempSync(join(tmpdir(), 'nginx-meter-mount-'));
const hasMount = await canMount(probe);
rmSync(probe, { recursive: true });
const skip = hasMount ? false : 'no tmpfs can be mounted here (root needed): NOT TESTED';
if (!hasMount) console.log(`SKIPPED: ${String(skip)}`);

function fill(folder: string): void {
  fillDisk(join(folder, 'ballast'), folder, 0);
}

for (const isKilled of [false, true]) {
  test(`STATE_DIR is full${isKilled ? ', and it is killed then' : ''}`, { skip }, async (t) => {
    const rig = await PromiseRig.start(t, { tmpfs: '2m' });
    const { log, victim } = rig;
    log.write(100);
    await victim.start();
    await rig.delivered();
    fill(victim.stateDir);
    log.write(200);
    await waitUntil('it says so', async () => (await rig.unready()).includes('state-unwritable'));
    log.write(200);
    // Points go on to the database from memory.
    await waitUntil('points arrive', async () => (await rig.counted()) > 450);
    if (isKilled) {
      await victim.kill();
      await victim.start();
      await waitUntil('it says so', async () => (await rig.unready()).includes('state-unwritable'));
    }
    log.rename();
    log.reopen();
    log.write(100);
    rmSync(join(victim.stateDir, 'ballast'));
    await waitUntil('it has recovered', async () => (await rig.unready()) === '');
    await rig.assertExact();
  });
}

test('STATE_DIR is full and the database is away: reading stops at the bound', {
  skip,
}, async (t) => {
  const rig = await PromiseRig.start(t, { tmpfs: '1m', disorderMaxS: 280 });
  const { log, victim, proxy } = rig;
  await proxy.setMode('refuse');
  await victim.start();
  fill(victim.stateDir);
  log.start();
  await waitUntil('it says so', async () => (await rig.unready()).includes('state-unwritable'));
  log.stop();
  log.write(500);
  rmSync(join(victim.stateDir, 'ballast'));
  await proxy.setMode('pass');
  await rig.assertExact();
});

test('STATE_DIR is read-only at the start: the start ends, and nothing is lost', {
  skip,
}, async (t) => {
  const rig = await PromiseRig.start(t, { tmpfs: '2m' });
  const { log, victim } = rig;
  log.write(100);
  await victim.start();
  await rig.delivered();
  await victim.kill();
  await mount(['-o', 'remount,ro', victim.stateDir]);
  log.write(100);
  await assert.rejects(victim.start());
  assert.match(victim.output, /STATE_DIR \S+ cannot be written \(EROFS\)/);
  await mount(['-o', 'remount,rw', victim.stateDir]);
  await victim.start();
  await rig.assertExact();
});

for (const comesBack of [false, true]) {
  test(`STATE_DIR is gone${comesBack ? ' and comes back as it was' : ' for good'}`, async (t) => {
    const rig = await PromiseRig.start(t);
    const { log, victim, proxy } = rig;
    log.write(100);
    await victim.start();
    await rig.delivered();
    await proxy.setMode('503');
    log.write(100);
    await waitUntil('points wait', async () => ((await victim.metric('spool_records')) ?? 0) > 0);
    const away = `${victim.stateDir}.away`;
    renameSync(victim.stateDir, away);
    log.write(100);
    await waitUntil(
      'it has been noticed',
      () => /"code":"[a-z-]*(damaged|vanished|unwritable|unreadable)/.test(victim.output),
      { deadlineMs: 30_000 },
    );
    if (comesBack) {
      rmSync(victim.stateDir, { recursive: true, force: true });
      renameSync(away, victim.stateDir);
    }
    log.write(100);
    await victim.kill();
    await proxy.setMode('pass');
    await victim.start();
    await rig.assertExact();
    assert.equal(log.truth.lines, 400);
  });
}

test('STATE_DIR is gone with points that a start took over, and it is killed at its next checkpoint', async (t) => {
  const rig = await PromiseRig.start(t);
  const { log, victim, proxy } = rig;
  await proxy.setMode('503');
  log.write(200);
  await victim.start();
  await waitUntil('points wait', async () => ((await victim.metric('spool_records')) ?? 0) > 1);
  await victim.kill();
  await victim.start();
  // The oldest record is in hand, so that nobody looks at the files for a while.
  await waitUntil('it is refused', async () => (await rig.unready()).includes('write-retrying'));
  rmSync(victim.stateDir, { recursive: true });
  const next = `${victim.stateDir}/checkpoint`;
  await waitUntil('a checkpoint', () => existsSync(next) || existsSync(`${next}.forgotten`));
  await victim.kill();
  await proxy.setMode('pass');
  await victim.start();
  await rig.assertExact();
});
