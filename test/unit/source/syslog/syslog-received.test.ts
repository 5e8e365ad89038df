import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { message, SyslogRig } from '../../../support/syslog-rig.ts';

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

test('nothing that is there is overlooked: no reads at all between sending and asking', async (t) => {
  const rig = await SyslogRig.start(t);
  const { port } = rig.source;
  const sent = 100;
  const script = `exec 3>/dev/udp/127.0.0.1/${port}; for i in {1..${sent}}; do printf '${message('shop', '%s')}' $i >&3; done`;
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

test('a line longer than MAX_LINE_BYTES is counted', async (t) => {
  const rig = await SyslogRig.start(t, { maxLineBytes: 4096 });
  await rig.sendDatagrams(message('shop', 'x'.repeat(4097)), message('shop', 'y'.repeat(4096)));
  assert.deepEqual(await rig.read(), { shop: ['y'.repeat(4096)] });
  assert.equal(
    rig.batches.reduce((sum, batch) => sum + batch.overlongLines, 0),
    1,
  );
});

test('datagrams that the system dropped are shown', async (t) => {
  const rig = await SyslogRig.start(t, { receiveBufferBytes: 4096 });
  await rig.read();
  const { port } = rig.source;
  const script = `exec 3>/dev/udp/127.0.0.1/${port}; for i in {1..500}; do printf '${message('shop', '%s')}' $i >&3; done`;
  assert.equal(spawnSync('bash', ['-c', script]).status, 0);
  const read = (await rig.read())['shop']?.length ?? 0;
  await rig.clock.advance(5000);
  await rig.read();
  assert.ok(read < 500);
  assert.equal(rig.receiver.dropped, 500 - read);
  assert.ok(rig.codes.includes('syslog-dropped'));
});

test('a port in use is trouble with a remedy, and it listens once the port is free', async (t) => {
  const occupant = createSocket('udp4').bind(0, '127.0.0.1');
  await once(occupant, 'listening');
  const { port } = occupant.address();
  const rig = await SyslogRig.start(t, { port, log: 'shop' });
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
