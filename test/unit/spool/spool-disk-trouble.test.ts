import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { batch, bulkyBatch, drain, nextNow, SpoolRig } from '../../support/spool-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

for (const code of ['ENOSPC', 'EROFS', 'EIO'])
  test(`${code}: records wait in memory, in order, and move to disk by themselves`, async (t) => {
    const rig = new SpoolRig(temporaryFolder(t));
    const spool = await rig.open();
    await spool.append(batch('a'), 1);
    assert.equal(await spool.sync(), true);
    rig.disk.failWriting(code);
    await spool.append(batch('b'), 1);
    await spool.append(batch('c'), 1);
    assert.equal(await spool.sync(), false);
    assert.equal(await spool.sync(), false);
    assert.equal(spool.trouble, code);
    assert.equal(spool.records, 3);
    rig.disk.heal();
    assert.equal(await spool.sync(), true);
    assert.equal(spool.trouble, undefined);
    assert.equal(rig.codes.at(-1), 'spool-writable');
    await spool.close();

    const again = await rig.open({ committedSeq: 3 });
    assert.equal(again.wasDamaged, false);
    assert.deepEqual(await drain(again), ['a', 'b', 'c']);
    await again.close();
  });

test('records in memory can be sent, disk first', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  await spool.append(batch('a'), 1);
  await spool.sync();
  rig.disk.failWriting('EROFS');
  await spool.append(batch('b'), 1);
  spool.commit(2);
  assert.deepEqual(await drain(spool), ['a', 'b']);
  assert.equal(spool.records, 0);
  await spool.append(batch('c'), 1);
  rig.disk.heal();
  assert.equal(await spool.sync(), true);
  spool.commit(3);
  assert.deepEqual(await drain(spool), ['c']);
  await spool.close();
});

test('a failed fsync takes the records back: a later one that succeeds proves nothing', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  await spool.append(batch('a'), 1);
  rig.disk.fail('EIO', 'sync');
  assert.equal(await spool.sync(), false);
  rig.disk.heal();
  rig.disk.calls.length = 0;
  assert.equal(await spool.sync(), true);
  assert.ok(rig.disk.calls.includes('write'), 'written anew');
  await spool.close();
  const again = await rig.open({ committedSeq: 1 });
  assert.deepEqual(await drain(again), ['a']);
  await again.close();
});

test('full when the memory bound is reached, room again when the disk is back', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ memoryMaxBytes: 100_000 });
  rig.disk.failWriting('ENOSPC');
  await spool.append(bulkyBatch('a', 60_000), 1);
  assert.equal(spool.isFull, false);
  await spool.append(bulkyBatch('b', 60_000), 1);
  assert.equal(spool.isFull, true);
  const room = spool.waitForRoom(new AbortController().signal);
  rig.disk.heal();
  await rig.clock.advance(2_000);
  await room;
  assert.equal(spool.isFull, false);
  spool.commit(2);
  assert.deepEqual(await drain(spool), ['a', 'b']);
  await spool.close();
});

test('drop-oldest bounds the memory too', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ memoryMaxBytes: 100_000, whenFull: 'drop-oldest' });
  rig.disk.failWriting('ENOSPC');
  for (const name of ['a', 'b', 'c']) await spool.append(bulkyBatch(name, 60_000), 1);
  assert.equal(spool.counters.droppedRecords, 2);
  spool.commit(3);
  assert.deepEqual(await drain(spool), ['c']);
  await spool.close();
});

test('the folder is gone and comes back with its files', async (t) => {
  const folder = temporaryFolder(t);
  const rig = new SpoolRig(folder);
  const spool = await rig.open();
  await spool.append(batch('a'), 1);
  await spool.sync();
  renameSync(rig.dir, `${folder}/elsewhere`);
  rig.disk.fail('EROFS', 'makeFolder');
  await spool.append(batch('b'), 1);
  assert.equal(await spool.sync(), false, 'an fsync of a file nobody can find is worth nothing');
  spool.commit(2);
  assert.equal(await nextNow(spool), undefined, 'the order is kept');
  renameSync(`${folder}/elsewhere`, rig.dir);
  assert.equal(await spool.sync(), true);
  assert.deepEqual(await drain(spool), ['a', 'b']);
  assert.deepEqual(rig.damages, []);
  await spool.close();
});

test('the folder is gone for good: it is made again and the loss is told', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  await spool.append(batch('a'), 1);
  await spool.sync();
  spool.commit(1);
  rmSync(rig.dir, { recursive: true });
  await spool.append(batch('b'), 1);
  await spool.sync();
  assert.equal(await spool.sync(), true);
  assert.deepEqual(
    rig.damages.map((d) => d.lostRecords),
    [1],
  );
  assert.equal(readdirSync(rig.dir).length, 1);
  spool.commit(2);
  assert.deepEqual(await drain(spool), ['b']);
  await spool.close();
});

test('starts in a folder that cannot be made, and takes it when it can', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  rig.disk.failWriting('EACCES');
  const spool = await rig.open();
  assert.equal(spool.trouble, 'EACCES');
  await spool.append(batch('a'), 1);
  assert.equal(await spool.sync(), false);
  rig.disk.heal();
  assert.equal(await spool.sync(), true);
  spool.commit(1);
  assert.deepEqual(await drain(spool), ['a']);
  await spool.close();
});

test('on a read-only disk the records that are there are still sent', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const first = await rig.open();
  await first.append(batch('a'), 1);
  await first.append(batch('b'), 1);
  await first.close();
  rig.disk.failWriting('EROFS');
  const second = await rig.open({ committedSeq: 1 });
  assert.equal(await second.append(batch('b2'), 1), 2);
  assert.equal(await second.sync(), false);
  rig.disk.heal();
  assert.equal(await second.sync(), true);
  await second.close();
  const third = await rig.open({ committedSeq: 2 });
  assert.deepEqual(
    await drain(third),
    ['a', 'b2'],
    'the record that was to be cut never comes back',
  );
  await third.close();
});

test('a segment that cannot be deleted does not stop the queue and goes later', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ maxBytes: 512 * 1024 });
  for (let i = 0; i < 6; i++) await spool.append(bulkyBatch(`s${i}`, 60_000), 1);
  await spool.sync();
  spool.commit(6);
  rig.disk.fail('EACCES', 'unlink');
  assert.equal((await drain(spool)).length, 6);
  assert.ok(rig.codes.includes('spool-undeletable'));
  const before = readdirSync(rig.dir).length;
  rig.disk.heal();
  const stop = new AbortController();
  const next = spool.next(stop.signal);
  await rig.clock.advance(2_000);
  await spool.ack(0);
  stop.abort();
  await next;
  assert.ok(readdirSync(rig.dir).length < before - 3);
  await spool.close();
});

test('a new file in the way is not overwritten', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  mkdirSync(rig.dir, { recursive: true });
  rig.disk.fail('EEXIST', 'create');
  await spool.append(batch('a'), 1);
  assert.equal(await spool.sync(), false);
  assert.equal(spool.trouble, 'EEXIST');
  rig.disk.heal();
  assert.equal(await spool.sync(), true);
  await spool.close();
});
