import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { Redactor } from '../../../../src/request/keys/redact.ts';

function redact(url: string, keepQuery: boolean, bytesMax = 400): string {
  const redactor = new Redactor(bytesMax, keepQuery);
  const bytes = new TextEncoder().encode(`<${url}>`);
  const isClean = redactor.redact(bytes, 1, bytes.length - 1);
  const result = Buffer.from(redactor.bytes.subarray(0, redactor.length)).toString();
  if (isClean) assert.ok(url.startsWith(result), `${result} is not the beginning of ${url}`);
  else assert.ok(result.includes('*'));
  return result;
}

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

test('without KEEP_QUERY the query is dropped', () => {
  assert.equal(redact('/search?q=shoes&token=1', false), '/search');
  assert.equal(redact('https://example.com/a/b?x#y', false), 'https://example.com/a/b');
  assert.equal(redact('/a#token=1', false), '/a');
  assert.equal(redact('/?', false), '/');
});

const KEPT = [
  ['/search?q=shoes&page=2', '/search?q=shoes&page=2'],
  ['/a?token=abc', '/a?token=***'],
  ['/a?x=1&access_token=abc&y=2', '/a?x=1&access_token=***&y=2'],
  ['/a?X-Amz-Signature=abc', '/a?X-Amz-Signature=***'],
  ['/a?x=1;password=abc', '/a?x=1;password=***'],
  ['/a?API-KEY=abc', '/a?API-KEY=***'],
  ['/a?key=abc&monkey=1', '/a?key=***&monkey=1'],
  ['/a?%74oken=abc', '/a?%74oken=***'],
  ['/a?user[password]=abc', '/a?user[password]=***'],
  ['/a?token=', '/a?token='],
  ['/a?token', '/a?token'],
  ['/a?q=jane.doe@example.com', '/a?q=***'],
  ['/a?jane%40example.com', '/a?***'],
  [`/a?t=${JWT}`, '/a?t=***'],
  ['/a?next=https%3A%2F%2Fhost%2F%3Ftoken%3Dabc', '/a?next=***'],
  ['/a?next=/b?x=1', '/a?next=/b?x=1'],
  ['/a?b=c=token=d', '/a?b=***'],
] as const;

test('with KEEP_QUERY secrets are taken out of it', () => {
  assert.deepEqual(
    KEPT.map(([url]) => [url, redact(url, true)]),
    KEPT,
  );
});

const PATHS = [
  ['/', '/'],
  ['', ''],
  ['/users/42', '/users/42'],
  ['/unsubscribe/jane@example.com/now', '/unsubscribe/***/now'],
  ['/@scope/package.js', '/@scope/package.js'],
  ['/cart;jsessionid=0A1B2C;x=1/items', '/cart;jsessionid=***;x=1/items'],
  [`/verify/${JWT}`, '/verify/***'],
  ['/reset-password/3f2504e04f8911d3', '/reset-password/***'],
  ['/invite/aBcDefGhijKlmnopqr/accept', '/invite/***/accept'],
  ['/login/form', '/login/form'],
  ['/share/photos', '/share/photos'],
  ['https://jane:secret@example.com/a', 'https://***@example.com/a'],
  ['https://example.com', 'https://example.com'],
  ['https://', 'https://'],
  ['example.com:443', 'example.com:443'],
] as const;

test('secrets are taken out of paths and origins', () => {
  assert.deepEqual(
    PATHS.map(([url]) => [url, redact(url, false)]),
    PATHS,
  );
});

test('a result has a bound', () => {
  assert.equal(redact(`/${'x'.repeat(100)}`, false, 10), '/xxxxxxxxx');
  assert.equal(redact('/a?token=abc', true, 11), '/a?token=**');
});

test('no secret value comes through, wherever it stands', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const name = fc.constantFrom('token', 'api_key', 'Password', 'client-secret', 'sig', 'e%6dail');
  const secret = fc.stringMatching(/^SECRET[A-Z0-9/=?%.@+-]{0,12}$/);
  fc.assert(
    fc.property(
      fc.array(word),
      fc.array(fc.tuple(word, word)),
      name,
      secret,
      (path, pairs, n, s) => {
        const query = pairs.map(([a, b]) => `${a}=${b}`);
        query.splice(query.length >> 1, 0, `${n}=${s}`);
        const url = `/${path.join('/')}?${query.join('&')}`;
        assert.ok(!redact(url, true).includes('SECRET'), redact(url, true));
        assert.ok(!redact(url, false).includes('SECRET'));
      },
    ),
  );
});

test('whatever the bytes, it ends, within its bound', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, keepQuery) => {
      const redactor = new Redactor(64, keepQuery);
      redactor.redact(bytes, 0, bytes.length);
      assert.ok(redactor.length <= 64);
    }),
  );
});
