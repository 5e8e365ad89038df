import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, shownUrl, targetOf, writePath } from '../../../src/influx/influx-target.ts';

const url = 'http://db.example:8086/influx/';

test('a database means v1 with Basic auth', () => {
  const target = targetOf({ url, database: 'n&x', user: 'u', password: 'p:ä' })!;
  assert.equal(target.flavour, 'v1');
  assert.equal(writePath(target), '/influx/write?db=n%26x&precision=s');
  assert.equal(authorization(target), `Basic ${Buffer.from('u:p:ä').toString('base64')}`);
  assert.equal(authorization(targetOf({ url, database: 'nginx' })!), undefined);
});

test('a bucket means v2 with a token', () => {
  const target = targetOf({ url, org: 'acme', bucket: 'nginx', token: 't0k' })!;
  assert.equal(target.flavour, 'v2');
  assert.equal(writePath(target), '/influx/api/v2/write?org=acme&bucket=nginx&precision=s');
  assert.equal(authorization(target), 'Token t0k');
  assert.equal(
    writePath(targetOf({ url: 'http://vm:8428', bucket: 'b' })!),
    '/api/v2/write?bucket=b&precision=s',
  );
});

test('a database with a token means v3', () => {
  const target = targetOf({ url, database: 'nginx', token: 't0k' })!;
  assert.equal(target.flavour, 'v3');
  assert.equal(writePath(target), '/influx/api/v3/write_lp?db=nginx&precision=second');
  assert.equal(authorization(target), 'Bearer t0k');
});

test('a version that is forced wins', () => {
  assert.equal(targetOf({ url, database: 'n', token: 't', version: '1' })?.flavour, 'v1');
  assert.equal(targetOf({ url, database: 'n', version: '3' })?.flavour, 'v3');
  const v2 = targetOf({ url, database: 'n/rp', token: 't', version: '2' })!;
  assert.equal(writePath(v2), '/influx/api/v2/write?bucket=n%2Frp&precision=s');
  assert.equal(targetOf({ url }), undefined);
});

test('the address that is shown has no credentials and no query', () => {
  const shown = shownUrl({ flavour: 'v1', url: 'http://u:p@h:1/a/?t=x', database: 'd' });
  assert.equal(shown, 'http://h:1/a');
});
