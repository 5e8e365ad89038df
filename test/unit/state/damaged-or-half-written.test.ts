import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { readFollowCheckpoint } from '../../../src/source/rotation/follow-checkpoint.ts';
import { CheckpointFile } from '../../../src/state/checkpoint.ts';
import type { Checkpoint } from '../../../src/state/checkpoint-form.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { FakeClock } from '../../support/clock.ts';
import { NOON_S, WindowBench } from '../../support/log-rows.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

/** A checkpoint with an open window in it, told apart by `spoolSeq`, as it is read back. */
function checkpointOf(spoolSeq: number): Checkpoint {
  const bench = new WindowBench();
  bench.add([{ atS: NOON_S, site: 'a.example', ms: 5 }, {}], NOON_S);
  const checkpoint: Checkpoint = {
    spoolSeq,
    ackedSeq: 0,
    sources: { file: { logs: [] } },
    logs: [{ log: 'access', formatName: 'combined', windows: bench.windows.snapshot() }],
    identity: { windowS: 10, host: 'test', tags: { env: 'ü' } },
  };
  // What is undefined is not written.
  return JSON.parse(JSON.stringify(checkpoint)) as Checkpoint;
}

function openFile(
  dir: string,
  notices: Notice[] = [],
  killPoint: (name: string) => void = () => {},
): CheckpointFile {
  const clock = new FakeClock();
  return new CheckpointFile({ dir, clock, notify: (notice) => notices.push(notice), killPoint });
}

test('a checkpoint with any one byte changed, or cut anywhere, is refused and kept', async (t) => {
  const dir = temporaryFolder(t);
  await openFile(dir).save(checkpointOf(1));
  const path = join(dir, 'checkpoint');
  const whole = readFileSync(path);
  const faults: Buffer[] = [];
  for (let i = 0; i < whole.length; i += 7) {
    const changed = Buffer.from(whole);
    changed[i] = (changed[i] ?? 0) ^ 0x01;
    faults.push(changed, whole.subarray(0, i));
  }
  for (const fault of faults) {
    writeFileSync(path, fault);
    const notices: Notice[] = [];
    assert.equal(await openFile(dir, notices).load(), undefined);
    assert.equal(notices[0]?.code, 'checkpoint-refused');
    const kept = readdirSync(dir).find((name) => name.startsWith('checkpoint.refused-')) ?? '';
    assert.deepEqual(readFileSync(join(dir, kept)), fault);
    assert.match(notices[0]?.message ?? '', new RegExp(kept));
    rmSync(join(dir, kept));
  }
});

test('one of another version says so, and is kept', async (t) => {
  const dir = temporaryFolder(t);
  await openFile(dir).save(checkpointOf(1));
  const path = join(dir, 'checkpoint');
  const text = readFileSync(path, 'utf8').replace(/"version":\d+/, '"version":99');
  writeFileSync(path, text);
  const notices: Notice[] = [];
  assert.equal(await openFile(dir, notices).load(), undefined);
  assert.match(notices[0]?.message ?? '', /is of version 99, this program reads version \d and \d/);
});

test('one of the version before is read, and written as one of this version', async (t) => {
  const dir = temporaryFolder(t);
  const path = join(dir, 'checkpoint');
  copyFileSync(new URL('checkpoint-of-version-6', import.meta.url), path);
  const notices: Notice[] = [];
  const read = await openFile(dir, notices).load();
  assert.deepEqual(notices, []);
  assert.ok(read !== undefined);
  assert.equal(readFollowCheckpoint(read.sources.file)?.logs[0]?.generations[0]?.position, 630);
  assert.deepEqual(Object.keys(read.sources), ['file']);
  const [log] = read.logs;
  assert.equal(log?.windows.dimensions?.windowS, 60);
  assert.ok(!('details' in (log?.windows ?? {})));
  await openFile(dir).save(read);
  assert.match(readFileSync(path, 'utf8'), /^[^\n]*"version":7/);
  assert.deepEqual(await openFile(dir).load(), read);
});

test('the names of logs that version 6 has received are kept', async (t) => {
  const dir = temporaryFolder(t);
  const path = join(dir, 'checkpoint');
  const fixture = readFileSync(new URL('checkpoint-of-version-6', import.meta.url), 'utf8');
  const body = fixture
    .slice(fixture.indexOf('\n') + 1)
    .replace('{"logs":', '{"received":["shop"],"logs":');
  const header = {
    format: 'nginx-meter checkpoint',
    version: 6,
    length: Buffer.byteLength(body),
    crc32: crc32(body),
  };
  writeFileSync(path, `${JSON.stringify(header)}\n${body}`);
  assert.deepEqual((await openFile(dir).load())?.sources.syslog, { received: ['shop'] });
});

test('one whose positions have a form that nobody reads is refused', async (t) => {
  const dir = temporaryFolder(t);
  await openFile(dir).save(checkpointOf(1));
  const notices: Notice[] = [];
  const options = { dir, clock: new FakeClock(), notify: (one: Notice) => notices.push(one) };
  const file = new CheckpointFile({ ...options, arePositionsKnown: () => false });
  assert.equal(await file.load(), undefined);
  assert.equal(file.mustReadAll, true);
  assert.match(notices[0]?.message ?? '', /no known form/);
});

test('killed at any point of a save, the old checkpoint is there or the new one', async (t) => {
  const seen: string[] = [];
  const first = temporaryFolder(t);
  await openFile(first, [], (name) => seen.push(name)).save(checkpointOf(1));
  assert.ok(seen.length >= 5, seen.join());
  for (const point of seen) {
    const dir = temporaryFolder(t);
    await openFile(dir).save(checkpointOf(1));
    const killed = openFile(dir, [], (name) => {
      if (name === point) throw new Error('killed');
    });
    await assert.rejects(killed.save(checkpointOf(2)), /killed/);
    const found = await openFile(dir).load();
    const isNew = seen.indexOf(point) >= seen.indexOf('checkpoint-after-rename');
    assert.deepEqual(found, checkpointOf(isNew ? 2 : 1), point);
    // What the killed one left behind is in nobody's way.
    await openFile(dir).save(checkpointOf(3));
    assert.deepEqual(await openFile(dir).load(), checkpointOf(3), point);
  }
});

test('a save that fails leaves the old checkpoint, and the next one recovers', async (t) => {
  const dir = temporaryFolder(t);
  const file = openFile(dir);
  await file.save(checkpointOf(1));
  mkdirSync(join(dir, 'checkpoint.new'));
  await assert.rejects(file.save(checkpointOf(2)));
  assert.deepEqual(await openFile(dir).load(), checkpointOf(1));
  rmSync(join(dir, 'checkpoint.new'), { recursive: true });
  await file.save(checkpointOf(3));
  assert.deepEqual(await openFile(dir).load(), checkpointOf(3));
});

test('a state folder that is gone is made again', async (t) => {
  const dir = join(temporaryFolder(t), 'state');
  const file = openFile(dir);
  await file.save(checkpointOf(1));
  rmSync(dir, { recursive: true });
  await file.save(checkpointOf(2));
  assert.deepEqual(await openFile(dir).load(), checkpointOf(2));
  assert.equal(statSync(join(dir, 'checkpoint')).mode & 0o077, 0, 'nobody else reads it');
});
