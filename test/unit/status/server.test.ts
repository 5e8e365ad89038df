import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ListenError, startStatusServer, statusApp } from '../../../src/status/server.ts';
import { defer } from '../../support/defer.ts';
import { waitUntil } from '../../support/wait-until.ts';
import {
  healthyStatus,
  logFigures,
  spoolFigures,
  writerFigures,
  receiverStatus,
} from '../../support/meter-status.ts';

test('/healthz is 200 while the loop turns and 503 once it has not for 30 s', async () => {
  const alive = await statusApp(() => healthyStatus({ sinceTurnMs: 29_999 })).request('/healthz');
  assert.equal(alive.status, 200);
  assert.equal(await alive.text(), 'ok\n');
  const stuck = await statusApp(() => healthyStatus({ sinceTurnMs: 30_000 })).request('/healthz');
  assert.equal(stuck.status, 503);
  assert.match(await stuck.text(), /not turned for 30 s/);
});

test('/readyz is 200 without reasons when all is well', async () => {
  const reply = await statusApp(() => healthyStatus()).request('/readyz');
  assert.equal(reply.status, 200);
  assert.deepEqual(await reply.json(), { ready: true, reasons: [] });
});

test('/readyz names every reason at once, with where and what to do', async () => {
  const status = healthyStatus({
    logs: [
      logFigures({ path: '/a', trouble: 'It is a symlink to /dev/stdout.' }),
      logFigures({ log: 'b', path: '/b', caughtUp: false, unreadBytes: 77, lagMs: 60_000 }),
    ],
    spool: spoolFigures({ isFull: true }),
    stateTrouble: 'no space left on the device',
    writer: writerFigures({ state: 'blocked', sinceMs: 0, reason: 'the token was refused (401)' }),
  });
  const reply = await statusApp(() => status).request('/readyz');
  assert.equal(reply.status, 503);
  const body: unknown = await reply.json();
  assert.deepEqual(body, {
    ready: false,
    reasons: [
      { code: 'log-trouble', subject: '/a', message: 'It is a symlink to /dev/stdout.' },
      {
        code: 'catching-up',
        subject: '/b',
        message: 'Catching up: 77 bytes have not been read yet.',
      },
      {
        code: 'spool-full',
        message:
          'Reading has stopped because the spool is full (SPOOL_MAX_BYTES); it goes on when points have been sent.',
      },
      {
        code: 'state-unwritable',
        message:
          'The state cannot be saved: no space left on the device. Make STATE_DIR writable, or give it room.',
      },
      {
        code: 'write-blocked',
        subject: 'http://influxdb:8086',
        message:
          'Not writing since 1970-01-01T00:00:00.000Z: the token was refused (401). Points are kept and tried again slowly; look at the INFLUX_… settings and the database.',
      },
    ],
  });
});

test('/readyz is 503 before any log has been found', async () => {
  const reply = await statusApp(() => healthyStatus({ logs: [] })).request('/readyz');
  assert.equal(reply.status, 503);
  assert.match(await reply.text(), /"code":"no-log"/);
});

