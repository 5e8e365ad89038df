import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOON_S } from '../../support/log-rows.ts';
import { combinedLine, PipelineRig } from '../../support/pipeline-rig.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

test('a process stopped right after a look writes no window whose lines it has not read', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.start();
  await rig.pass(12);
  // The look finds nothing; then the process stands still for an hour while lines are written.
  rig.source.onFoundNothing = () => {
    rig.source.onFoundNothing = () => {};
    rig.clock.jump(3_600_000);
    for (let s = 13; s < 3600; s += 100) rig.source.write('shop', combinedLine(NOON_S + s));
  };
  await rig.pass(30);
  assert.equal(rig.sum('shop', 'counted'), 1 + 36);
  assert.equal(rig.sum('shop', 'late'), 0);
  // Each with its first version whole: none of them was zeros before.
  for (let s = 113; s < 3500; s += 100) {
    const first = rig.handed.find(({ startS }) => startS === Math.floor((NOON_S + s) / 10) * 10);
    assert.equal(first?.agent.counted, 1, `window of ${s}`);
  }
  await rig.kill();
});

test('a clock that jumps an hour, either way, loses no line', async (t) => {
  for (const jumpS of [3600, -3600]) {
    const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
    await rig.start();
    for (let i = 0; i < 10; i++) {
      rig.source.write('shop', combinedLine(Math.floor(rig.clock.now() / 1000)));
      await rig.pass(10);
    }
    rig.clock.jump(jumpS * 1000);
    for (let i = 0; i < 10; i++) {
      rig.source.write('shop', combinedLine(Math.floor(rig.clock.now() / 1000)));
      await rig.pass(10);
    }
    await rig.finish();
    assert.equal(rig.sum('shop', 'lines'), 20, `jump of ${jumpS} s`);
    assert.equal(rig.sum('shop', 'late'), 0, `jump of ${jumpS} s`);
  }
});

test('while it has not caught up, a quiet hour ago is not written as zeros by the clock', async (t) => {
  const rig = new PipelineRig(temporaryFolder(t), { nowS: NOON_S + 1 });
  await rig.start();
  const file = rig.source.file('shop');
  rig.source.write('shop', combinedLine(NOON_S));
  await rig.pass(20);
  file.trouble = 'permission denied';
  rig.source.write('shop', combinedLine(NOON_S + 25));
  await rig.pass(60);
  const before = rig.starts('shop').length;
  assert.equal(Math.max(...rig.starts('shop')), NOON_S + 10);
  file.trouble = undefined;
  await rig.pass(20);
  assert.ok(rig.starts('shop').length > before);
  assert.equal(rig.handed.find(({ startS }) => startS === NOON_S + 20)?.agent.counted, 1);
  await rig.kill();
});
