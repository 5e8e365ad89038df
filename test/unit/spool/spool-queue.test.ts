import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batch, bulkyBatch, drain, nameOf, nextNow, SpoolRig } from '../../support/spool-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('hands out only what is committed, in order, the same until it is acknowledged', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  assert.equal(await spool.append(batch('a', 3), 3), 1);
  assert.equal(await spool.append(batch('b'), 1), 2);
  assert.equal(await spool.sync(), true);
  assert.equal(await nextNow(spool), undefined);
  spool.commit(1);
  const record = await nextNow(spool);
  assert.deepEqual([record?.seq, record?.points, nameOf(record)], [1, 3, 'a']);
  assert.equal((await nextNow(spool))?.seq, 1);
  await spool.ack(1);
  assert.equal(await nextNow(spool), undefined);
  spool.commit(2);
  assert.deepEqual(await drain(spool), ['b']);
  assert.deepEqual([spool.lastSeq, spool.ackedSeq, spool.records, spool.bytes], [2, 2, 0, 0]);
  await spool.close();
});

test('next() waits for a commit and ends with its signal', async (t) => {
  const spool = await new SpoolRig(temporaryFolder(t)).open();
  const stop = new AbortController();
  const waiting = spool.next(stop.signal);
  await spool.append(batch('a'), 1);
  spool.commit(1);
  assert.equal(nameOf(await waiting), 'a');
  await spool.ack(1);
  const ended = spool.next(stop.signal);
  stop.abort();
  assert.equal(await ended, undefined);
  await spool.close();
});

test('after a restart it goes on behind the acknowledged records, numbers included', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const first = await rig.open();
  for (const name of ['a', 'b', 'c']) await first.append(batch(name), 1);
  first.commit(3);
  await nextNow(first);
  await first.ack(1);
  await first.close();

  const second = await rig.open({ committedSeq: 3, ackedSeq: 1 });
  assert.equal(second.records, 2);
  assert.equal(await second.append(batch('d'), 1), 4);
  second.commit(4);
  assert.deepEqual(await drain(second), ['b', 'c', 'd']);
  await second.close();
});

test('records that the checkpoint does not know are cut off and their numbers used again', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const first = await rig.open();
  for (const name of ['a', 'b', 'c']) await first.append(batch(name), 1);
  await first.close();

  const second = await rig.open({ committedSeq: 1 });
  assert.equal(second.counters.cutRecords, 2);
  assert.equal(second.wasDamaged, false);
  assert.equal(await second.append(batch('new'), 1), 2);
  await second.close();
  const third = await rig.open({ committedSeq: 2 });
  assert.deepEqual(await drain(third), ['a', 'new']);
  await third.close();
});

test('without a checkpoint every intact record counts as committed', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const first = await rig.open();
  await first.append(batch('a'), 1);
  await first.append(batch('b'), 1);
  await first.close();
  const second = await rig.open({ committedSeq: undefined });
  assert.deepEqual(await drain(second), ['a', 'b']);
  await second.close();
});

test('segments are deleted once all of them is acknowledged', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ maxBytes: 1024 * 1024 });
  for (let i = 0; i < 8; i++) await spool.append(bulkyBatch(`s${i}`, 60_000), 1);
  await spool.sync();
  const before = rig.segments.length;
  assert.ok(before >= 4, `${before} segments`);
  spool.commit(8);
  assert.equal((await drain(spool)).length, 8);
  assert.ok(rig.segments.length <= 1);
  await spool.close();
});

test('the open segment goes too when it is large; a small one is kept and not sent again', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  for (let i = 0; i < 6; i++) await spool.append(bulkyBatch(`s${i}`, 60_000), 1);
  await spool.sync();
  spool.commit(6);
  assert.equal(rig.segments.length, 1);
  assert.equal((await drain(spool)).length, 6);
  assert.equal(rig.segments.length, 0);
  await spool.append(batch('small'), 1);
  await spool.sync();
  spool.commit(7);
  await drain(spool);
  assert.equal(rig.segments.length, 1);
  await spool.close();
  const again = await rig.open({ committedSeq: 7, ackedSeq: 7 });
  assert.deepEqual([again.records, rig.segments.length], [0, 0]);
  assert.deepEqual(rig.notices, []);
  await again.close();
});

