import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFormats } from '../../../../src/parse/format-choice.ts';
import { createParser } from '../../../../src/parse/parser.ts';
import { createScanner } from '../../../../src/parse/line/scanner.ts';
import { parseLines } from '../../../support/parsed-rows.ts';

const scanner = createScanner({ readBufferBytes: 64 });
const familiesOf = (format: string) => createParser({ format, scanner }).families;

const FORMAT = `log_format json_log escape=json
  '{'
    '"t":"$time_iso8601","s":$status, "b":$body_bytes_sent,'
    '"rt":$request_time,"vhost":"$server_name",'
    '"r":"$request_method $request_uri $server_protocol",'
    '"up":{"addr":"$upstream_addr","status":"$upstream_status"},'
    '"ua":"$http_user_agent","via":"$remote_addr:$remote_port","k":"const"'
  '}';`;

test('the keys of the text mean the variables beside them', () => {
  const line =
    '{"k":"const","s":304,"up":{"status":"502, 200","addr":"a:1, b:2"},"b":17,"rt":0.005,' +
    '"t":"2026-11-22T10:00:00+00:00","vhost":"example.com","r":"GET /x HTTP/2.0","ua":"a\\"b",' +
    '"status":999,"time":"never","via":"::1:5"}';
  const spans = ['request', 'upstream_addr', 'upstream_status', 'http_user_agent', 'remote_addr'];
  const [row] = parseLines(FORMAT, [line], { spans });
  assert.equal(row?.reason, 'parsed');
  const { timeS, status, bytesOut, requestMs, site } = row;
  assert.deepEqual(
    [timeS, status, bytesOut, requestMs, site],
    [1_795_341_600, 304, 17, 5, 'example.com'],
  );
  assert.deepEqual(row.spans, {
    request: 'GET /x HTTP/2.0',
    upstream_addr: 'a:1, b:2',
    upstream_status: '502, 200',
    http_user_agent: 'a\\"b',
    remote_addr: undefined,
  });
  assert.equal(familiesOf(FORMAT), 1 | 4);
});

test('a JSON object is one with escape=default and as a bare text too', () => {
  const bare = '{"t":"$msec","s":$status,"l":$request_length}';
  for (const format of [bare, `log_format x '${bare}';`, `escape=json '${bare}'`]) {
    const [row] = parseLines(format, ['{"l":5,"s":200,"t":"1795341600.000"}']);
    assert.equal(row?.bytesIn, 5, format);
    assert.equal(familiesOf(format), 2);
  }
});

test('a value without quotes that is missing is absent', () => {
  const format = 'escape=json \'{"t":"$msec","s":$status,"u":$upstream_response_time}\'';
  const [row] = parseLines(format, ['{"t":"1","s":200,"u":}'], {
    spans: ['upstream_response_time'],
  });
  assert.equal(row?.reason, 'parsed');
  assert.equal(row.spans['upstream_response_time'], undefined);
  assert.deepEqual(chooseFormats(format)[0]?.ambiguities, []);
  const free = 'escape=json \'{"t":"$msec","s":$status,"u":$request_uri}\'';
  assert.match(chooseFormats(free)[0]?.ambiguities.join() ?? '', /\$request_uri/);
});

test('escape=json in a text that is no object, with quotes in values', () => {
  const format = 'log_format q escape=json \'$msec "$request" $status "$http_user_agent"\';';
  const rows = parseLines(
    format,
    [
      '1.000 "GET / HTTP/1.1" 200 ""',
      String.raw`1.000 "GET /\" 500 \"" 200 "\\"`,
      String.raw`1.000 "GET /" 500 "" 200 "\\"`,
    ],
    { spans: ['request'] },
  );
  assert.deepEqual(
    rows.map(({ reason, status }) => status ?? reason),
    [200, 200, 'shape'],
  );
  assert.equal(rows[1]?.spans['request'], String.raw`GET /\" 500 \"`);
});

test('where values share a string, the text is what lines are read by', () => {
  const format = '{"at":"$time_local $msec","s":"$status"}';
  const [row] = parseLines(format, ['{"at":"22/Nov/2026:10:00:00 +0000 5.0","s":"200"}']);
  assert.equal(row?.status, 200);
  assert.equal(chooseFormats(format)[0]?.kind, 'text');
  assert.equal(chooseFormats(`log_format n escape=none '${format}';`)[0]?.kind, 'text');
});
