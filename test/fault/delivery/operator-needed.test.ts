import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { says } from './fake-influx.ts';

const A = linesNamed('a', 3);

for (const [what, step, remedy] of [
  [
    'wrong credentials',
    says(401, { error: 'authorization failed' }),
    'INFLUX_USER and INFLUX_PASSWORD',
  ],
  [
    'no right to write',
    says(403, { error: '"r" user is not authorized' }),
    'INFLUX_USER and INFLUX_PASSWORD',
  ],
  [
    'no such database',
    says(404, { error: 'database not found: "nginx"' }),
    'INFLUX_DB (it must exist)',
  ],
  ['a login page', says(200, '<html>', { 'content-type': 'text/html' }), 'INFLUX_URL'],
] as const)
  test(`${what}: everything is kept, asked again slowly, and goes on once it is mended`, async (t) => {
    const rig = await DeliveryRig.start(
      t,
      [A],
      (influx) => {
        influx.otherwise = step;
      },
      { address: { user: 'writer', password: 'hunter2-secret' } },
    );
    await rig.until('four tries', () => rig.influx.requests.length === 4 && !rig.isRequesting);
    const { state } = rig.writer;
    assert.ok(state.kind === 'blocked', state.kind);
    assert.equal(state.remedy, remedy);
    assert.equal(rig.spool.records, 1);
    assert.deepEqual(rig.gapsMs.slice(0, 3), [45_000, 45_000, 45_000]);

    rig.influx.otherwise = ({ lines, response, write }) => {
      write(lines);
      response.writeHead(204).end();
    };
    await rig.untilDrained();
    assert.deepEqual(rig.storedLines, A);
    assert.deepEqual(rig.writer.state, { kind: 'ok' });
    assert.deepEqual(rig.deadLines, []);
    const shown = JSON.stringify([rig.rig.notices, state]);
    assert.ok(!shown.includes('hunter2') && !shown.includes('Basic '), 'a secret was told');
    assert.equal(
      rig.influx.requests[0]?.authorization,
      `Basic ${Buffer.from('writer:hunter2-secret').toString('base64')}`,
    );
  });
