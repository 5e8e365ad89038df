import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { cutReply, hang, reset, says, writeAll } from './fake-influx.ts';

const A = linesNamed('a', 3);
const B = linesNamed('b', 2);

test('a storm of 503: everything arrives, in order, after waits that grow to a minute', async (t) => {
  const rig = await DeliveryRig.start(t, [A, B], (influx) => {
    influx.script = Array.from({ length: 12 }, () => says(503, 'request throttled, queue full'));
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, [...A, ...B]);
  assert.deepEqual(
    rig.gapsMs.slice(0, 12),
    [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000],
  );
  assert.equal(rig.states.at(3), 'retrying');
  assert.deepEqual(rig.writer.state, { kind: 'ok' });
  assert.deepEqual(new Set(rig.rig.codes), new Set(['write-retrying', 'write-recovered']));
  assert.deepEqual(rig.rig.notices.at(-1)?.code, 'write-recovered');
  const { points, writes, writeErrors, rejectedPoints } = rig.writer.counters;
  assert.deepEqual([points, writes, writeErrors, rejectedPoints], [5, 2, 12, 0]);
  assert.deepEqual(rig.deadLines, []);
});

test('429 with Retry-After in seconds is waited for', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.script = [says(429, '', { 'retry-after': '7' })];
  });
  await rig.untilDrained();
  assert.deepEqual(rig.gapsMs, [7_500]);
  assert.deepEqual(rig.storedLines, A);
});

test('429 with Retry-After as a date is waited for', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.script = [says(429, '', { 'retry-after': 'Fri, 02 Jan 2026 03:05:30 GMT' })];
  });
  await rig.untilDrained();
  // The clock began at 03:04:00; half a second is the spread.
  assert.equal(rig.sentAtMs[1], 90_500);
});

test('nobody listens', async (t) => {
  const rig = await DeliveryRig.start(t, [A], () => {}, {
    address: { url: 'http://127.0.0.1:1' },
  });
  await rig.until('three tries', () => rig.sentAtMs.length >= 3);
  assert.equal(rig.writer.state.kind, 'retrying');
  assert.ok(rig.writer.state.kind === 'retrying' && /ECONNREFUSED/.test(rig.writer.state.reason));
  assert.equal(rig.spool.records, 1);
});

test('a connection that is closed instead of an answer', async (t) => {
  const rig = await DeliveryRig.start(t, [A, B], (influx) => {
    influx.script = [reset, writeAll, reset];
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, [...A, ...B]);
  assert.equal(rig.influx.requests.length, 4);
});

test('a reset in the middle of a small body is tried again as it is', async (t) => {
  let resets = 2;
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.early = () => resets-- > 0;
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, A);
  assert.equal(rig.influx.requests.length, 3);
});

test('a reply that is cut off is no acknowledgement', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.script = [cutReply];
  });
  await rig.untilDrained();
  assert.equal(rig.influx.requests.length, 2, 'sent again; the points overwrite themselves');
  assert.deepEqual(rig.storedLines, A);
});

test('accepts and hangs: the deadline of the whole request ends it', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.script = [hang];
  });
  await rig.until('the request is there', () => rig.influx.requests.length === 1);
  await rig.rig.clock.advance(60_000);
  await rig.untilDrained();
  assert.match(rig.rig.notices[0]?.message ?? '', /DEADLINE/);
  assert.deepEqual(rig.storedLines, A);
});

test('accepts and hangs: the time-out for a reply ends it', async (t) => {
  const rig = await DeliveryRig.start(
    t,
    [A],
    (influx) => {
      influx.script = [hang];
    },
    { replyTimeoutMs: 100 },
  );
  await rig.untilDrained();
  assert.match(rig.rig.notices[0]?.message ?? '', /UND_ERR_HEADERS_TIMEOUT/);
});

test('an endless reply is given up after 64 KiB', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.script = [
      ({ response }) => {
        response.writeHead(503);
        const pour = (): void => {
          if (!response.destroyed) response.write('x'.repeat(10_000), pour);
        };
        pour();
      },
    ];
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, A);
  assert.ok((rig.rig.notices[0]?.message.length ?? 0) < 600);
});
