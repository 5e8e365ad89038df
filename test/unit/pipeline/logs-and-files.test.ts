import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S, row } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const TONIGHT_S = NOON_S + 43_200;

test('several files of one log are read in step: none makes the lines of another late', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: TONIGHT_S });
  for (const [path, fromS, everyS] of [
    ['/logs/a.log', NOON_S, 5],
    ['/logs/b.log', NOON_S, 40],
    ['/logs/c.log', NOON_S + 4000, 10],
  ] as const) {
    for (let s = 0; s < 100; s++) {
      const text = row(fromS + s * 10 * everyS, 10, everyS).map((atS) => combinedLine(atS));
      rig.source.write(path, text.join(''), { log: 'shop' });
    }
  }
  await rig.start();
  await rig.pass(11);
  assert.equal(rig.sum('shop', 'late'), 0);
  assert.equal(rig.sum('shop', 'counted'), 3000);
  assert.equal(Math.min(...rig.starts('shop')), NOON_S);
  assert.equal(new Set(rig.starts('shop')).size, rig.starts('shop').length);
  await rig.kill();
});

test('a file of several that cannot be read holds nothing up', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.file('/logs/b.log', 'shop').trouble = 'permission denied';
  rig.source.write('/logs/a.log', combinedLine(NOON_S), { log: 'shop' });
  await rig.start();
  for (const s of [10, 20, 30]) {
    await rig.pass(10);
    rig.source.write('/logs/a.log', combinedLine(NOON_S + s), { log: 'shop' });
  }
  await rig.pass(1);
  // Not a word about what the clock says: the other file may hold lines of these windows.
  assert.equal(Math.max(-1, ...rig.starts('shop')), -1);
  rig.source.file('/logs/b.log').trouble = undefined;
  await rig.pass(11);
  assert.equal(rig.sum('shop', 'counted'), 4);
  await rig.kill();
});

test('a log that appears later is read from its beginning and caught up with', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: TONIGHT_S });
  rig.source.file('early');
  await rig.start();
  await rig.pass(30);
  rig.source.write('later', combinedLine(NOON_S) + combinedLine(TONIGHT_S + 20));
  await rig.pass(20);
  assert.equal(rig.starts('later')[0], NOON_S);
  assert.equal(rig.sum('later', 'counted'), 2);
  assert.deepEqual(rig.starts('early'), row(TONIGHT_S + 10, 3));
  await rig.kill();
});

test('one log in trouble does not stop another', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('bad', combinedLine(NOON_S));
  rig.source.file('bad').trouble = 'is a directory';
  rig.source.write('good', combinedLine(NOON_S));
  await rig.start();
  await rig.pass(31);
  assert.deepEqual(rig.starts('good'), row(NOON_S, 4).slice(0, 3));
  assert.deepEqual(rig.starts('bad'), []);
  await rig.kill();
});

test('a quiet log beside a busy one is written by the clock all the same', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('quiet', combinedLine(NOON_S));
  rig.source.file('busy');
  await rig.start();
  await rig.pass(11);
  // Whenever the loop looks, the busy log has something.
  for (let i = 0; i < 300; i++) {
    rig.source.write('busy', combinedLine(Math.floor(rig.clock.now() / 1000)));
    await rig.pass(0.1);
  }
  assert.deepEqual(rig.starts('quiet'), row(NOON_S, 4));
  assert.deepEqual(rig.starts('busy'), row(NOON_S + 10, 3));
  assert.equal(rig.events.filter((event) => event === 'commit').length, 4);
  await rig.kill();
});

test('behind a backlog a quiet log is made up for as soon as the backlog ends', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('quiet', combinedLine(NOON_S));
  rig.source.file('busy');
  await rig.start();
  await rig.pass(11);
  // Each look takes a tenth of a second and finds more, over two ticks.
  let left = 250;
  const commits: number[] = [];
  rig.source.onNext = async () => {
    if (left-- <= 0) return;
    rig.source.write('busy', combinedLine(NOON_S + 12));
    await rig.clock.advance(100);
    commits.push(rig.events.filter((event) => event === 'commit').length);
  };
  await rig.pass(1);
  assert.ok(left <= 0);
  // The process's own points do not wait, nor does the checkpoint.
  assert.equal((commits.at(-1) ?? 0) - (commits[0] ?? 0), 2);
  assert.equal(rig.starts('quiet').at(-1), NOON_S + 20);
  await rig.kill();
});

test('windows of a log that is followed no longer are written, and go on if it comes back', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.source.file('shop').isListed = false;
  rig.source.file('other');
  await rig.pass(30);
  assert.deepEqual(rig.starts('shop'), [NOON_S]);
  await rig.kill();
  await rig.start();
  await rig.pass(11);
  rig.source.file('shop').isListed = true;
  rig.source.write('shop', combinedLine(NOON_S + 5));
  await rig.pass(11);
  assert.equal(rig.window('shop', NOON_S).agent.counted, 2);
  await rig.kill();
});

test('a rotation stands in one window of its log, and none is lost when no window was due', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  rig.source.file('shop').rotations = 1;
  await rig.pass(11);
  rig.source.file('shop').rotations = 3;
  rig.source.file('shop').trouble = 'for a while';
  await rig.pass(20);
  rig.source.file('shop').trouble = undefined;
  await rig.pass(20);
  assert.equal(rig.sum('shop', 'rotations'), 3);
  await rig.kill();
});

test('over-long lines, lines of a predecessor and a lost beginning reach the windows', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 31 });
  rig.source.write('a', combinedLine(NOON_S), { headLost: true });
  rig.source.write('a', `${combinedLine(NOON_S + 12)}no line\n`, { overlong: 2 });
  rig.source.write('b', combinedLine(NOON_S - 11) + combinedLine(NOON_S + 1), { before: true });
  rig.source.write('b', combinedLine(NOON_S + 2));
  await rig.start();
  await rig.pass(11);
  assert.equal(rig.starts('a').includes(NOON_S), false);
  assert.equal(rig.window('a', NOON_S + 10).agent.unparsed, 1);
  assert.equal(
    rig.pipeline.lanes.get('a')?.windows.counters.reasons.reduce((x, y) => x + y),
    3,
  );
  assert.equal(rig.starts('b')[0], NOON_S);
  assert.equal(rig.window('b', NOON_S).agent.counted, 2);
  await rig.kill();
});

test('a log read back is handed over in portions, each durable before the next is read', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: TONIGHT_S });
  for (let i = 0; i < 40; i++) {
    const text = row(NOON_S + i * 1000, 100).map((atS) => combinedLine(atS));
    rig.source.write('shop', text.join(''));
  }
  await rig.start();
  const commits = rig.events.filter((event) => event === 'commit').length;
  assert.ok(commits >= 4, `${commits} commits while reading back`);
  await rig.pass(11);
  assert.equal(rig.sum('shop', 'counted'), 4000);
  assert.equal(rig.starts('shop').filter((startS) => startS < NOON_S + 40_000).length, 4000);
  await rig.kill();
});
