import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../support/property.ts';
import type { Spool } from '../../src/spool/spool.ts';
import { batch, bulkyBatch, nameOf, nextNow, SpoolRig } from '../support/spool-rig.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * What the spool promises, as a list: nothing committed is lost without a word, the order is kept,
 * nothing uncommitted is handed out, and what the checkpoint does not know is gone after a crash.
 */
interface Model {
  names: Map<number, string>;
  appended: number;
  lastSeq: number;
  committedSeq: number;
  ackedSeq: number;
  /** Acknowledged in an earlier life, but not in its checkpoint: may come again, or may not. */
  maybeSeq: number;
  checkpoint: { spoolSeq: number; ackedSeq: number };
  isDamaged: boolean;
}

class Real {
  readonly rig: SpoolRig;
  spool: Spool | undefined;
  /** Sizes of the segments at the last sync() that said yes. */
  durable = new Map<string, number>();
  damagedOpenings = 0;

  constructor(folder: string) {
    this.rig = new SpoolRig(folder);
  }

  get queue(): Spool {
    assert.ok(this.spool);
    return this.spool;
  }

  segments(): string[] {
    return readdirSync(this.rig.dir)
      .filter((name) => name.endsWith('.seg'))
      .sort();
  }

  noteDurable(): void {
    this.durable = new Map(
      this.segments().map((name) => [name, statSync(join(this.rig.dir, name)).size]),
    );
  }

  async open({ spoolSeq, ackedSeq }: Model['checkpoint']): Promise<void> {
    this.spool = await this.rig.open({
      maxBytes: 512 * 1024,
      committedSeq: spoolSeq,
      ackedSeq,
    });
    if (this.spool.wasDamaged) this.damagedOpenings++;
  }

  get hasToldOfLoss(): boolean {
    return this.damagedOpenings > 0 || this.rig.damages.length > 0;
  }
}

type Command = fc.AsyncCommand<Model, Real>;

function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return { run, check, toString: () => name };
}

const append = fc.constantFrom(0, 20_000, 40_000).map((bytes) =>
  command(`append ${bytes}`, async (model, { queue }) => {
    const name = `r${model.appended++}`;
    const seq = await queue.append(bytes === 0 ? batch(name) : bulkyBatch(name, bytes), 1);
    assert.equal(seq, ++model.lastSeq);
    model.names.set(seq, name);
  }),
);

const sync = fc.constant(
  command('sync', async (_, real) => {
    if (await real.queue.sync()) real.noteDurable();
  }),
);

/** What the pipeline does: without a disk there is no checkpoint, but the points are sent. */
const commit = fc.constant(
  command('commit', async (model, real) => {
    if (await real.queue.sync()) {
      real.noteDurable();
      model.checkpoint = { spoolSeq: model.lastSeq, ackedSeq: model.ackedSeq };
    }
    real.queue.commit(model.lastSeq);
    model.committedSeq = model.lastSeq;
  }),
);

async function take(model: Model, real: Real, isAcknowledged: boolean): Promise<boolean> {
  const record = await nextNow(real.queue);
  const seqs = [...model.names.keys()].filter((seq) => seq > model.ackedSeq);
  const owed = seqs.filter((seq) => seq <= model.committedSeq && seq > model.maybeSeq);
  if (record === undefined) {
    // A damaged segment cannot be set aside on a full disk: until there is room it is waited for.
    const isWaiting = real.rig.disk.isFailing && real.rig.codes.includes('spool-unreadable');
    const isTold = model.isDamaged && (real.hasToldOfLoss || isWaiting);
    assert.ok(owed.length === 0 || isTold, 'a record is missing');
    return false;
  }
  assert.ok(record.seq <= model.committedSeq, 'an uncommitted record was handed out');
  assert.ok(record.seq > model.ackedSeq, 'an acknowledged record was handed out');
  assert.equal(nameOf(record), model.names.get(record.seq));
  const skipped = owed.filter((seq) => seq < record.seq);
  assert.ok(
    skipped.length === 0 || (model.isDamaged && real.hasToldOfLoss),
    'a record was skipped',
  );
  if (isAcknowledged) {
    await real.queue.ack(record.seq);
    model.ackedSeq = record.seq;
  }
  return true;
}

const next = fc.boolean().map((isAcknowledged) =>
  command(`next${isAcknowledged ? ' and ack' : ''}`, async (model, real) => {
    await take(model, real, isAcknowledged);
  }),
);

