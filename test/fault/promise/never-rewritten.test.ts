import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../support/wait-until.ts';
import { PromiseRig } from './promise-rig.ts';

/** `REWRITE=never`, for databases that do not overwrite. */

async function started(t: Parameters<typeof PromiseRig.start>[0]) {
  const rig = await PromiseRig.start(t, {
    disorderMaxS: 1,
    env: { REWRITE: 'never', LATENESS: '3s' },
  });
  const sent = new Map<string, string[]>();
  rig.proxy.onTaken = (points) => {
    for (const { key, measurement, fields } of points) {
      if (measurement !== 'access_log') continue;
      sent.set(key, [...(sent.get(key) ?? []), fields]);
    }
  };
  const finished = async () => {
    await waitUntil(
      'all windows are written',
      async () => (await rig.victim.metric('open_windows')) === 0,
    );
    await rig.assertExact();
    assert.ok(sent.size >= 8);
  };
  return { rig, sent, finished };
}

test('every window is sent exactly once, after the allowed lateness', async (t) => {
  const { rig, sent, finished } = await started(t);
  rig.log.start();
  await rig.victim.start();
  await waitUntil('some windows have been written', () => sent.size > 12);
  rig.log.stop();
  await finished();
  for (const [key, values] of sent) assert.equal(values.length, 1, key);
});

test('over kills and cut replies a window is only ever sent with the same value', async (t) => {
  const { rig, sent, finished } = await started(t);
  rig.log.start();
  for (const at of ['write-after-send:2', 'checkpoint-before-rename:3', 'spool-after-fsync:2']) {
    await rig.victim.start(at);
    await waitUntil('it has died', () => !rig.victim.isRunning);
  }
  await rig.proxy.setMode('cut-reply');
  await rig.victim.start();
  await waitUntil('a reply was cut', () => (rig.proxy.requests['cut-reply'] ?? 0) > 0);
  await rig.proxy.setMode('pass');
  rig.log.stop();
  await finished();
  const again = [...sent].filter(([, values]) => values.length > 1);
  assert.ok(again.length > 0, 'nothing was sent twice: the test shows nothing');
  for (const [key, values] of again) assert.equal(new Set(values).size, 1, key);
});
