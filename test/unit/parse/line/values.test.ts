import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FAMILY_BYTES_IN,
  FAMILY_SITE,
  FAMILY_TIME,
  RecordBatch,
} from '../../../../src/parse/record-batch.ts';
import { createParser } from '../../../../src/parse/parser.ts';
import { createScanner } from '../../../../src/parse/line/scanner.ts';
import { batchOf, parseLines, type ParsedRow, toBytes } from '../../../support/parsed-rows.ts';

const FORMAT =
  '$time_local|$status|$body_bytes_sent|$request_length|$request_time|$server_name|$msec';
const GOOD = [
  '22/Nov/2026:10:00:00 +0000',
  '200',
  '5',
  '300',
  '0.043',
  'a.example',
  '1795374000.123',
];

/** Row of one line of the format `variable`s with one value replaced. */
function rowWith(index: number, value: string, format = FORMAT): ParsedRow {
  const [row] = parseLines(format, [GOOD.with(index, value).join('|')]);
  assert.ok(row !== undefined);
  return row;
}

test('all values at once', () => {
  const row = rowWith(0, GOOD[0] ?? '');
  assert.deepEqual(
    { ...row, line: '', spans: {} },
    {
      reason: 'parsed',
      line: '',
      timeS: 1795374000,
      status: 200,
      bytesOut: 5,
      bytesIn: 300,
      requestMs: 43,
      site: 'a.example',
      spans: {},
    },
  );
});

for (const value of ['000', '009', '101', '499', '999']) {
  test(`status ${value}`, () => assert.equal(rowWith(1, value).status, Number(value)));
}
for (const value of ['-', '', '20', '2000', '2OO', ' 200', '+200', '20\xb2']) {
  test(`no status: "${value}"`, () => {
    // With a space in it the line has another form.
    assert.equal(rowWith(1, value).reason, value.includes(' ') ? 'shape' : 'status');
  });
}

for (const [value, bytes] of [
  ['0', 0],
  ['-', 0],
  ['007', 7],
  ['4294967296', 2 ** 32],
  ['9007199254740992', 2 ** 53],
] as const) {
  test(`bytes ${value}`, () => {
    assert.equal(rowWith(2, value).bytesOut, bytes);
    assert.equal(rowWith(3, value).bytesIn, bytes);
  });
}
for (const value of [
  '9007199254740994',
  '9999999999999999',
  '99999999999999999999',
  '-1',
  '1.5',
  '',
  'x',
  '5x',
  '--',
]) {
  test(`no number of bytes: "${value}"`, () => {
    assert.equal(rowWith(2, value).reason, 'number');
    assert.equal(rowWith(3, value).reason, 'number');
  });
}

for (const [value, milliseconds] of [
  ['0.000', 0],
  ['0.043', 43],
  ['0.29', 290],
  ['1', 1000],
  ['1.5', 1500],
  ['59.999', 59_999],
  ['0.0439', 43],
  ['2147483.647', 2 ** 31 - 1],
  ['2147483.648', 2 ** 31 - 1],
  ['9999999999999999', 2 ** 31 - 1],
  ['-', undefined],
] as const) {
  test(`request time ${value}`, () => {
    const row = rowWith(4, value);
    assert.equal(row.reason, 'parsed');
    assert.equal(row.requestMs, milliseconds);
  });
}
for (const value of ['', 'x', '0.', '.5', '1,5', '1e3', '-0.001', '1.2.3']) {
  test(`no request time: "${value}"`, () => assert.equal(rowWith(4, value).reason, 'number'));
}
test('every millisecond is exact', () => {
  const times = Array.from({ length: 10_000 }, (_, ms) => (ms / 1000).toFixed(3));
  const rows = parseLines(
    FORMAT,
    times.map((time) => GOOD.with(4, time).join('|')),
  );
  assert.deepEqual(
    rows.map(({ requestMs }) => requestMs),
    times.map((_, ms) => ms),
  );
});

