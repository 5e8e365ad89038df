import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { message, SyslogRig } from '../../../support/syslog-rig.ts';
import { waitUntil } from '../../../support/wait-until.ts';

test('datagrams are lines of the logs that their tags name', async (t) => {
  const rig = await SyslogRig.start(t, { tags: { tag1: 'shop' } });
  const hosted = '<190>Nov 22 21:10:43 web-1 nginx: two';
  await rig.sendDatagrams(message('tag1', 'one'), hosted, message('tag1', 'three\n'));
  assert.deepEqual(await rig.read(), { shop: ['one', 'three'], nginx: ['two'] });
  const [shop] = rig.source.status();
  assert.deepEqual(shop, {
    log: 'shop',
    path: 'syslog://127.0.0.1:0#shop',
    unreadBytes: 0,
    caughtUp: true,
    rotations: 0,
    truncations: 0,
  });
  assert.deepEqual(rig.source.receivedLogs, ['nginx']);
});

test('one datagram is one line, whatever it holds', async (t) => {
  const rig = await SyslogRig.start(t);
  await rig.sendDatagrams(message('shop', 'real\n<190>Nov 22 21:10:43 shop: forged\n'));
  assert.deepEqual(await rig.read(), { shop: ['real <190>Nov 22 21:10:43 shop: forged'] });
});

test('TCP carries lines and counted messages, in any pieces', async (t) => {
  const rig = await SyslogRig.start(t);
  const socket = await rig.connect();
  const counted = message('shop', 'two');
  socket.write(`${message('shop', 'one')}\n${counted.length} ${counted}${message('shop', 'th')}`);
  await waitUntil('two have arrived', () => rig.arrived === 2);
  socket.end('ree\n');
  await waitUntil('three have arrived', () => rig.arrived === 3);
  assert.deepEqual(await rig.read(), { shop: ['one', 'two', 'three'] });
});

test('nothing that is there is overlooked: no reads at all between sending and asking', async (t) => {
  const rig = await SyslogRig.start(t);
  const { udp } = rig.source.ports;
  const sent = 100;
  const script = `exec 3>/dev/udp/127.0.0.1/${udp}; for i in {1..${sent}}; do printf '${message('shop', '%s')}' $i >&3; done`;
  // This process is blocked meanwhile: the datagrams lie in the system's buffer.
  assert.equal(spawnSync('bash', ['-c', script]).status, 0);
  const { shop } = await rig.read();
  assert.deepEqual(
    shop,
    Array.from({ length: sent }, (_, i) => String(i + 1)),
  );
});

test('malformed messages are counted, and reported with where they came from', async (t) => {
  const rig = await SyslogRig.start(t);
  await rig.read();
  await rig.sendDatagrams('hello', Buffer.alloc(0), message('shop', 'a line'), '\x1b[2J');
  await rig.clock.advance(5000);
  assert.deepEqual(await rig.read(), { shop: ['a line'] });
  assert.equal(rig.receiver.malformed, 3);
  const notice = rig.notices.find((one) => one.code === 'syslog-malformed');
  assert.match(notice?.message ?? '', /^3 messages .* from 127\.0\.0\.1: it does not begin with/);
});

test('what finds no room is counted as lost and reported', async (t) => {
  const rig = await SyslogRig.start(t, { waitingBytesMax: 64 * 1024 });
  await rig.read();
  const long = 'x'.repeat(20_000);
  await rig.sendDatagrams(...Array.from({ length: 5 }, () => message('shop', long)));
  assert.equal(rig.receiver.overflowed, 2);
  await rig.clock.advance(5000);
  assert.equal((await rig.read())['shop']?.length, 3);
  const notice = rig.notices.find((one) => one.code === 'syslog-overflow');
  assert.equal(notice?.details?.['messages'], 2);
  await rig.sendDatagrams(message('shop', 'again'));
  assert.deepEqual(await rig.read(), { shop: ['again'] });
});

test('a TCP sender waits while there is no room, and nothing of it is lost', async (t) => {
  const rig = await SyslogRig.start(t, { waitingBytesMax: 64 * 1024 });
  const socket = await rig.connect();
  const sent = Array.from({ length: 2000 }, (_, i) => `${i} ${'x'.repeat(10_000)}`);
  socket.write(sent.map((line) => `${message('shop', line)}\n`).join(''));
  await waitUntil(
    'there is no room left',
    () => (rig.source.status()[0]?.unreadBytes ?? 0) > 55_000,
  );
  const read: string[] = [];
  await waitUntil('all lines have been read', async () => {
    read.push(...((await rig.read())['shop'] ?? []));
    return read.length === sent.length;
  });
  assert.deepEqual(
    read.map((line) => Number.parseInt(line, 10)),
    [...sent.keys()],
  );
  assert.equal(rig.receiver.overflowed, 0);
});

