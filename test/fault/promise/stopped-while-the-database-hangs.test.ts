import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../support/wait-until.ts';
import { PromiseRig } from './promise-rig.ts';

const STOP_LIMIT_MS = 10_000;

test('SIGTERM while a request gets no answer: it ends in time, and nothing is lost or doubled', async (t) => {
  const rig = await PromiseRig.start(t);
  const { log, victim, proxy } = rig;
  log.write(100);
  await victim.start();
  await rig.delivered();
  await proxy.setMode('hang');
  log.write(100);
  await waitUntil('a request hangs', () => (proxy.requests['hang'] ?? 0) > 0);
  const sinceMs = performance.now();
  await victim.stop();
  assert.ok(performance.now() - sinceMs < STOP_LIMIT_MS);
  await proxy.setMode('pass');
  await victim.start();
  await rig.assertExact();
});