test('a full spool says so, refuses nothing, and has room again after an acknowledgement', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ maxBytes: 512 * 1024 });
  const names: string[] = [];
  while (!spool.isFull) {
    names.push(`s${names.length}`);
    await spool.append(bulkyBatch(`s${names.length - 1}`, 60_000), 1);
  }
  names.push('over');
  await spool.append(batch('over'), 1);
  assert.ok(spool.bytes >= 512 * 1024 && spool.bytes < 640 * 1024, `${spool.bytes}`);
  spool.commit(spool.lastSeq);
  const room = spool.waitForRoom(new AbortController().signal);
  const taken: (string | undefined)[] = [];
  while (spool.isFull) {
    const record = await nextNow(spool);
    taken.push(nameOf(record));
    await spool.ack(record?.seq ?? 0);
  }
  await room;
  assert.deepEqual([...taken, ...(await drain(spool))], names);
  assert.equal(spool.counters.droppedRecords, 0);
  await spool.close();
});

test('drop-oldest keeps within the bound and counts what it drops', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open({ maxBytes: 512 * 1024, whenFull: 'drop-oldest' });
  for (let i = 0; i < 30; i++) await spool.append(bulkyBatch(`s${i}`, 60_000), 1);
  assert.equal(spool.isFull, false);
  assert.ok(spool.bytes <= 512 * 1024);
  const dropped = spool.counters.droppedRecords;
  assert.ok(dropped > 0);
  assert.equal(spool.counters.droppedPoints, dropped);
  assert.equal(spool.records, 30 - dropped);
  await spool.sync();
  spool.commit(30);
  const rest = Array.from({ length: 30 - dropped }, (_, i) => `s${i + dropped}`);
  assert.deepEqual(await drain(spool), rest);
  await spool.close();
});

test('tells the age of the oldest record, and 0 when nothing waits', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const spool = await rig.open();
  assert.equal(spool.oldestAgeMs, 0);
  await spool.append(batch('a'), 1);
  await rig.clock.advance(5_000);
  await spool.append(batch('b'), 1);
  assert.equal(spool.oldestAgeMs, 5_000);
  spool.commit(2);
  await nextNow(spool);
  await spool.ack(1);
  await nextNow(spool);
  assert.equal(spool.oldestAgeMs, 0);
  await rig.clock.advance(700);
  assert.equal(spool.oldestAgeMs, 700);
  await spool.ack(2);
  assert.equal(spool.oldestAgeMs, 0);
  await rig.clock.advance(60_000);
  await spool.append(batch('c'), 1);
  assert.equal(spool.oldestAgeMs, 0);
  await spool.close();
});

test('fsyncs the segment before its folder, and both before sync() says yes', async (t) => {
  const rig = new SpoolRig(temporaryFolder(t));
  const points: string[] = [];
  const spool = await rig.open({ killPoint: (name) => points.push(name) });
  await spool.append(batch('a'), 1);
  rig.disk.calls.length = 0;
  assert.equal(await spool.sync(), true);
  assert.deepEqual(rig.disk.calls, ['sync', 'syncFolder', 'identity']);
  assert.deepEqual(points, [
    'spool-before-append',
    'spool-after-append',
    'spool-before-fsync',
    'spool-after-fsync',
  ]);
  await spool.append(batch('b'), 1);
  rig.disk.calls.length = 0;
  await spool.sync();
  assert.deepEqual(rig.disk.calls, ['sync', 'identity']);
  await spool.close();
});

test('whenDrained() resolves when everything committed is acknowledged', async (t) => {
  const spool = await new SpoolRig(temporaryFolder(t)).open();
  await spool.append(batch('a'), 1);
  spool.commit(1);
  let isDrained = false;
  const drained = spool.whenDrained(new AbortController().signal).then(() => {
    isDrained = true;
  });
  await nextNow(spool);
  assert.equal(isDrained, false);
  await spool.ack(1);
  await drained;
  assert.equal(isDrained, true);
  await spool.close();
});
