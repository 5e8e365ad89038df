import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeInflux } from '../../../fault/delivery/fake-influx.ts';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script posted on the thread that read: a slow database stopped the reading. */

test('reading goes on while the database does not answer', async (t) => {
  const influx = await FakeInflux.start(t);
  const waiting: (() => void)[] = [];
  influx.otherwise = ({ lines, response, write }) => {
    waiting.push(() => {
      write(lines);
      response.writeHead(204).end();
    });
  };
  const rig = new AppRig(t, { INFLUX_URL: influx.url, INFLUX_DB: 'nginx' });
  rig.append(combinedLine({ atS: 1 }));
  await rig.start();
  await rig.until('a request waits for its reply', () => waiting.length === 1);
  for (const more of [1, 2, 3]) {
    const nowS = Math.floor(rig.clock.now() / 1000) - RIG_START_S;
    rig.append(combinedLine({ atS: nowS }).repeat(10));
    await rig.until('they are in a window', () => rig.sum('count') === 1 + 10 * more);
  }
  assert.equal(waiting.length, 1, 'only one request is on its way');
  assert.equal(influx.stored.size, 0);
  // Ended properly, so that nothing is left for the stop to wait for.
  influx.otherwise = ({ lines, response, write }) => {
    write(lines);
    response.writeHead(204).end();
  };
  waiting[0]?.();
  await rig.until('all have arrived', () => rig.status.spool.records === 0);
  const counts = [...influx.stored.values()].map((line) => /,count=(\d+)i/.exec(line)?.[1] ?? '0');
  assert.equal(
    counts.reduce((sum, count) => sum + Number(count), 0),
    31,
  );
});
