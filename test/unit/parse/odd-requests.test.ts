import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLines } from '../../support/parsed-rows.ts';

const SPANS = ['remote_addr', 'remote_user', 'request', 'http_referer', 'http_user_agent'];

function combined(parts: {
  address?: string;
  user?: string;
  request?: string;
  bytes?: string;
  referer?: string;
  agent?: string;
}): string {
  const { address = '192.0.2.1', user = '-', request = 'GET / HTTP/1.1' } = parts;
  const { bytes = '612', referer = '-', agent = 'curl/8.5.0' } = parts;
  return `${address} - ${user} [22/Nov/2026:10:00:00 +0000] "${request}" 200 ${bytes} "${referer}" "${agent}"`;
}

const cases: [name: string, parts: Parameters<typeof combined>[0]][] = [
  ['a usual request', {}],
  ['IPv6', { address: '2001:db8::7334' }],
  ['an IPv4-mapped address', { address: '::ffff:192.0.2.128' }],
  ['a unix socket', { address: 'unix:' }],
  [
    'TLS bytes sent to a plain port',
    { request: '\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03' },
  ],
  ['an empty request', { request: '' }],
  ['a request without protocol', { request: 'GET /' }],
  ['a request of one word', { request: 'SSH-2.0-Go' }],
  ['a 20 kB URL', { request: `GET /${'a'.repeat(20_000)} HTTP/1.1` }],
  ['a user with spaces and brackets', { user: 'Bob [the] Builder - x] [y' }],
  ['a user that looks like a time', { user: 'x [22/Nov/2026:00:00:00 +0000] - y' }],
  ['a user that ends like the time begins', { user: 'x [' }],
  ['UTF-8 as nginx escapes it', { agent: '\\xD0\\xBC\\xD0\\xB5\\xD1\\x82\\xD1\\x80' }],
  [
    'UTF-8 as other servers write it',
    { agent: '\xd0\xbc\xd0\xb5', referer: 'https://ex\xc3\xa4mple.org/' },
  ],
  ['a quote and a backslash in the agent', { agent: 'a\\x22b\\x5Cc' }],
  ['an empty agent', { agent: '' }],
  ['a NUL in the agent', { agent: 'a\0b' }],
  ['a CR in the agent', { agent: 'a\rb' }],
];

for (const [name, parts] of cases) {
  test(name, () => {
    const [row] = parseLines('combined', [combined(parts)], { spans: SPANS });
    assert.equal(row?.reason, 'parsed');
    assert.equal(row.timeS, Date.UTC(2026, 10, 22, 10) / 1000);
    assert.equal(row.status, 200);
    assert.equal(row.bytesOut, 612);
    const given = {
      address: '192.0.2.1',
      user: '-',
      request: 'GET / HTTP/1.1',
      referer: '-',
      agent: 'curl/8.5.0',
      ...parts,
    };
    const shown = (value: string) => (value === '-' || value === '' ? undefined : value);
    assert.deepEqual(row.spans, {
      remote_addr: shown(given.address),
      remote_user: shown(given.user),
      request: shown(given.request),
      http_referer: shown(given.referer),
      http_user_agent: shown(given.agent),
    });
  });
}

test('CRLF: the CR belongs to the line end', () => {
  const [row] = parseLines('combined', [`${combined({})}\r`]);
  assert.equal(row?.reason, 'parsed');
  assert.equal(row.line, combined({}));
});

test('NUL bytes in front of a line are passed over, those inside are not', () => {
  const rows = parseLines('combined', [`${'\0'.repeat(5000)}${combined({})}`, `${combined({})}\0`]);
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['parsed', 'shape'],
  );
  assert.equal(rows[0]?.line, combined({}));
});

test('lines with nothing in them', () => {
  const rows = parseLines('combined', ['', '\r', '\0\0\0', '\0\r', combined({})]);
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['empty', 'empty', 'empty', 'empty', 'parsed'],
  );
});

test('lines that have not the form', () => {
  const line = combined({});
  const odd = [
    'x',
    '"',
    line.slice(1, -1),
    `${line} `,
    line.replace(' - - [', ' - ['),
    line.replace('" 200', '"  200'),
    line.replace('612 "', '612"'),
    `${line}"`,
    line.replace('"-" "', '"-""'),
  ];
  const reasons = parseLines('combined', odd).map(({ reason }) => reason);
  assert.deepEqual(
    reasons,
    odd.map(() => 'shape'),
  );
});

test('quotes that Apache escapes are part of the value', () => {
  const line = combined({ agent: 'a \\"b\\" c', referer: 'x\\\\' });
  const [row, other] = parseLines('combined', [line, combined({ agent: 'a "b" c' })], {
    spans: SPANS,
  });
  assert.equal(row?.reason, 'parsed');
  assert.equal(row.spans['http_user_agent'], 'a \\"b\\" c');
  assert.equal(row.spans['http_referer'], 'x\\\\');
  assert.equal(other?.reason, 'shape');
});

test('a line of the maximum length full of quotes is one row', () => {
  const rows = parseLines('combined', ['"'.repeat(1 << 20), combined({})]);
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['shape', 'parsed'],
  );
});
