import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { checkHealth } from '../../../src/cli/healthcheck.ts';
import { startStatusServer } from '../../../src/status/server.ts';
import { defer } from '../../support/defer.ts';
import { healthyStatus } from '../../support/meter-status.ts';

test('a meter that listens on every address is asked on the loopback', async (t) => {
  const server = await startStatusServer({ host: '0.0.0.0', port: 0 }, () => healthyStatus());
  defer(t, () => server.close());
  const { port } = server.address;
  assert.deepEqual(await checkHealth({ host: '0.0.0.0', port }), {
    isAlive: true,
    message: `The meter at http://127.0.0.1:${port}/healthz is alive.`,
  });
});

test('a meter whose loop is stuck is not alive, and the reason is passed on', async (t) => {
  const stuck = () => healthyStatus({ sinceTurnMs: 45_000 });
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, stuck);
  defer(t, () => server.close());
  const { isAlive, message } = await checkHealth(server.address);
  assert.equal(isAlive, false);
  assert.match(message, /answers 503: The loop has not turned for 45 s/);
});

test('nobody there', async () => {
  const { isAlive, message } = await checkHealth({ host: '127.0.0.1', port: 1 });
  assert.equal(isAlive, false);
  assert.match(
    message,
    /^No answer from http:\/\/127\.0\.0\.1:1\/healthz: .*ECONNREFUSED.* Does the meter run/,
  );
});

test('somebody who accepts and says nothing is given up', { timeout: 20_000 }, async (t) => {
  const mute = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  defer(t, () => {
    mute.close();
  });
  const address = mute.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { isAlive, message } = await checkHealth({ host: '127.0.0.1', port: address.port });
  assert.equal(isAlive, false);
  assert.match(message, /nothing within 2 s/);
});