test('$msec is whole seconds, cut', () => {
  const format = '$msec $status';
  const lines = [
    '1795374000.999 200',
    '0.000 200',
    '1795374000 200',
    '- 200',
    '1.x 200',
    '1e9 200',
  ];
  const rows = parseLines(format, [...lines, '1000000000000.000 200']);
  assert.deepEqual(
    rows.map(({ reason, timeS }) => timeS ?? reason),
    [1795374000, 0, 1795374000, 'time', 'time', 'time', 'time'],
  );
});

test('$server_name is the site, $host where it is not in the format', () => {
  const time = GOOD[0];
  const [both] = parseLines('$host "$server_name" $time_local $status', [
    `evil "good" ${time} 200`,
  ]);
  assert.equal(both?.site, 'good');
  const [host] = parseLines('"$host" $time_local $status', [`"h" ${time} 200`]);
  assert.equal(host?.site, 'h');
  for (const value of ['-', '']) {
    const [none] = parseLines('"$host" $time_local $status', [`"${value}" ${time} 200`]);
    assert.equal(none?.reason, 'parsed');
    assert.equal(none.site, undefined);
  }
});

test('$body_bytes_sent wins over $bytes_sent, in either order', () => {
  for (const format of ['$bytes_sent $body_bytes_sent', '$body_bytes_sent $bytes_sent']) {
    const values = format.startsWith('$bytes') ? '700 500' : '500 700';
    const [row] = parseLines(`${format} $status $msec`, [`${values} 200 1.000`]);
    assert.equal(row?.bytesOut, 500);
  }
  const [row] = parseLines('$bytes_sent $status $msec', ['700 200 1.000']);
  assert.equal(row?.bytesOut, 700);
});

test('what a format lacks is absent', () => {
  const [row] = parseLines('$status $msec', ['200 1.000'], { spans: ['request'] });
  assert.deepEqual(
    { ...row, line: '' },
    {
      reason: 'parsed',
      line: '',
      timeS: 1,
      status: 200,
      bytesOut: 0,
      bytesIn: 0,
      requestMs: undefined,
      site: undefined,
      spans: { request: undefined },
    },
  );
});

test('a batch used again keeps nothing of the format before', () => {
  const scanner = createScanner({ readBufferBytes: 16 });
  const into = new RecordBatch(4, ['request']);
  const full = '$msec $status $body_bytes_sent $request_length $request_time "$request" "$host"';
  for (const [format, line] of [
    [full, '1.000 200 7 8 0.009 "GET /" "h"'],
    ['$msec $status', '1.000 200'],
  ] as const) {
    createParser({ format, scanner }).parse(batchOf(toBytes(`${line}\n`)), 0, into);
    const [request] = into.spans;
    const isFull = format === full;
    assert.equal(into.bytesOut[0], isFull ? 7 : 0);
    assert.equal(into.bytesIn[0], isFull ? 8 : 0);
    assert.equal(into.requestMs[0], isFull ? 9 : -1);
    assert.equal(into.siteStart[0] === into.siteEnd[0], !isFull);
    assert.equal(request?.start[0] === request?.end[0], !isFull);
  }
});

test('families say what a format can fill', () => {
  const scanner = createScanner({ readBufferBytes: 16 });
  const families = (format: string) => createParser({ format, scanner }).families;
  assert.equal(families('combined'), 0);
  assert.equal(families('combined-time'), FAMILY_TIME);
  assert.equal(families('ingress-nginx'), FAMILY_TIME | FAMILY_BYTES_IN);
  assert.equal(families('$status $msec "$host"'), FAMILY_SITE);
  assert.equal(families('auto'), 0);
});

