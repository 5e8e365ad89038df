import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileLogFormat } from '../../../../src/parse/format/log-format.ts';
import { parseLines } from '../../../support/parsed-rows.ts';

/** Formats as people have them: variables of their own, with nothing between them, times by maps. */

const TEN_S = Date.UTC(2026, 10, 30, 10) / 1000;
const SPANS = ['remote_addr', 'request', 'request_uri', 'upstream_addr', 'upstream_response_time'];

function read(format: string, ...lines: readonly string[]) {
  return parseLines(format, lines, { spans: SPANS });
}
function one(format: string, line: string) {
  const [row] = read(format, line);
  assert.equal(row?.reason, 'parsed', line);
  return row;
}

test('host and path that touch are taken apart at the slash', () => {
  const row = one(
    '$remote_addr [$time_local] $scheme://$host$request_uri $status',
    '203.0.113.1 [30/Nov/2026:10:00:00 +0000] https://shop.example.com/a/b?c=1 200',
  );
  assert.equal(row.site, 'shop.example.com');
  assert.equal(row.spans['request_uri'], '/a/b?c=1');
});

test('host, port and path', () => {
  const row = one(
    '$remote_addr [$time_local] "$host:$server_port$uri" $status',
    '203.0.113.1 [30/Nov/2026:10:00:00 +0000] "shop.example.com:8443/a" 200',
  );
  assert.equal(row.site, 'shop.example.com');
});

test('a path with its query in parts is one target', () => {
  const row = one(
    '[$time_local] "$request_method $uri$is_args$args $server_protocol" $status',
    '[30/Nov/2026:10:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200',
  );
  assert.equal(row.spans['request_uri'], '/a?b=1');
});

test('times and other values of a fixed length end by themselves', () => {
  assert.equal(
    one('$time_local$msec $status', '30/Nov/2026:10:00:00 +00001795341600.123 200').timeS,
    1795341600,
  );
  assert.equal(
    one('$status$request_uri [$time_iso8601]', '200/a [2026-11-30T10:00:00+00:00]').status,
    200,
  );
});

test('what nobody needs is passed over as one value', () => {
  const row = one(
    '[$time_local] $status "$upstream_scheme://$upstream_host$upstream_uri" $upstream_addr',
    '[30/Nov/2026:10:00:00 +0000] 200 "http://backend.example.com/a" 192.0.2.10:80',
  );
  assert.equal(row.spans['upstream_addr'], '192.0.2.10:80');
});

test('a needed value whose end nothing tells is refused', () => {
  assert.throws(
    () => compileLogFormat('x', '[$time_local] $status $remote_addr$http_x_real_ip'),
    /between \$remote_addr and \$http_x_real_ip.*Put a space/s,
  );
});

for (const [name, time] of [
  ['time_iso8601_ms', '2026-11-30T10:00:00.123+00:00'],
  ['time_iso8601_ms', '2026-11-30T10:00:00.123Z'],
  ['time_iso8601', '2026-11-30T11:00:00+0100'],
  ['time_iso8601', '2026-11-30T10:00:00Z'],
  ['iso8601_utc', '2026-11-30 10:00:00,5 +00'],
  ['log_timestamp', '30/Nov/2026:10:00:00.5 +0000'],
  ['epoch_ms', '1796032800123'],
] as const) {
  test(`$${name} that holds ${time} is the time, by its name`, () => {
    assert.equal(
      one(`[$${name}] $status "$request"`, `[${time}] 200 "GET / HTTP/1.1"`).timeS,
      TEN_S,
    );
  });
}

test('a time under a name that says nothing is told by its form', () => {
  const [first] = read('$when|$other|$status', '2026-11-30T10:00:00Z|x|200');
  assert.equal(first?.timeS, TEN_S);
  const [second] = read('$other|$when|$status', 'x|2026-11-30T10:00:00Z|200');
  assert.equal(second?.timeS, TEN_S);
});

test('date and time in two variables, and in six, are one time of the zone of the meter', () => {
  const zoneS = 60 * new Date(1000 * TEN_S).getTimezoneOffset();
  const pair = one('$date $time $status', '2026-11-30 10:00:00 200');
  assert.equal(pair.timeS, TEN_S + zoneS);
  const parts = one(
    '[$year-$month-$day $hour:$minute:$second] $status',
    '[2026-11-30 10:00:00] 200',
  );
  assert.equal(parts.timeS, TEN_S + zoneS);
});

test('a request that a map has masked is told by its form', () => {
  const format = '$remote_addr [$time_local] "$masked" $status $body_bytes_sent';
  const rows = read(
    format,
    '203.0.113.1 [30/Nov/2026:10:00:00 +0000] "GET /a?api_key=*** HTTP/1.1" 200 5',
    '203.0.113.1 [30/Nov/2026:10:00:00 +0000] "rubbish" 400 5',
  );
  assert.deepEqual(
    rows.map(({ spans }) => spans['request']),
    ['GET /a?api_key=*** HTTP/1.1', 'rubbish'],
  );
  const [target] = read(format, '203.0.113.1 [30/Nov/2026:10:00:00 +0000] "/a" 200 5');
  assert.equal(target?.spans['request_uri'], '/a');
});

test('the meaning of a variable can be said in the directive', () => {
  const row = one(
    `log_format x $hidden=$request '[$time_local] $hidden|$status';`,
    '[30/Nov/2026:10:00:00 +0000] GET / HTTP/1.1|200',
  );
  assert.equal(row.spans['request'], 'GET / HTTP/1.1');
});

test('$request_line is the request', () => {
  const row = one(
    '[$time_local] "$request_line" $status',
    '[30/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200',
  );
  assert.equal(row.spans['request'], 'GET / HTTP/1.1');
});

test('$http_host gives the site, in lower case and without port', () => {
  const rows = read(
    '[$time_local] $http_host $status',
    '[30/Nov/2026:10:00:00 +0000] Shop.Example.com 200',
    '[30/Nov/2026:10:00:00 +0000] shop.example.com:8443 200',
    '[30/Nov/2026:10:00:00 +0000] [2001:db8::1]:80 200',
  );
  assert.deepEqual(
    rows.map(({ site }) => site),
    ['shop.example.com', 'shop.example.com', '[2001:db8::1]'],
  );
});

test('a format that ends in a line break is read, and its empty lines are no lines', () => {
  for (const format of ['[$time_local] $status\\n', `'[$time_local] $status\\n'`]) {
    const rows = read(
      format,
      '[30/Nov/2026:10:00:00 +0000] 200',
      '',
      '[30/Nov/2026:10:00:01 +0000] 200',
      '',
    );
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['parsed', 'parsed'],
    );
  }
});

test('a bare format that begins with a quote keeps its spaces', () => {
  const row = one(
    '"$time_local" client=$remote_addr method=$request_method request="$request" status=$status',
    '"30/Nov/2026:10:00:00 +0000" client=203.0.113.1 method=GET request="GET /a HTTP/1.1" status=200',
  );
  assert.equal(row.spans['request'], 'GET /a HTTP/1.1');
});

test('a format of a stream block is said to be one', () => {
  assert.throws(
    () =>
      compileLogFormat(
        'x',
        '$remote_addr [$time_local] $protocol $status $bytes_sent $session_time',
      ),
    /stream block/,
  );
});
