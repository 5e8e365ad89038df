import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Spool } from '../../../src/spool/spool.ts';
import { nextNow } from '../../support/spool-rig.ts';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { hang, says } from './fake-influx.ts';

async function drainedLines(spool: Spool): Promise<string[]> {
  const lines: string[] = [];
  for (let record = await nextNow(spool); record !== undefined; record = await nextNow(spool)) {
    lines.push(...gunzipSync(record.payload).toString().trimEnd().split('\n'));
    await spool.ack(record.seq);
  }
  return lines;
}

const A = linesNamed('a', 3);
const B = linesNamed('b', 3);

test('told to stop, a request in flight is waited for, and its record is acknowledged', async (t) => {
  let answer: (() => void) | undefined;
  const rig = await DeliveryRig.start(t, [A, B], (influx) => {
    influx.script = [
      ({ lines, response, write }) => {
        answer = () => {
          write(lines);
          response.writeHead(204).end();
        };
      },
    ];
  });
  await rig.until('the request is there', () => answer !== undefined);
  rig.stop.abort();
  answer?.();
  await rig.running;
  assert.deepEqual([rig.spool.ackedSeq, rig.spool.records], [1, 1]);
});

test('told to stop, a request that gets no answer is abandoned at the deadline and kept', async (t) => {
  const rig = await DeliveryRig.start(
    t,
    [A],
    (influx) => {
      influx.otherwise = hang;
    },
    { writer: { shutdownDeadlineMs: 3_000 } },
  );
  await rig.until('the request is there', () => rig.influx.requests.length === 1);
  rig.stop.abort();
  await rig.rig.clock.advance(2_900);
  assert.equal(rig.isRequesting, true);
  await rig.rig.clock.advance(100);
  await rig.running;
  assert.equal(rig.spool.records, 1);
  assert.deepEqual(rig.rig.notices, [], "giving up on purpose is not the database's failure");
});

test('told to stop while it waits to try again, it stops at once', async (t) => {
  const rig = await DeliveryRig.start(t, [A], (influx) => {
    influx.otherwise = says(401);
  });
  await rig.until('it is blocked', () => rig.writer.state.kind === 'blocked');
  rig.stop.abort();
  await rig.running;
  assert.equal(rig.spool.records, 1);
});

for (const at of ['write-before-send', 'write-after-send', 'write-before-ack', 'write-after-ack'])
  test(`a crash at ${at}: what the checkpoint does not know to be acknowledged is still owed`, async (t) => {
    let isFirst = true;
    const killPoint = (name: string): void => {
      if (name === at && isFirst) {
        isFirst = false;
        throw new Error('killed');
      }
    };
    const rig = await DeliveryRig.start(t, [A, B], () => {}, { writer: { killPoint } });
    await assert.rejects(rig.running, /killed/);
    const sent = rig.influx.requests.length;
    assert.equal(sent, at === 'write-before-send' ? 0 : 1);
    const again = await rig.rig.open({ committedSeq: 2, ackedSeq: 0 });
    again.commit(2);
    assert.equal(again.records, 2);
    assert.deepEqual(await drainedLines(again), [...A, ...B]);
    await again.close();
  });
