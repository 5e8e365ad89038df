/** The log renamed often, and at moments at which the meter knows little. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  isSynthetic,
  keepsState,
  kill,
  pass,
  rotateOnce,
  type Scene,
  type Torment,
} from './scene.ts';

/** Where the log is renamed so often, its generations are met late and in torn listings. */
async function rotateOften(c: Scene, everyMs: number, kills: boolean): Promise<void> {
  for (let left = c.random.between(4, 12); left > 0; left -= 1) {
    c.log.rename();
    await pass(c, 0, everyMs / 4);
    await c.log.reopen();
    await pass(c, everyMs / 4, everyMs);
    if (!kills || !c.random.chance(0.3)) continue;
    await kill(c);
    await c.startMeter();
  }
}

export const onRotation: readonly Torment[] = [
  {
    name: 'rotations twice a second',
    weight: 3,
    can: isSynthetic,
    run: (c) => rotateOften(c, 500, false),
  },
  {
    name: 'rotations twice a second, with kills',
    weight: 3,
    can: isSynthetic,
    run: (c) => rotateOften(c, 500, true),
  },
  {
    name: 'killed in its first seconds, without a checkpoint, and rotated',
    weight: 3,
    can: keepsState,
    run: async (c) => {
      await kill(c);
      for (const name of readdirSync(c.victim.stateDir)) {
        rmSync(join(c.victim.stateDir, name), { recursive: true });
      }
      for (let lives = c.random.between(1, 3); lives > 0; lives -= 1) {
        await c.startMeter();
        await pass(c, 0, 600);
        await kill(c);
        c.note(await rotateOnce(c));
      }
      await c.startMeter();
    },
  },
  {
    name: 'the log is missing at a start',
    weight: 3,
    can: isSynthetic,
    run: async (c) => {
      await pass(c, 0, 900);
      await kill(c);
      c.log.rename();
      await c.startMeter();
      await pass(c, 0, 1500);
      await c.log.reopen();
    },
  },
];
