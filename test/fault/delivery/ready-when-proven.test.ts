import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InfluxTarget } from '../../../src/deliver/influx/influx-target.ts';
import { MemoryQueue } from '../../../src/deliver/memory-queue.ts';
import { DeadLetterFile } from '../../../src/deliver/dead-letter.ts';
import { Writer } from '../../../src/deliver/writer.ts';
import type { Notice } from '../../../src/notice/notice.ts';
import { FakeClock } from '../../support/clock.ts';
import { defer } from '../../support/defer.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { FakeInflux, says, type Step, writeAll } from './fake-influx.ts';

/** A writer that has nothing to send yet, and asks. */
async function asking(t: Parameters<typeof FakeInflux.start>[0], step: Step) {
  const influx = await FakeInflux.start(t);
  influx.otherwise = step;
  const clock = new FakeClock();
  const notices: Notice[] = [];
  const notify = (notice: Notice): unknown => notices.push(notice);
  const address = { flavour: 'v1', url: influx.url, database: 'nginx' } as const;
  const target = new InfluxTarget({ address, clock, notify });
  const queue = new MemoryQueue(clock);
  const deadLetter = new DeadLetterFile({ stateDir: temporaryFolder(t), clock, notify });
  const writer = new Writer({
    ...{ target, spool: queue, deadLetter, clock, notify },
    random: () => 0.5,
    asksFirst: true,
  });
  const stop = new AbortController();
  assert.equal(writer.isProven, false, 'nothing is known before the first answer');
  const running = writer.run(stop.signal);
  defer(t, async () => {
    stop.abort();
    await running;
    await target.close();
  });
  return { influx, writer, queue, notices, stop };
}

test('a database that says yes is proven before there is a point', async (t) => {
  const { writer, influx } = await asking(t, writeAll);
  await waitUntil('it is proven', () => writer.isProven);
  assert.equal(influx.requests.length, 1);
  assert.equal(writer.counters.writes, 0);
});

test('a database without the right to write is told of before there is a point', async (t) => {
  const refuse = says(403, {
    error: '"meter" user is not authorized to write to database "nginx"',
  });
  const { writer, influx, queue, notices, stop } = await asking(t, refuse);
  await waitUntil('it is blocked', () => writer.state.kind === 'blocked');
  assert.equal(writer.isProven, false);
  assert.equal(notices[0]?.code, 'write-blocked');
  // The first points are sent all the same, and prove it.
  influx.otherwise = writeAll;
  await queue.append({ bytes: Buffer.from('m v=1i 1\n'), points: 1 }, stop.signal);
  await waitUntil('it is proven', () => writer.isProven);
  assert.deepEqual(writer.state, { kind: 'ok' });
});