test('lists of upstreams, with and without retries and redirects', () => {
  const format =
    '$msec $upstream_addr $upstream_status [$upstream_response_time] $status "$upstream_addr"';
  const lists: [string, string, string][] = [
    ['-', '-', '-'],
    ['10.0.0.1:80', '200', '0.001'],
    ['10.0.0.1:80, [::1]:80', '502, 200', '0.001, -'],
    ['10.0.0.1:80, unix:/tmp/a : b', '502, 504 : 200', '0.1, 0.2 : 0.3'],
    ['10.0.0.1:80 : ', '200 : ', '0.1 : '],
  ];
  for (const [addresses, statuses, times] of lists) {
    const line = `1.000 ${addresses} ${statuses} [${times}] 404 "${addresses}"`;
    const [row] = parseLines(format, [line], {
      spans: ['upstream_status', 'upstream_response_time'],
    });
    assert.equal(row?.reason, 'parsed', line);
    assert.equal(row.status, 404);
    assert.equal(row.spans['upstream_status'], statuses === '-' ? undefined : statuses);
    assert.equal(row.spans['upstream_response_time'], times === '-' ? undefined : times);
  }
});

test('a list in front of a comma is as short as fits', () => {
  const lines = ['1.000 10.0.0.1:80, 200', '1.000 10.0.0.1:80, 10.0.0.2:80, 200'];
  const rows = parseLines('$msec $upstream_addr, $status', lines, { spans: ['upstream_addr'] });
  assert.deepEqual(
    rows.map(({ spans }) => spans['upstream_addr']),
    ['10.0.0.1:80', '10.0.0.1:80, 10.0.0.2:80'],
  );
});

test('a user that looks like a time and a list does not shift the lists after him', () => {
  const format = '$remote_user [$time_local] $upstream_addr $upstream_status "$request" $status';
  const line = (user: string) => `${user} [${GOOD[0]}] 10.0.0.1:80, 10.0.0.2:80 502, 200 "-" 404`;
  for (const user of ['x [22/Nov/2026:00:00:00 +0000] a', 'x [22/Nov/2026:00:00:00 +0000] a b']) {
    const [row] = parseLines(format, [line(user)], { spans: ['remote_user', 'upstream_status'] });
    assert.deepEqual(row?.spans, { remote_user: user, upstream_status: '502, 200' });
    assert.equal(row.timeS, 1795341600);
  }
});

test('a client cannot lengthen the lists of an ingress', () => {
  const line = (id: string) =>
    '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x" ' +
    `300 0.043 [default-shop-80] [] 10.0.0.1:80 5 0.042 200 ${id}`;
  for (const id of ['0f0f', ': 500 x', ', 500', '']) {
    const [row] = parseLines('ingress-nginx', [line(id)], { spans: ['upstream_status', 'req_id'] });
    assert.equal(row?.reason, 'parsed');
    assert.equal(row.requestMs, 43);
    assert.equal(row.bytesIn, 300);
    assert.deepEqual(row.spans, { upstream_status: '200', req_id: id === '' ? undefined : id });
  }
});

test('escape=none: quotes in values are allowed, the leftmost fit counts', () => {
  const format =
    'log_format x escape=none \'$remote_addr [$time_local] "$request" $status $body_bytes_sent "$http_user_agent"\';';
  const line = (request: string, agent: string) =>
    `1.2.3.4 [22/Nov/2026:10:00:00 +0000] "${request}" 404 5 "${agent}"`;
  const rows = parseLines(
    format,
    [line('GET /"a" HTTP/1.1', 'b "c"'), line('GET /" 200 7 "', 'forged'), line('', '"')],
    { spans: ['request', 'http_user_agent'] },
  );
  assert.deepEqual(rows[0]?.spans, { request: 'GET /"a" HTTP/1.1', http_user_agent: 'b "c"' });
  assert.equal(rows[0]?.status, 404);
  // What a client can do there, and why escape=none is named as ambiguous.
  assert.equal(rows[1]?.status, 200);
  assert.equal(rows[2]?.reason, 'parsed');
});

test('garbage made to be slow is given up', () => {
  const format = "escape=none '$host:$server_name:$scheme;$http_a,$http_b $status $msec'";
  const started = performance.now();
  const [row] = parseLines(format, [`${':'.repeat(100_000)};${','.repeat(100_000)} `]);
  assert.equal(row?.reason, 'shape');
  assert.ok(performance.now() - started < 20_000);
});
