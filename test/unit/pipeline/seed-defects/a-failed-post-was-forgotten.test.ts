import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeInflux, type Step, writeAll } from '../../../fault/delivery/fake-influx.ts';
import { AppRig, combinedLine, RIG_START_S } from '../../../support/app-rig.ts';

/** The script never read the reply to its post, and a post that failed was gone. */

const away: Step = ({ response }) => response.writeHead(503).end();
const refuse: Step = ({ response }) =>
  response.writeHead(401).end('{"error":"authorization failed"}');
const cut: Step = ({ response }) => response.destroy();

/** Requests in the database. */
function counted(influx: FakeInflux): number {
  return [...influx.stored.values()].reduce(
    (sum, line) => sum + Number(/^access_log,.* (?:.*,)?count=(\d+)i/.exec(line)?.[1] ?? 0),
    0,
  );
}

test('points are kept and sent until the database has said that it has them', async (t) => {
  const influx = await FakeInflux.start(t);
  const rig = new AppRig(t, { INFLUX_URL: influx.url, INFLUX_DB: 'nginx' });
  await rig.start();
  await rig.until('the database takes points', () => influx.stored.size > 0);
  influx.otherwise = away;
  const nowS = Math.floor(rig.clock.now() / 1000) - RIG_START_S;
  rig.append(combinedLine({ atS: nowS }).repeat(3));
  await rig.until('their window is over', () => rig.sum('count') === 3);
  for (const step of [away, cut, refuse]) {
    influx.otherwise = step;
    const before = influx.requests.length;
    await rig.until('it was tried again', () => influx.requests.length > before);
    // Long enough for whatever waits to be sent, were the failure taken for a success.
    await rig.pass(20_000);
    assert.equal(counted(influx), 0);
  }
  await rig.until('the refusal is known', () => rig.status.writer?.state === 'blocked');
  influx.otherwise = writeAll;
  await rig.until('they have arrived', () => counted(influx) === 3);
});