function forget(model: Model): void {
  const { spoolSeq, ackedSeq } = model.checkpoint;
  for (const seq of model.names.keys()) if (seq > spoolSeq) model.names.delete(seq);
  model.maybeSeq = Math.min(Math.max(model.ackedSeq, model.maybeSeq), spoolSeq);
  model.lastSeq = spoolSeq;
  model.committedSeq = spoolSeq;
  model.ackedSeq = ackedSeq;
}

async function reopen(model: Model, real: Real, isHealed: boolean): Promise<void> {
  // A damaged segment cannot be set aside on a disk that cannot be written: open() rejects then.
  if (isHealed || model.isDamaged) real.rig.disk.heal();
  await real.open(model.checkpoint);
  forget(model);
  assert.equal(real.queue.lastSeq, model.lastSeq);
  assert.ok(model.isDamaged || !real.queue.wasDamaged, 'sound segments were called damaged');
}

const restart = fc.boolean().map((isHealed) =>
  command(`restart${isHealed ? ' on a healed disk' : ''}`, async (model, real) => {
    await real.queue.close();
    await reopen(model, real, isHealed);
  }),
);

/** Whatever was not durable may be there, in part, or not at all. */
const crash = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
  .map(([share, isHealed]) =>
    command(`crash that keeps ${share} of what was not durable`, async (model, real) => {
      await real.rig.disk.closeAll();
      for (const name of real.segments()) {
        const path = join(real.rig.dir, name);
        const { size } = statSync(path);
        const durable = real.durable.get(name);
        if (durable === undefined && share < 0.3) rmSync(path);
        else if (size > (durable ?? 0))
          truncateSync(path, (durable ?? 0) + Math.floor((size - (durable ?? 0)) * share));
      }
      await reopen(model, real, isHealed);
    }),
  );

const flip = fc.tuple(fc.nat(), fc.nat()).map(([which, where]) =>
  command(`flip byte ${where} of segment ${which}`, async (model, real) => {
    const names = real.segments();
    const name = names[which % Math.max(names.length, 1)];
    if (name === undefined) return;
    const path = join(real.rig.dir, name);
    const bytes = readFileSync(path);
    if (bytes.length === 0) return;
    bytes[where % bytes.length]! ^= 1 << (where % 8);
    writeFileSync(path, bytes);
    model.isDamaged = true;
  }),
);

const diskFull = fc.nat({ max: 100 }).map((tornBytes) =>
  command(`disk full after ${tornBytes} bytes`, async (_, { rig }) => {
    rig.disk.tornBytes = tornBytes;
    rig.disk.failWriting('ENOSPC');
  }),
);

const heal = fc.constant(command('disk healed', async (_, { rig }) => rig.disk.heal()));

async function play(folder: string, commands: Iterable<Command>): Promise<void> {
  const model: Model = {
    names: new Map(),
    appended: 0,
    lastSeq: 0,
    committedSeq: 0,
    ackedSeq: 0,
    maybeSeq: 0,
    checkpoint: { spoolSeq: 0, ackedSeq: 0 },
    isDamaged: false,
  };
  const real = new Real(folder);
  await real.open(model.checkpoint);
  await fc.asyncModelRun(() => ({ model, real }), commands);
  real.rig.disk.heal();
  assert.equal(await real.queue.sync(), true, 'the spool has not recovered');
  real.queue.commit(model.lastSeq);
  model.committedSeq = model.lastSeq;
  while (await take(model, real, true));
  assert.ok(real.queue.records === 0 || model.isDamaged, 'something is left over');
  await real.queue.close();
}

for (const [what, isDamaging] of [
  ['crashes, restarts and full disks', false],
  ['the same with damaged bytes', true],
] as const)
  test(`nothing committed is lost without a word, order kept: ${what}`, async (t) => {
    const folder = temporaryFolder(t);
    let run = 0;
    const kinds = [append, append, append, sync, commit, commit, next, next, next, restart, crash];
    const all = [...kinds, diskFull, heal, ...(isDamaging ? [flip] : [])];
    await fc.assert(
      fc.asyncProperty(fc.commands(all, { maxCommands: 60, size: 'max' }), (commands) =>
        play(join(folder, `run-${run++}`), commands),
      ),
      { numRuns: runsOfSlow(10) },
    );
  });
