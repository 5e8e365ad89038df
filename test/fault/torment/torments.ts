import assert from 'node:assert/strict';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ASKING_MODES } from './influx-proxy.ts';
import { onRotation } from './rotation-torments.ts';
import {
  always,
  isSynthetic,
  keepsState,
  kill,
  mayHoldHalf,
  onTmpfs,
  pass,
  rotateOnce,
  type Scene,
  type Torment,
} from './scene.ts';
import { fillDisk, mount } from './small-disk.ts';

const onProcesses: Torment[] = [
  {
    name: 'kill -9 of the meter',
    weight: 4,
    can: always,
    run: async (c) => {
      await pass(c, 0, 900);
      await kill(c);
      if (c.random.chance(0.4)) c.note(await rotateOnce(c));
      await c.startMeter();
    },
  },
  {
    name: 'kill -9 right after its start',
    weight: 2,
    can: always,
    run: async (c) => {
      await kill(c);
      await c.startMeter();
      await pass(c, 0, 60);
      await kill(c);
      await c.startMeter();
    },
  },
  {
    name: 'kill point',
    weight: 7,
    can: always,
    run: async (c) => {
      const name = c.killPoints.next(c.kind.disorderMaxS >= 100);
      const isDelete = name.endsWith('-delete');
      const at = `${name}:${isDelete ? 1 : c.random.between(1, 3)}`;
      const before = c.victim.deathsAt(name);
      await kill(c);
      await c.startMeter(at);
      if (c.random.chance(0.3)) c.note(await rotateOnce(c));
      // Lines that change a hundred windows each second, until a segment is full.
      const flood = setInterval(() => isDelete && c.synthetic?.write(1000), 250);
      const isDead = await c.victim.diedAt(name, before, isDelete ? 15_000 : 6_000);
      clearInterval(flood);
      c.note(`${at}${isDead ? '' : ' was not reached'}`);
      if (isDead) {
        c.killPoints.visited(name);
        c.counts.kills += 1;
      } else await kill(c);
      await c.startMeter();
    },
  },
  {
    name: 'SIGTERM',
    weight: 2,
    can: always,
    run: async (c) => {
      await pass(c, 0, 700);
      await c.victim.stop();
      await c.startMeter();
    },
  },
  {
    name: 'SIGSTOP',
    weight: 2,
    can: always,
    run: async (c) => {
      c.victim.signal('SIGSTOP');
      await pass(c, 200, 1200);
      if (c.random.chance(0.5)) c.note(await rotateOnce(c));
      c.victim.signal('SIGCONT');
    },
  },
];

const onTheDatabase: Torment[] = [
  {
    name: 'kill -9 of influxd',
    weight: 2,
    can: always,
    run: async (c) => {
      await pass(c, 0, 500);
      await c.influx.kill();
      await pass(c, 100, 900);
      await c.influx.restart();
    },
  },
  {
    name: 'proxy',
    weight: 6,
    can: always,
    run: async (c) => {
      const mode = c.proxyFaults.next(c.random);
      c.note(mode);
      await c.proxy.setMode(mode);
      await pass(c, 500, 1500);
      if (c.random.chance(0.6)) {
        await kill(c);
        await c.startMeter();
        await pass(c, 100, 600);
      }
      await c.proxy.setMode('pass');
      // A refusal that asks for an operator is tried again after half a minute; a restart asks at once.
      if (!ASKING_MODES.has(mode) && c.random.chance(0.5)) return;
      await c.victim.stop();
      await c.startMeter();
    },
  },
];

const onTheLog: Torment[] = [
  {
    name: 'rename rotation',
    weight: 2,
    can: always,
    run: async (c) => {
      c.log.rename();
      await pass(c, 0, 700);
      await c.log.reopen();
      await pass(c, 0, 300);
    },
  },
  {
    name: 'two rename rotations within a second',
    weight: 1,
    can: always,
    run: async (c) => {
      for (let i = 0; i < 2; i += 1) {
        c.log.rename();
        await c.log.reopen();
        await pass(c, 0, 300);
      }
    },
  },
  {
    name: 'copytruncate',
    weight: 2,
    can: isSynthetic,
    run: async (c) => {
      c.synthetic?.copytruncate();
      await pass(c, 0, 500);
    },
  },
  {
    name: 'copytruncate with lines the meter has not read',
    weight: 2,
    can: isSynthetic,
    run: async (c) => {
      c.victim.signal('SIGSTOP');
      c.synthetic?.write(c.random.between(1, 200));
      c.synthetic?.copytruncate();
      // As long as before, or longer, or shorter: the position may lie inside the new content.
      c.synthetic?.write(c.random.between(0, 400));
      c.victim.signal('SIGCONT');
    },
  },
  {
    name: 'rotations while the meter is down',
    weight: 4,
    can: always,
    run: async (c) => {
      await pass(c, 0, 300);
      if (c.random.chance(0.5)) await kill(c);
      else await c.victim.stop();
      for (let left = c.random.between(1, 3); left > 0; left -= 1) {
        await pass(c, 20, 200);
        c.note(await rotateOnce(c));
        if (!c.random.chance(0.4)) continue;
        c.note('gzip');
        c.log.compress();
      }
      await c.startMeter();
    },
  },
  {
    name: 'gzip of the rotated files',
    weight: 1,
    can: always,
    run: async (c) => {
      c.note(await rotateOnce(c));
      await pass(c, 100, 600);
      c.log.compress();
    },
  },
  {
    name: 'half a line, then kill -9',
    weight: 2,
    can: mayHoldHalf,
    run: async (c) => {
      c.synthetic?.writeHalf();
      await pass(c, 100, 500);
      await kill(c);
      await c.startMeter();
      await pass(c, 0, 300);
      if (c.synthetic !== undefined) c.synthetic.holdsHalf = false;
    },
  },
];

