import assert from 'node:assert/strict';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { batch, bulkyBatch, drain, nameOf, nextNow, SpoolRig } from '../../support/spool-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const NAMES = ['a', 'b', 'c', 'd'];

/** A closed spool with four records in one segment; gives the segment's path. */
async function written(rig: SpoolRig): Promise<string> {
  const spool = await rig.open();
  for (const name of NAMES) await spool.append(batch(name), 1);
  await spool.close();
  return join(rig.dir, readdirSync(rig.dir)[0]!);
}

function flip(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes[position]! ^= 0x40;
  writeFileSync(path, bytes);
}

/** Where record `index` begins: the records of `written()` are equally long. */
function startOf(path: string, index: number): number {
  return (readFileSync(path).length / NAMES.length) * index;
}

test('a torn last record is cut off', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  truncateSync(path, startOf(path, 3) + 40);
  const spool = await rig.open({ committedSeq: 3 });
  assert.equal(spool.wasDamaged, false);
  assert.equal(await spool.append(batch('d2'), 1), 4);
  spool.commit(4);
  assert.deepEqual(await drain(spool), ['a', 'b', 'c', 'd2']);
  assert.deepEqual(rig.notices, []);
  await spool.close();
});

test('zeros that a power loss left behind the last record are cut off', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  appendFileSync(path, Buffer.alloc(4096));
  for (const committedSeq of [4, undefined]) {
    const spool = await rig.open({ committedSeq });
    assert.equal(spool.wasDamaged, false);
    assert.equal(spool.records, 4);
    await spool.close();
  }
});

test('a torn record that the checkpoint vouches for is damage: the log must be read again', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  truncateSync(path, startOf(path, 3) + 40);
  const spool = await rig.open({ committedSeq: 4 });
  assert.equal(spool.wasDamaged, true);
  assert.deepEqual(rig.codes, ['spool-damaged']);
  assert.equal(await spool.append(batch('e'), 1), 5);
  spool.commit(5);
  assert.deepEqual(await drain(spool), ['a', 'b', 'c', 'e']);
  await spool.close();
});

test('a segment emptied by the file system is damage', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  truncateSync(await written(rig), 0);
  const spool = await rig.open({ committedSeq: 4 });
  assert.equal(spool.wasDamaged, true);
  assert.equal(spool.records, 0);
  await spool.close();
});

for (const [what, offset] of [
  ['payload', 45],
  ['header', 2],
  ['length', 17],
  ['sequence number', 5],
] as const)
  test(`a damaged ${what} in the middle: the intact records around it are delivered`, async (t) => {
    const rig = new SpoolRig(temporaryFolder(t));
    const path = await written(rig);
    const original = readFileSync(path);
    flip(path, startOf(path, 1) + offset);
    const spool = await rig.open({ committedSeq: 4 });
    assert.equal(spool.wasDamaged, true);
    assert.equal(spool.counters.damagedSegments, 1);
    assert.equal(readFileSync(`${path}.damaged`).length, original.length);
    assert.deepEqual(await drain(spool), ['a', 'c', 'd']);
    await spool.close();
    // The same again after a restart: the mended segment is a sound one.
    const again = await rig.open({ committedSeq: 4 });
    assert.equal(again.wasDamaged, false);
    await again.close();
  });

test("damage in what is acknowledged already is nobody's concern", async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  flip(path, 40);
  const spool = await rig.open({ committedSeq: 4, ackedSeq: 4 });
  assert.equal(spool.wasDamaged, false);
  assert.equal(spool.records, 0);
  await spool.close();
});

test('damage found while draining: the callback asks for the log, the rest goes on', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  const spool = await rig.open({ committedSeq: 4 });
  flip(path, startOf(path, 2) + 45);
  assert.deepEqual(await drain(spool), ['a', 'b', 'd']);
  assert.deepEqual(
    rig.damages.map((d) => [d.lostRecords, d.lostPoints]),
    [[1, 1]],
  );
  assert.equal(spool.counters.lostPoints, 1);
  assert.ok(readdirSync(rig.dir).some((name) => name.endsWith('.damaged')));
  await spool.close();
});

test('a segment that vanished while the folder is there is a loss, and the rest goes on', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ maxBytes: 512 * 1024 });
  for (let i = 0; i < 6; i++) await spool.append(bulkyBatch(`s${i}`, 60_000), 1);
  await spool.sync();
  spool.commit(6);
  rmSync(join(rig.dir, readdirSync(rig.dir).sort()[1]!));
  assert.deepEqual(await drain(spool), ['s0', 's2', 's3', 's4', 's5']);
  assert.deepEqual(
    rig.damages.map((d) => d.lostRecords),
    [1],
  );
  await spool.close();
});

test('only a few damaged copies are kept', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  for (let i = 0; i < 7; i++) {
    const spool = await rig.open({ committedSeq: i, ackedSeq: i });
    await spool.append(batch('x'), 1);
    await spool.close();
    const segment = readdirSync(rig.dir).find((name) => name.endsWith('.seg'))!;
    flip(join(rig.dir, segment), 40);
    const damaged = await rig.open({ committedSeq: i + 1, ackedSeq: i });
    assert.equal(damaged.wasDamaged, true);
    await damaged.close();
  }
  assert.equal(readdirSync(rig.dir).filter((name) => name.endsWith('.damaged')).length, 4);
});

test('what a failed write left behind a segment is not damage', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const first = await rig.open();
  await first.append(batch('a'), 1);
  await first.sync();
  rig.disk.tornBytes = 20;
  rig.disk.fail('ENOSPC', 'write', 'truncate');
  await first.append(batch('b'), 1);
  rig.disk.heal();
  // The cut is made up for before anything new is written.
  assert.equal(await first.sync(), true);
  await first.close();
  const second = await rig.open({ committedSeq: 2 });
  assert.equal(second.wasDamaged, false);
  assert.deepEqual(await drain(second), ['a', 'b']);
  await second.close();
});

test('a segment ends where the next one begins, whatever it still holds', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const path = await written(rig);
  const original = readFileSync(path);
  const spool = await rig.open({ committedSeq: 2 });
  await spool.append(batch('c2'), 1);
  await spool.close();
  // The cut comes undone, as after a power loss that took it but not what was written after it.
  writeFileSync(path, original);
  const third = await rig.open({ committedSeq: 3 });
  assert.equal(third.wasDamaged, false);
  assert.deepEqual(await drain(third), ['a', 'b', 'c2']);
  await third.close();
});

test("an unreadable segment stops the opening with the system's error", async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  await written(rig);
  rig.disk.fail('EIO', 'readWhole');
  await assert.rejects(rig.open({ committedSeq: 4 }), { code: 'EIO' });
});

test('while a segment cannot be read nothing is lost: it is tried again', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  await written(rig);
  const spool = await rig.open({ committedSeq: 4 });
  rig.disk.fail('EIO', 'read');
  assert.equal(await nextNow(spool), undefined);
  assert.deepEqual(rig.codes, ['spool-unreadable']);
  rig.disk.heal();
  assert.equal(nameOf(await nextNow(spool)), 'a');
  assert.deepEqual(rig.codes, ['spool-unreadable', 'spool-readable']);
  await spool.close();
});
