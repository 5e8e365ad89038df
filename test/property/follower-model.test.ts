/**
 * Whatever is done to a log, and wherever the process is stopped: no line comes out twice, and every line
 * that was not destroyed before anything could read it comes out, in the order of its file.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { openFileSource } from '../../src/source/file/file-source.ts';
import type { FollowCheckpoint } from '../../src/source/rotation/follow-checkpoint.ts';
import type { LineSource } from '../../src/source/line-source.ts';
import { beforeEachCall } from '../support/between-calls.ts';
import { FakeClock } from '../support/clock.ts';
import { LogModel, NAME_STYLES } from '../support/log-model.ts';

const MAX_LINE_BYTES = 400;
/** As long as the meter waits for nginx to write to a deleted file that has no successor. */
const DELETED_HOLD_MS = 10 * 60_000;

/** The meter: the source, and the stream of lines as the checkpoint protocol sees it. */
class Meter {
  readonly model: LogModel;
  readonly clock = new FakeClock();
  /** What is done to the log in the middle of what the source is doing, after so many calls of its. */
  #interruption: { after: number; act: (model: LogModel, meter: Meter) => void } | undefined;
  #wasInterrupted = false;
  /** Handed out before the last checkpoint: counted for good. */
  readonly committed = new Set<string>();
  /** Handed out since: a crash takes them back. */
  pending: string[] = [];
  /** In the order in which they came out. */
  order: string[] = [];
  source: LineSource<FollowCheckpoint> | undefined;
  #checkpoint: FollowCheckpoint | undefined;

  constructor(model: LogModel) {
    this.model = model;
    beforeEachCall(() => {
      const next = this.#interruption;
      if (next === undefined) return;
      next.after -= 1;
      if (next.after > 0) return;
      this.#interruption = undefined;
      this.#wasInterrupted = true;
      next.act(this.model, this);
    });
  }

  interrupt(after: number, act: (model: LogModel, meter: Meter) => void): void {
    this.#interruption = { after, act };
  }

  leaveAlone(): void {
    this.#interruption = undefined;
  }

  async start(): Promise<void> {
    this.source = await openFileSource({
      paths: [{ path: this.model.path, name: undefined, isGlob: false }],
      readFrom: 'all',
      checkpoint: this.#checkpoint,
      readBuffer: new Uint8Array(MAX_LINE_BYTES + 1),
      maxLineBytes: MAX_LINE_BYTES,
      clock: this.clock,
      notify: () => {},
    });
    if (this.#checkpoint === undefined) this.commit();
  }

  /** Reads at most `batches` batches; true when there was no more. */
  async read(batches: number, sinceMs?: number): Promise<boolean> {
    for (let count = 0; count < batches; count += 1) {
      const batch = await this.source?.next(undefined, sinceMs);
      if (batch === undefined) return true;
      const text = Buffer.from(batch.bytes.subarray(batch.start, batch.end)).toString();
      for (const line of text.split('\n').slice(0, -1)) {
        assert.ok(!this.committed.has(line) && !this.pending.includes(line), `twice: ${line}`);
        this.pending.push(line);
      }
    }
    return false;
  }

  /** Reads until there was no more at a look during which nothing was rotated. */
  async readAll(): Promise<void> {
    do {
      this.#wasInterrupted = false;
      await this.read(Number.POSITIVE_INFINITY);
    } while (this.#wasInterrupted);
  }

  commit(): void {
    this.#checkpoint = JSON.parse(JSON.stringify(this.source?.checkpoint())) as FollowCheckpoint;
    for (const line of this.pending) this.committed.add(line);
    this.order.push(...this.pending);
    this.pending = [];
  }

  async crash(): Promise<void> {
    await this.source?.close();
    this.source = undefined;
    this.pending = [];
  }

  readonly isCommitted = (line: string): boolean => this.committed.has(line);

  /** Nothing that stands in a file may be unread now. */
  assertComplete(): void {
    const read = new Set([...this.committed, ...this.pending]);
    for (const line of this.model.existing()) {
      const pieces = this.model.piecesOf(line);
      const isInPieces = pieces.length > 0 && pieces.every((piece) => read.has(piece));
      const isLost = !this.model.destroyed.has(line) && !read.has(line) && !isInPieces;
      assert.ok(!isLost, `not read: ${line}`);
    }
  }

  assertInOrder(): void {
    const place = new Map([...this.order, ...this.pending].map((line, index) => [line, index]));
    for (const file of [...this.model.rotated, this.model.current]) {
      const places = (file?.lines ?? []).flatMap((line) => place.get(line) ?? []);
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
        'out of order',
      );
    }
  }
}

type Step = fc.AsyncCommand<LogModel, Meter>;

/** A step from a label for the counterexample, when it can happen, and what it does. */
function step(
  label: string,
  can: (model: LogModel) => boolean,
  run: (model: LogModel, meter: Meter) => Promise<void> | void,
): Step {
  return {
    check: (model) => can(model as LogModel),
    run: async (model, meter) => run(model, meter),
    toString: () => label,
  };
}

const few = fc.integer({ min: 1, max: 6 });
const share = fc.constantFrom(0, 0.05, 0.3, 0.7, 1);
const always = () => true;

/** What happens to a log in the middle of a look or a read, as far as it can happen then. */
const interruption = fc.constantFrom<[string, (model: LogModel, meter: Meter) => void][]>(
  [
    'rename',
    (model) => {
      if (model.isBusy || model.current === undefined) return;
      model.rename(false);
      model.append(1, false);
    },
  ],
  [
    'renameKept',
    (model) => {
      if (model.isBusy || model.current === undefined) return;
      model.rename(true);
      model.appendToRenamed(1);
    },
  ],
  [
    'twoRenames',
    (model) => {
      for (let times = 0; times < 2; times += 1) {
        if (model.isBusy || model.current === undefined) return;
        model.rename(false);
        model.append(2, false);
      }
    },
  ],
  [
    'copytruncate',
    (model, meter) => {
      if (model.isBusy || model.current === undefined) return;
      model.beginCopy(1);
      if (model.isCopying) model.finishCopy(meter.isCommitted);
      model.append(1, false);
    },
  ],
  [
    'compress',
    (model) => {
      if (model.isBusy) return;
      model.beginCompress(0, 1);
      if (model.isCompressing) model.finishCompress();
    },
  ],
  [
    'delete',
    (model, meter) => {
      if (!model.isBusy && model.current !== undefined) model.remove(meter.isCommitted);
    },
  ],
  ['append', (model) => model.append(2, false)],
);

/** After at most so many calls of the file system. */
function interrupt(callsMax: number): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.integer({ min: 1, max: callsMax }), interruption)
    .map(([after, [name, act]]) =>
      step(`interrupt(${after},${name})`, always, (_, meter) => meter.interrupt(after, act)),
    );
}

