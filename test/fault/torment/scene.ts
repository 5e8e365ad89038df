/** What torments work with: the scene, and what many of them do. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Influx } from '../../support/influxdb.ts';
import type { CampaignKind } from './campaign-kind.ts';
import type { FaultRota, InfluxProxy } from './influx-proxy.ts';
import type { KillPoints } from './kill-points.ts';
import type { RotatableLog } from './nginx-log.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TormentedLog } from './tormented-log.ts';
import type { Victim } from './victim.ts';

/** What a torment can lay its hands on; a campaign is one. */
export interface Scene {
  readonly kind: CampaignKind;
  readonly random: SeededRandom;
  readonly killPoints: KillPoints;
  readonly proxyFaults: FaultRota;
  readonly counts: { kills: number };
  readonly influx: Influx;
  readonly proxy: InfluxProxy;
  readonly victim: Victim;
  /** Stays the same for one torment. */
  readonly log: RotatableLog;
  /** The log, where this process writes it itself. */
  readonly synthetic: TormentedLog | undefined;
  /** A line of the journal. */
  note(text: string): void;
  startMeter(killAt?: string): Promise<void>;
  killMeter(): Promise<void>;
}

/** Something that is done to the meter, the database or the log in one round. */
export interface Torment {
  readonly name: string;
  readonly weight: number;
  readonly can: (c: Scene) => boolean;
  readonly run: (c: Scene) => Promise<void>;
}

/** Lets some traffic pass; when exactly a fault strikes is chance. */
export async function pass(c: Scene, minMs: number, maxMs: number): Promise<void> {
  await delay(c.random.between(minMs, maxMs));
}

export const always = (): boolean => true;
export const keepsState = (c: Scene): boolean => c.kind.mayLoseState;
export const onTmpfs = (c: Scene): boolean => c.kind.isOnTmpfs;
export const isSynthetic = (c: Scene): boolean => c.synthetic !== undefined;
export const mayHoldHalf = (c: Scene): boolean => isSynthetic(c) && c.kind.rewrite === 'always';

export async function rotateOnce(c: Scene): Promise<string> {
  if (c.synthetic !== undefined && c.random.chance(0.35)) {
    c.synthetic.copytruncate();
    return 'copytruncate';
  }
  c.log.rename();
  await pass(c, 0, 150); // into the renamed file
  await c.log.reopen();
  return 'rename';
}

export async function kill(c: Scene): Promise<void> {
  await c.killMeter();
}
