import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { says, type Step, writeAll } from './fake-influx.ts';

const tooLarge = says(413, { error: 'Request Entity Too Large' });

test('413: the batch is halved until it fits', async (t) => {
  const lines = linesNamed('a', 1_000);
  const atMost100: Step = (exchange) =>
    exchange.lines.length > 100 ? tooLarge(exchange) : writeAll(exchange);
  const rig = await DeliveryRig.start(t, [lines, linesNamed('b', 1)], (influx) => {
    influx.otherwise = atMost100;
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, [...lines, ...linesNamed('b', 1)], 'in order');
  assert.equal(rig.writer.counters.points, 1_001);
  assert.deepEqual(rig.deadLines, []);
});

test('a single line that is too large is kept until the limit is raised', async (t) => {
  const lines = linesNamed('a', 10);
  const rig = await DeliveryRig.start(t, [lines], (influx) => {
    influx.otherwise = (exchange) =>
      exchange.lines.includes(lines[7]!) ? tooLarge(exchange) : writeAll(exchange);
  });
  await rig.until('it is blocked', () => rig.writer.state.kind === 'blocked');
  assert.equal(rig.spool.records, 1);
  rig.influx.otherwise = writeAll;
  await rig.untilDrained();
  assert.deepEqual(rig.deadLines, []);
  assert.equal(rig.storedLines.length, 10);
});

test('a reset on a large body is taken for a refusal of its size', async (t) => {
  const noise = (): string => randomBytes(2_000).toString('base64');
  const lines = Array.from({ length: 100 }, (_, i) => `m,s=a${i} v="${noise()}" 10`);
  const rig = await DeliveryRig.start(t, [lines], (influx) => {
    influx.early = (request) => Number(request.headers['content-length']) > 65_536;
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, lines);
  assert.deepEqual(rig.rig.codes, [], 'no backoff: waiting would not make it smaller');
});
