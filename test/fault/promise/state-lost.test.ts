import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PromiseRig } from './promise-rig.ts';

/** An empty STATE_DIR: the same points come out of what the log still holds, and never a part of one. */

async function loseState({ victim }: PromiseRig): Promise<void> {
  await victim.kill();
  rmSync(victim.stateDir, { recursive: true });
}

test('while it catches up after a loss no window is ever written smaller than it was', async (t) => {
  const rig = await PromiseRig.start(t, { disorderMaxS: 120, env: { READ_FROM: 'all' } });
  const { log, victim, proxy } = rig;
  log.write(15_000);
  log.rename();
  log.reopen();
  log.write(15_000);
  await victim.start();
  await rig.delivered();
  await loseState(rig);
  const counts = new Map<string, number>();
  for (const row of await rig.influx.rows(
    'SELECT "count" FROM "access_log" GROUP BY "site"',
    'promise',
  )) {
    counts.set(`${String(row['site'])} ${String(row['time'])}`, Number(row['count']));
  }
  const dips: string[] = [];
  let seen = 0;
  proxy.onTaken = (points) => {
    for (const { key, measurement, fields } of points) {
      if (measurement !== 'access_log') continue;
      const place = `${/site=([^ ,]+)/.exec(key)?.[1]} ${key.slice(key.lastIndexOf(' ') + 1)}`;
      const count = Number(/(?:^|,)count=(\d+)i/.exec(fields)?.[1]);
      const before = counts.get(place);
      if (before !== undefined) seen += 1;
      if (count < (before ?? 0)) dips.push(`${place}: ${count} after ${before}`);
      counts.set(place, count);
    }
  };
  await victim.start();
  await rig.assertExact();
  assert.ok(seen >= 4 * 100, `only ${seen} points were written again`);
  assert.deepEqual(dips, []);
});

test('a first window that began in the rotated file is completed from it', async (t) => {
  const rig = await PromiseRig.start(t, { disorderMaxS: 0, env: { WINDOW: '30s' } });
  const { log, victim } = rig;
  log.write(500);
  await victim.start();
  log.rename();
  log.reopen();
  log.write(200);
  await rig.delivered();
  await loseState(rig);
  log.write(20);
  await victim.start();
  await rig.assertExact();
});

test('a first window whose rotated file is gone is left alone', async (t) => {
  const rig = await PromiseRig.start(t, { disorderMaxS: 0, env: { WINDOW: '3s' } });
  const { log, victim } = rig;
  await victim.start();
  for (let generation = 0; generation < 2; generation += 1) {
    log.write(300);
    log.rename();
    log.reopen();
  }
  log.write(300);
  await rig.delivered();
  // Stopped in order it owes the database nothing: what it has is whole.
  await victim.stop();
  rmSync(victim.stateDir, { recursive: true });
  rmSync(`${log.path}.1`);
  await delay(3_000); // into a window in which none of the old lines lie
  log.write(100);
  await victim.start();
  await rig.delivered();
  await victim.stop();
  // Without a file that begins the log, what the rotated one held is nowhere but in the database.
  assert.ok(log.truth.windows.size >= 4);
  const sums = [...log.truth.windows.values()].reduce((sum, window) => sum + window['count']!, 0);
  assert.equal(await rig.counted(), sums);
});