const steps: fc.Arbitrary<Step>[] = [
  few.map((n) => step(`append(${n})`, always, (model) => model.append(n, false))),
  few.map((n) => step(`appendMany(${n * 8})`, always, (model) => model.append(n * 8, false))),
  fc.nat({ max: 2 }).map((n) => step(`appendHalf(${n})`, always, (model) => model.append(n, true))),
  few.map((n) => {
    const can = (model: LogModel) => model.hasWriter && !model.isCompressing;
    return step(`appendToRenamed(${n})`, can, (model) => model.appendToRenamed(n));
  }),
  fc.boolean().map((keeps) => {
    const can = (model: LogModel) => !model.isBusy && model.current !== undefined;
    return step(`rename(${keeps})`, can, (model) => model.rename(keeps));
  }),
  // Several times, so that it happens often.
  interrupt(3),
  interrupt(10),
  interrupt(30),
  fc.constant(
    step(
      'reopen',
      (model) => model.hasWriter,
      (model) => model.reopen(),
    ),
  ),
  share.map((part) => {
    const can = (model: LogModel) => !model.isBusy && model.current !== undefined;
    return step(`beginCopy(${part})`, can, (model) => model.beginCopy(part));
  }),
  fc.constant(
    step(
      'truncateAfterCopy',
      (model) => model.isCopying,
      (model, meter) => model.finishCopy(meter.isCommitted),
    ),
  ),
  fc.constant(
    step(
      'delete',
      (model) => !model.isBusy && model.current !== undefined,
      (model, meter) => model.remove(meter.isCommitted),
    ),
  ),
  fc.tuple(fc.nat({ max: 3 }), share).map(([index, part]) => {
    const can = (model: LogModel) => !model.isBusy;
    return step(`beginCompress(${index},${part})`, can, (model) =>
      model.beginCompress(index, part),
    );
  }),
  fc.constant(
    step(
      'finishCompress',
      (model) => model.isCompressing,
      (model) => model.finishCompress(),
    ),
  ),
  fc.constant(
    step(
      'removeOldest',
      (model) => model.rotated.length > 3,
      (model, meter) => model.removeOldest(meter.isCommitted),
    ),
  ),
  fc.constant(
    step('poll', always, async (_, meter) => {
      if (meter.source === undefined) return;
      await meter.readAll();
      meter.assertComplete();
    }),
  ),
  few.map((n) => step(`readSome(${n})`, always, async (_, meter) => void (await meter.read(n)))),
  // As the loop reads: what is due, or what has not been looked at since a moment.
  few.map((n) =>
    step(`readDue(${n})`, always, async (_, meter) => void (await meter.read(n, -Infinity))),
  ),
  few.map((n) =>
    step(`readSince(${n})`, always, async (_, meter) => {
      await meter.read(n * 9, meter.clock.monotonicMs());
    }),
  ),
  fc
    .constantFrom(250, 1000, 6000)
    .map((ms) => step(`pass(${ms})`, always, async (_, meter) => meter.clock.advance(ms))),
  fc.constant(step('checkpoint', always, (_, meter) => meter.source && meter.commit())),
  fc.constant(step('stop', always, (_, meter) => meter.crash())),
  fc.constant(
    step('start', always, async (_, meter) => {
      if (meter.source !== undefined) await meter.crash();
      await meter.start();
    }),
  ),
];

test('every line once, over every kind of rotation, name and crash', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'follower-model-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const commands = fc.commands(steps, { maxCommands: 40, size: 'max' });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...NAME_STYLES), commands, async (style, sequence) => {
      run += 1;
      const own = mkdtempSync(join(folder, `${run}-`));
      const model = new LogModel(own, style);
      const meter = new Meter(model);
      await meter.start();
      try {
        await fc.asyncModelRun(() => ({ model, real: meter }), sequence);
        if (meter.source === undefined) await meter.start();
        meter.leaveAlone();
        for (let round = 0; round < 3; round += 1) {
          await meter.readAll();
          meter.assertComplete();
          await meter.clock.advance(6000);
        }
        // What stands after the last line feed of a deleted file counts when its hold is over.
        await meter.clock.advance(DELETED_HOLD_MS);
        await meter.readAll();
        meter.assertInOrder();
        meter.commit();
        await meter.crash();
        await meter.start();
        await meter.read(Number.POSITIVE_INFINITY);
        assert.deepEqual(meter.pending, []);
      } finally {
        await meter.crash();
        model.close();
        rmSync(own, { recursive: true, force: true });
      }
    }),
    { endOnFailure: process.env['FOLLOWER_SHRINK'] === undefined },
  );
});
