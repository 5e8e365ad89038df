import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe } from '../../../src/deliver/influx/probe.ts';
import { FakeClock } from '../../support/clock.ts';
import { FakeInflux, says } from './fake-influx.ts';

const never = new AbortController().signal;

for (const [what, step, expected] of [
  ['1.x takes an empty write', says(204), { kind: 'written' }],
  [
    '2.x says that there are no points, which it says last',
    says(400, { code: 'invalid', message: 'writing requires points' }),
    { kind: 'written' },
  ],
  [
    'a wrong password',
    says(401, { error: 'authorization failed' }),
    {
      kind: 'blocked',
      reason: '401 authorization failed',
      remedy: 'INFLUX_USER and INFLUX_PASSWORD',
    },
  ],
] as const)
  test(`the question whether points would be taken: ${what}`, async (t) => {
    const influx = await FakeInflux.start(t);
    influx.otherwise = step;
    const address = { flavour: 'v1', url: influx.url, database: 'nginx' } as const;
    assert.deepEqual(await probe(address, new FakeClock(), never), expected);
    assert.deepEqual(influx.requests[0]?.lines, [''], 'a question writes nothing');
  });
