import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../support/property.ts';
import type { SealedWindow } from '../../src/aggregate/sealed-window.ts';
import { NOON_S } from '../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../support/pipeline-rig.ts';

/**
 * A meter that is killed between any two steps of its commits, started again, and killed again: what
 * the database holds in the end is what was written to the logs, and on the way no window ever shrinks.
 */
type Event =
  | { kind: 'write'; log: string; delaysS: number[]; isOdd: boolean }
  | { kind: 'pass'; s: number }
  | { kind: 'kill'; steps: number }
  | { kind: 'stop' }
  | { kind: 'trouble'; s: number };

const LATENESS_S = 20;
/** Each run takes most of a second, nearly all of it in fsync. */
const RUNS = runsOfSlow(20);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      log: fc.constantFrom('shop', 'blog'),
      delaysS: fc.array(fc.nat(LATENESS_S - 2), { minLength: 1, maxLength: 4 }),
      isOdd: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), s: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('kill' as const), steps: fc.nat(11) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trouble' as const), s: fc.nat(25) }) },
);

/** Windows by log and start, as the database holds them. */
type Database = Map<string, SealedWindow>;

class Torment {
  readonly rig: PipelineRig;
  readonly database: Database = new Map();
  readonly timesSent = new Map<string, number>();
  /** Lines by log and window of their time. */
  readonly truth = new Map<string, number>();
  readonly unparsed = new Map<string, number>();
  #sentSeq = 0;

  constructor(dir: string, rewrite: 'always' | 'never') {
    this.rig = new PipelineRig(dir, { nowS: NOON_S + 1, rewrite, latenessS: LATENESS_S });
  }

  /** Sends what is committed, as the writer does. */
  send(): void {
    const { queue } = this.rig;
    for (const text of queue.appended.slice(this.#sentSeq, queue.committedSeq)) {
      if (text.startsWith('sidecar')) continue;
      const window = JSON.parse(text) as SealedWindow;
      const key = `${window.log} ${window.startS}`;
      const before = this.database.get(key);
      const names = ['lines', 'counted', 'unparsed', 'bytes'] as const;
      for (const name of names) {
        const was = before?.agent[name] ?? 0;
        assert.ok(window.agent[name] >= was, `${name} of ${key} shrank from ${was}`);
      }
      this.database.set(key, window);
      this.timesSent.set(key, (this.timesSent.get(key) ?? 0) + 1);
    }
    this.#sentSeq = Math.max(this.#sentSeq, queue.committedSeq);
  }

  async play(events: readonly Event[]): Promise<void> {
    const { rig } = this;
    await rig.start();
    for (const step of events) await this.#step(step);
    await rig.pass(60);
    await rig.finish();
    this.send();
  }

  async #step(step: Event): Promise<void> {
    const { rig } = this;
    switch (step.kind) {
      case 'write':
        this.#write(step);
        break;
      case 'pass':
        await this.#pass(step.s);
        break;
      case 'kill':
        rig.queue.stepsToLive = step.steps;
        await this.#pass(12);
        await this.#restart();
        break;
      case 'stop':
        await rig.finish();
        await this.#restart();
        break;
      case 'trouble':
        rig.queue.isWritable = false;
        await this.#pass(step.s);
        rig.queue.isWritable = true;
        break;
    }
  }

  async #pass(seconds: number): Promise<void> {
    await this.rig.pass(seconds);
    this.send();
  }

  async #restart(): Promise<void> {
    const { rig } = this;
    await rig.kill();
    this.send();
    rig.queue.stepsToLive = Infinity;
    // Records that the checkpoint does not know are cut off, and others will take their numbers.
    const spoolSeq = (await rig.checkpoint.load())?.spoolSeq ?? 0;
    this.#sentSeq = Math.min(this.#sentSeq, spoolSeq);
    await rig.start();
  }

  #write({ log, delaysS, isOdd }: Extract<Event, { kind: 'write' }>): void {
    const nowS = Math.floor(this.rig.clock.now() / 1000);
    let text = '';
    for (const delayS of delaysS) {
      const atS = Math.max(NOON_S, nowS - delayS);
      text += combinedLine(atS);
      const key = `${log} ${Math.floor(atS / 10) * 10}`;
      this.truth.set(key, (this.truth.get(key) ?? 0) + 1);
    }
    if (isOdd) {
      text += 'no line\n';
      this.unparsed.set(log, (this.unparsed.get(log) ?? 0) + 1);
    }
    this.rig.source.write(log, text);
  }
}

async function inTorment(
  rewrite: 'always' | 'never',
  events: readonly Event[],
  check: (torment: Torment) => void,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'nginx-meter-'));
  try {
    const torment = new Torment(dir, rewrite);
    await torment.play(events);
    check(torment);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function counted(database: Database): Map<string, number> {
  const windows = [...database].filter(([, window]) => window.agent.counted > 0);
  return new Map(windows.map(([key, window]) => [key, window.agent.counted]));
}

const events = fc.array(event, { minLength: 5, maxLength: 30, size: 'max' });
const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

test('killed anywhere, the database ends up with every line once, and no window ever shrinks', async () => {
  await fc.assert(
    fc.asyncProperty(events, (all) =>
      inTorment('always', all, ({ database, truth, unparsed }) => {
        assert.deepEqual(sorted(counted(database)), sorted(truth));
        for (const log of ['shop', 'blog']) {
          let sum = 0;
          for (const window of database.values()) {
            if (window.log === log) sum += window.agent.unparsed;
          }
          assert.equal(sum, unparsed.get(log) ?? 0, `unparsed lines of ${log}`);
        }
      }),
    ),
    { numRuns: RUNS },
  );
});

test('killed anywhere, where points are not overwritten every window is sent once', async () => {
  await fc.assert(
    fc.asyncProperty(events, (all) =>
      inTorment('never', all, ({ database, truth, timesSent }) => {
        for (const [key, times] of timesSent) assert.equal(times, 1, key);
        let lines = 0;
        for (const { agent } of database.values()) lines += agent.counted + agent.late;
        assert.equal(
          lines,
          [...truth.values()].reduce((a, b) => a + b, 0),
        );
      }),
    ),
    { numRuns: RUNS },
  );
});
