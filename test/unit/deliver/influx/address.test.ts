import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../../src/config/secret.ts';
import { authorization, shownUrl, writePath } from '../../../../src/deliver/influx/address.ts';

const url = 'http://db.example:8086/influx/';

test('v1: database and Basic auth, behind the path of the address', () => {
  const target = { flavour: 'v1', url, database: 'n&x' } as const;
  assert.equal(writePath(target), '/influx/write?db=n%26x&precision=s');
  assert.equal(authorization(target), undefined);
  assert.equal(
    authorization({ ...target, user: 'u', password: new Secret('p:ä') }),
    `Basic ${Buffer.from('u:p:ä').toString('base64')}`,
  );
});

test('v2: organisation, bucket and token', () => {
  const target = {
    flavour: 'v2',
    url,
    org: 'acme',
    bucket: 'n/rp',
    token: new Secret('t0k'),
  } as const;
  assert.equal(writePath(target), '/influx/api/v2/write?org=acme&bucket=n%2Frp&precision=s');
  assert.equal(authorization(target), 'Token t0k');
  const open = { flavour: 'v2', url: 'http://vm:8428', bucket: 'b' } as const;
  assert.equal(writePath(open), '/api/v2/write?bucket=b&precision=s');
  assert.equal(authorization(open), undefined);
});

test('v3: database and bearer token', () => {
  const target = { flavour: 'v3', url, database: 'nginx', token: new Secret('t0k') } as const;
  assert.equal(writePath(target), '/influx/api/v3/write_lp?db=nginx&precision=second');
  assert.equal(authorization(target), 'Bearer t0k');
});

test('the address that is shown has no credentials, no path and no query', () => {
  const shown = shownUrl({ url: 'http://u:p@h:1/a/?t=x' });
  assert.equal(shown, 'http://h:1/…');
  assert.equal(shownUrl({ url: 'http://h:1' }), 'http://h:1');
});