test('/readyz names the folder that hides the logs, with and without others', async () => {
  const folders = [{ folder: '/locked', trouble: 'The folder /locked cannot be read.' }];
  for (const changes of [{ folders, logs: [] }, { folders }]) {
    const reply = await statusApp(() => healthyStatus(changes)).request('/readyz');
    assert.equal(reply.status, 503);
    const text = await reply.text();
    assert.match(text, /"code":"log-trouble","subject":"\/locked","message":"The folder/);
    assert.doesNotMatch(text, /no-log/);
  }
});

test('/readyz of a meter that only receives is 200 before the first message, and 503 while it does not listen', async () => {
  const well = healthyStatus({ logs: [], receivers: [receiverStatus()] });
  assert.equal((await statusApp(() => well).request('/readyz')).status, 200);
  const receivers = [receiverStatus({ trouble: 'The port is in use.' })];
  const reply = await statusApp(() => healthyStatus({ logs: [], receivers })).request('/readyz');
  assert.equal(reply.status, 503);
  assert.match(await reply.text(), /"subject":"syslog:\/\/0\.0\.0\.0:5514","message":"The port/);
});

test('/readyz shows escape sequences of a path as text', async () => {
  const logs = [logFigures({ path: '/logs/\u001b[2J\u009b', trouble: 'gone' })];
  const reply = await statusApp(() => healthyStatus({ logs })).request('/readyz');
  const body: unknown = await reply.json();
  assert.deepEqual(body, {
    ready: false,
    reasons: [{ code: 'log-trouble', subject: '/logs/\\x1b[2J\\x9b', message: 'gone' }],
  });
});

test('only GET and HEAD are answered, and nothing beside the four pages is there', async () => {
  const app = statusApp(() => healthyStatus());
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const reply = await app.request('/metrics', { method });
    assert.equal(reply.status, 405, method);
    assert.equal(reply.headers.get('Allow'), 'GET, HEAD');
  }
  const head = await app.request('/metrics', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  for (const path of ['/etc/passwd', '/../package.json', '/metrics/', '/.env', '/readyz.html']) {
    assert.equal((await app.request(path)).status, 404, path);
  }
  assert.match(await (await app.request('/')).text(), /^nginx-meter 1\.2\.3\n/);
});

test('every answer forbids framing, sniffing, scripts and caching', async () => {
  const app = statusApp(() => healthyStatus());
  for (const path of ['/', '/healthz', '/readyz', '/metrics', '/nothing']) {
    const { headers } = await app.request(path);
    assert.match(headers.get('Content-Security-Policy') ?? '', /default-src 'none'/, path);
    assert.equal(headers.get('X-Content-Type-Options'), 'nosniff', path);
    assert.equal(headers.get('X-Frame-Options'), 'DENY', path);
    assert.equal(headers.get('Cache-Control'), 'no-store', path);
  }
});

test('it serves on a real socket and closes with a connection still open', async () => {
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => healthyStatus());
  const idle = connect(server.address.port, '127.0.0.1');
  await new Promise((resolve) => idle.once('connect', resolve));
  const reply = await fetch(`http://127.0.0.1:${server.address.port}/healthz`);
  assert.equal(await reply.text(), 'ok\n');
  const ended = new Promise((resolve) => idle.once('close', resolve));
  idle.on('error', () => {});
  await server.close();
  await ended;
  await assert.rejects(fetch(`http://127.0.0.1:${server.address.port}/healthz`));
});

test('a port in use is an error that names the setting and the remedy', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  await assert.rejects(
    startStatusServer({ host: '127.0.0.1', port }, () => healthyStatus()),
    (error) => {
      assert.ok(error instanceof ListenError);
      assert.equal(
        error.message,
        `LISTEN=127.0.0.1:${port} cannot be listened on: the port is in use; is another meter running? Choose another port, or LISTEN=off.`,
      );
      return true;
    },
  );
  await new Promise((resolve) => other.close(resolve));
});

test('an address that the machine does not have is an error that names the setting', async () => {
  await assert.rejects(
    startStatusServer({ host: '192.0.2.1', port: 0 }, () => healthyStatus()),
    /^ListenError: LISTEN=192\.0\.2\.1:0 cannot be listened on: this machine has no such address/,
  );
});

/** A server with a long page of figures, and a connection that asks for it so many times at once. */
async function asked(t: TestContext, requests: number) {
  let pages = 0;
  const logs = Array.from({ length: 50 }, (_, i) => logFigures({ log: `log${i}`, path: `/${i}` }));
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => {
    pages += 1;
    return healthyStatus({ logs });
  });
  defer(t, () => server.close());
  const socket = connect(server.address.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests));
  return { server, closed, pages: () => pages };
}

test('a connection with thousands of requests at once is cut off', async (t) => {
  const { server, closed, pages } = await asked(t, 20_000);
  await closed;
  assert.ok(pages() < 100, `${pages()} pages were made`);
  const { port } = server.address;
  const reply = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.equal(reply.status, 200);
});

test('connections have a bound: one more is closed at once', async (t) => {
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => healthyStatus());
  defer(t, () => server.close());
  let closed = 0;
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(server.address.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => (closed += 1));
    return socket;
  });
  await waitUntil('the surplus is closed', () => closed >= 8);
  assert.equal(closed, 8);
  for (const socket of sockets) socket.destroy();
});