/** The file at a random place with one bit turned; false when there is nothing to turn. */
function damage(c: Scene, path: string): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return false;
  const bytes = readFileSync(path);
  const at = c.random.between(0, bytes.length - 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << c.random.between(0, 7));
  writeFileSync(path, bytes);
  return true;
}

/** Kills the meter while points wait, and starts it again once something was done to its spool. */
async function withWaitingPoints(
  c: Scene,
  spoil: (folder: string, segment: string | undefined) => void,
): Promise<void> {
  await c.proxy.setMode('503');
  await pass(c, 800, 1800);
  await kill(c);
  const folder = join(c.victim.stateDir, 'spool');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const segments = names.filter((name) => name.endsWith('.seg'));
  spoil(folder, segments.length === 0 ? undefined : join(folder, c.random.pick(segments)));
  await c.proxy.setMode('pass');
  await c.startMeter();
}

const BALLAST = 'ballast';

const onTheDisk: Torment[] = [
  {
    name: 'STATE_DIR lost',
    weight: 2,
    can: keepsState,
    run: async (c) => {
      await kill(c);
      // The folder may be a mount point of its own.
      for (const name of readdirSync(c.victim.stateDir)) {
        rmSync(join(c.victim.stateDir, name), { recursive: true });
      }
      await c.startMeter();
    },
  },
  {
    name: 'a damaged checkpoint',
    weight: 1,
    can: keepsState,
    run: async (c) => {
      await kill(c);
      if (!damage(c, join(c.victim.stateDir, 'checkpoint'))) c.note('there was none');
      await c.startMeter();
    },
  },
  {
    name: 'a damaged segment',
    weight: 1,
    can: keepsState,
    run: (c) =>
      withWaitingPoints(c, (_folder, segment) => {
        if (segment === undefined || !damage(c, segment)) c.note('there was none');
      }),
  },
  {
    name: 'waiting points deleted while the meter is down',
    weight: 3,
    can: keepsState,
    run: (c) =>
      withWaitingPoints(c, (folder, segment = folder) => {
        rmSync(c.random.chance(0.3) ? folder : segment, { recursive: true, force: true });
      }),
  },
  {
    name: 'STATE_DIR gone and back while it runs',
    weight: 1,
    can: (c) => keepsState(c) && !onTmpfs(c),
    run: async (c) => {
      const away = `${c.victim.stateDir}.away`;
      renameSync(c.victim.stateDir, away);
      await pass(c, 300, 1500);
      if (c.random.chance(0.3)) {
        await kill(c);
        await c.startMeter();
      }
      const isAlone = c.random.chance(0.5);
      if (isAlone) {
        rmSync(away, { recursive: true });
        return;
      }
      rmSync(c.victim.stateDir, { recursive: true, force: true });
      renameSync(away, c.victim.stateDir);
      await pass(c, 0, 500);
    },
  },
  {
    name: 'disk full',
    weight: 6,
    can: onTmpfs,
    run: async (c) => {
      const ballast = join(c.victim.stateDir, BALLAST);
      fillDisk(ballast, c.victim.stateDir, c.random.pick([0, 0, 1, 2]));
      await pass(c, 700, 2000);
      if (c.random.chance(0.4)) {
        await kill(c);
        await c.startMeter();
        await pass(c, 0, 700);
      }
      rmSync(ballast);
      await pass(c, 0, 300);
    },
  },
  {
    name: 'disk read-only from before its start',
    weight: 3,
    can: onTmpfs,
    run: async (c) => {
      await kill(c);
      await mount(['-o', 'remount,ro', c.victim.stateDir]);
      await assert.rejects(c.startMeter());
      await mount(['-o', 'remount,rw', c.victim.stateDir]);
      await c.startMeter();
    },
  },
];

export const TORMENTS: readonly Torment[] = [
  ...onProcesses,
  ...onRotation,
  ...onTheDatabase,
  ...onTheLog,
  ...onTheDisk,
];