test('a line longer than MAX_LINE_BYTES is counted, and one longer than any message too', async (t) => {
  const rig = await SyslogRig.start(t, { maxLineBytes: 4096 });
  await rig.sendDatagrams(message('shop', 'x'.repeat(4097)), message('shop', 'y'.repeat(4096)));
  const socket = await rig.connect();
  socket.write(`${message('shop', 'z'.repeat(200_000))}\n${message('shop', 'end')}\n`);
  await waitUntil('all have arrived', () => rig.arrived === 4);
  assert.deepEqual(await rig.read(), { shop: ['y'.repeat(4096), 'end'] });
  assert.equal(
    rig.batches.reduce((sum, batch) => sum + batch.overlongLines, 0),
    2,
  );
});

test('connections have a bound, and one that is quiet for long is closed', async (t) => {
  const rig = await SyslogRig.start(t, { connectionsMax: 2, idleMs: 50 });
  await rig.read();
  const sockets = [await rig.connect(), await rig.connect()];
  await waitUntil('both are accepted', () => rig.receiver.connections === 2);
  const third = await rig.connect();
  if (!third.closed) await once(third, 'close');
  assert.equal(rig.receiver.refusedConnections, 1);
  await waitUntil('the quiet ones are closed', () => rig.receiver.connections === 0);
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  await rig.clock.advance(5000);
  await rig.read();
  assert.ok(rig.codes.includes('syslog-connections-refused'));
});

test('nothing is ever answered, and a connection that makes no sense is closed', async (t) => {
  const rig = await SyslogRig.start(t);
  const socket = await rig.connect();
  let answered = 0;
  socket.on('data', (data: Buffer) => (answered += data.length));
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${message('shop', 'a')}\n99999999999 `);
  await once(socket, 'close');
  assert.equal(answered, 0);
  assert.deepEqual(await rig.read(), { shop: ['a'] });
  assert.equal(rig.receiver.malformed, 3, 'two lines of HTTP, and the count');
});

test('a message cut off by the end of its connection is no line', async (t) => {
  const rig = await SyslogRig.start(t);
  const socket = await rig.connect();
  socket.end(`${message('shop', 'whole')}\n${message('shop', 'ha')}`);
  await waitUntil('the connection has ended', () => rig.arrived === 2);
  assert.deepEqual(await rig.read(), { shop: ['whole'] });
  assert.equal(rig.receiver.malformed, 1);
});

test('datagrams that the system dropped are shown', async (t) => {
  const rig = await SyslogRig.start(t, { receiveBufferBytes: 4096 });
  await rig.read();
  const { udp } = rig.source.ports;
  const script = `exec 3>/dev/udp/127.0.0.1/${udp}; for i in {1..500}; do printf '${message('shop', '%s')}' $i >&3; done`;
  assert.equal(spawnSync('bash', ['-c', script]).status, 0);
  const read = (await rig.read())['shop']?.length ?? 0;
  await rig.clock.advance(5000);
  await rig.read();
  assert.ok(read < 500);
  assert.equal(rig.receiver.dropped, 500 - read);
  assert.ok(rig.codes.includes('syslog-dropped'));
});

test('a port in use is trouble with a remedy, and it listens once the port is free', async (t) => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const address = occupant.address();
  assert.ok(typeof address === 'object' && address !== null);
  const rig = await SyslogRig.start(t, { transports: ['tcp'], port: address.port, log: 'shop' });
  assert.match(rig.receiver.trouble ?? '', /EADDRINUSE.*choose another port/);
  assert.equal(rig.source.status()[0]?.trouble, rig.receiver.trouble);
  occupant.close();
  await once(occupant, 'close');
  await rig.read();
  await rig.clock.advance(5000);
  await rig.read();
  assert.equal(rig.receiver.trouble, undefined);
  assert.equal(rig.codes.at(-1), 'syslog-listening');
});

test('the start says plainly what is not promised', async (t) => {
  const rig = await SyslogRig.start(t);
  assert.equal(rig.notices[0]?.code, 'syslog-listening');
  assert.match(
    rig.notices[0]?.message ?? '',
    /stopped is lost, and UDP can lose messages at any time/,
  );
});

test('whoever waits is woken by a message', async (t) => {
  const rig = await SyslogRig.start(t);
  await rig.read();
  const waiting = rig.source.wait(60_000, new AbortController().signal);
  await rig.sendDatagrams(message('shop', 'a'));
  await waiting;
  assert.deepEqual(await rig.read(), { shop: ['a'] });
});
