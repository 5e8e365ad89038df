import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { Secret } from '../../../src/config/secret.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { says, type Step, writeAll } from './fake-influx.ts';

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
      { address: { user: 'writer', password: new Secret('hunter2-secret') } },
    );
    await rig.until('four tries', () => rig.influx.requests.length === 4 && !rig.isRequesting);
    const { state } = rig.writer;
    assert.ok(state.kind === 'blocked', state.kind);
    assert.equal(state.remedy, remedy);
    assert.equal(rig.spool.records, 1);
    assert.deepEqual(rig.gapsMs.slice(0, 3), [45_000, 45_000, 45_000]);

    rig.influx.otherwise = writeAll;
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

test('a token that no request can carry: blocked by the name of its setting, and never stuck', async (t) => {
  const rig = await DeliveryRig.start(t, [A], () => {}, {
    address: { flavour: 'v2', bucket: 'b', org: 'o', token: new Secret('tok\u20acn') },
  });
  await rig.until('three tries', () => rig.sentAtMs.length >= 3 && !rig.isRequesting);
  const { state } = rig.writer;
  assert.equal(state.kind === 'blocked' && state.remedy, 'INFLUX_TOKEN');
  assert.ok(!JSON.stringify(rig.rig.notices).includes('tok'));
  rig.stop.abort();
  await rig.running;
  assert.equal(rig.spool.records, 1);
});

test('a token that was changed in its file is used within a minute', async (t) => {
  const path = join(temporaryFolder(t), 'token');
  writeFileSync(path, 'old-token\n');
  const isNew =
    (step: Step): Step =>
    (exchange) =>
      exchange.request.headers.authorization === 'Token new-token'
        ? writeAll(exchange)
        : step(exchange);
  const rig = await DeliveryRig.start(
    t,
    [A],
    (influx) => {
      influx.otherwise = isNew(says(401, { code: 'unauthorized', message: 'unauthorized access' }));
    },
    { address: { flavour: 'v2', bucket: 'b', org: 'o', token: new Secret('old-token', path) } },
  );
  await rig.until('it is blocked', () => rig.writer.state.kind === 'blocked' && !rig.isRequesting);
  writeFileSync(path, '');
  await rig.until('it is told', () => rig.rig.codes.includes('credentials-unusable'));
  writeFileSync(path, 'new-token\n');
  const changedMs = rig.rig.clock.monotonicMs();
  await rig.untilDrained();
  assert.ok((rig.sentAtMs.at(-1) ?? 0) - changedMs <= 60_000);
  assert.deepEqual(rig.storedLines, A);
  assert.ok(rig.rig.codes.includes('credentials-changed'));
  assert.ok(!JSON.stringify(rig.rig.notices).includes('-token'));
});

test('a page that repeats the path and the token of the request tells neither', async (t) => {
  const rig = await DeliveryRig.start(
    t,
    [A],
    (influx) => {
      influx.otherwise = ({ request, response }) => {
        const { url, headers } = request;
        response
          .writeHead(404, { 'content-type': 'text/plain', server: 'gate' })
          .end(`cannot POST ${url} with ${headers.authorization}`);
      };
    },
    { address: { password: new Secret('hunter2-secret'), user: 'u' }, path: '/k3y-of-the-gate/' },
  );
  await rig.until('it is blocked', () => rig.writer.state.kind === 'blocked');
  const shown = JSON.stringify([rig.rig.notices, rig.writer.state]);
  assert.match(shown, /answered by gate/);
  assert.ok(!shown.includes('k3y') && !shown.includes('hunter2'), shown);
  assert.match(rig.rig.notices[0]?.subject ?? '', /^http:\/\/127\.0\.0\.1:\d+\/…$/);
});
