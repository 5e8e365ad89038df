import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainLine } from '../../../../src/parse/advice/explain.ts';
import { parseLines, toBytes } from '../../../support/parsed-rows.ts';

/** JSON that is not quite JSON, and the keys that programs use. */

const SPANS = [
  'remote_addr',
  'request_method',
  'request_uri',
  'http_user_agent',
  'upstream_addr',
  'upstream_response_time',
];
const TEN_S = Date.UTC(2026, 10, 30, 10) / 1000;

function read(line: string, format = 'auto') {
  const [row] = parseLines(format, [line], { spans: SPANS });
  assert.equal(row?.reason, 'parsed', line);
  return row;
}

const LISTS =
  'escape=json \'{"time":"$time_iso8601","status":$status,"upstream_addr":"$upstream_addr",' +
  '"upstream_response_time":$upstream_response_time,"bytes":$body_bytes_sent}\'';

for (const [value, expected] of [
  ['', undefined],
  ['0.001, 0.072', '0.001, 0.072'],
  ['0.001 : ', '0.001 :'],
  ['-, 0.1 : 0.2, -', '-, 0.1 : 0.2, -'],
] as const) {
  for (const format of ['auto', LISTS]) {
    test(`the times ${JSON.stringify(value)} without quotes, ${format === 'auto' ? format : 'format known'}`, () => {
      const head = '{"time":"2026-11-30T10:00:00+00:00","status":502,"upstream_addr":"a",';
      const row = read(`${head}"upstream_response_time":${value},"bytes":157}`, format);
      assert.equal(row.spans['upstream_response_time'], expected);
      assert.equal(row.bytesOut, 157);
      const last = read(`${head}"bytes":3,"upstream_response_time":${value}}`, format);
      assert.equal(last.spans['upstream_response_time'], expected);
    });
  }
}

test('a list without quotes at the end of an inner object', () => {
  const row = read(
    '{"time":"2026-11-30T10:00:00Z","upstream":{"response_time":0.1, 0.2},"status":200,"x":1}',
  );
  assert.equal(row.spans['upstream_response_time'], '0.1, 0.2');
  assert.equal(row.status, 200);
});

test('a time without quotes', () => {
  const line =
    '{"time": 30/Nov/2026:10:00:00 +0000, "method": "GET", "status": 200, "resp_time": 0.250}';
  const format =
    'escape=json \'{"time": $time_local, "method": "$request_method", "status": $status, "resp_time": $request_time}\'';
  for (const row of [read(line), read(line, format)]) {
    assert.equal(row.timeS, TEN_S);
    assert.equal(row.requestMs, 250);
  }
});

test('a comma too many, a comma too few, a comma behind the record', () => {
  for (const end of [',}', '"x":"y" "z":1}', '},']) {
    read(`{"time":"2026-11-30T10:00:00Z","status":200${end.startsWith('"') ? ',' : ''}${end}`);
  }
});

test('a value cannot forge a key through the tolerance', () => {
  const forged = String.raw`{"time":"2026-11-30T10:00:00Z","status":200,"x":a, \"status\":500,"bytes":1}`;
  const [row] = parseLines('auto', [forged]);
  assert.equal(row?.reason, 'shape');
  const [cut] = parseLines('auto', ['{"time":"2026-11-30T10:00:00Z","status":200,"x":0.1, 0.2']);
  assert.equal(cut?.reason, 'shape');
});

test('the ELK format: host holds the address of the server', () => {
  const row = read(
    '{"@timestamp":"2026-11-30T10:00:00+00:00","host":"192.0.2.10","clientip":"203.0.113.1","size":5,' +
      '"responsetime":0.010,"upstreamtime":"0.009","upstreamhost":"192.0.2.20:8080",' +
      '"http_host":"shop.example.com","url":"/a","domain":"shop.example.com","status":"200"}',
  );
  assert.equal(row.site, 'shop.example.com');
  assert.equal(row.requestMs, 10);
  assert.equal(row.spans['upstream_addr'], '192.0.2.20:8080');
  assert.equal(row.spans['upstream_response_time'], '0.009');
});

test('logstash: the record in @fields', () => {
  const row = read(
    '{"@timestamp":"2026-11-30T10:00:00Z","@fields":{"remote_addr":"203.0.113.1","status":"200","request_time":"0.010"}}',
  );
  assert.equal(row.spans['remote_addr'], '203.0.113.1');
  assert.equal(row.requestMs, 10);
});

test('Matomo', () => {
  const row = read(
    '{"ip":"203.0.113.1","host":"shop.example.com","path":"/a","status":"200","referrer":"-",' +
      '"user_agent":"curl","length":5,"generation_time_milli":0.010,"date":"2026-11-30T10:00:00+00:00"}',
  );
  assert.equal(row.bytesOut, 5);
  assert.equal(row.requestMs, 10);
});

test('Traefik: a duration in nanoseconds', () => {
  const row = read(
    '{"ClientHost":"203.0.113.1","RequestMethod":"GET","RequestPath":"/a","RequestHost":"Shop.example.com",' +
      '"DownstreamStatus":200,"DownstreamContentSize":5,"Duration":10000000,"StartUTC":"2026-11-30T10:00:00.123456789Z"}',
  );
  assert.equal(row.timeS, TEN_S);
  assert.equal(row.requestMs, 10);
  assert.equal(row.site, 'shop.example.com');
});

test('Caddy: ports are taken off, the agent stands in an array', () => {
  const row = read(
    '{"ts":1796032800.123,"request":{"client_ip":"203.0.113.1","method":"GET","host":"shop.example.com:8443",' +
      '"uri":"/a","headers":{"User-Agent":["curl/8.0"]}},"duration":0.01,"size":5,"status":200}',
  );
  assert.equal(row.site, 'shop.example.com');
  assert.equal(row.spans['http_user_agent'], 'curl/8.0');
  assert.equal(row.requestMs, 10);
});

test('Fluent Bit, Datadog, OpenTelemetry', () => {
  assert.equal(
    read('{"date":1796032800.5,"remote":"203.0.113.1","code":"200","size":"5","agent":"curl"}')
      .timeS,
    TEN_S,
  );
  const datadog = read(
    '{"date":"2026-11-30T10:00:00Z","http":{"status_code":200,"method":"GET","useragent":"curl"},' +
      '"network":{"client":{"ip":"203.0.113.1"},"bytes_written":5},"duration":10000000}',
  );
  assert.equal(datadog.requestMs, 10);
  assert.equal(datadog.bytesOut, 5);
  const otel = read(
    '{"timestamp":"1796032800000000000","attributes":{"http.response.status_code":200,"url.path":"/a",' +
      '"client.address":"203.0.113.1","server.address":"shop.example.com"}}',
  );
  assert.equal(otel.site, 'shop.example.com');
});

test('units by the suffix, in any spelling', () => {
  const ms = (key: string, value: string) =>
    read(`{"time":"2026-11-30T10:00:00Z","status":200,"${key}":${value}}`).requestMs;
  assert.equal(ms('durationMs', '10'), 10);
  assert.equal(ms('resTimeS', '0.01'), 10);
  assert.equal(ms('response_time_us', '10000'), 10);
  assert.equal(ms('elapsed_ns', '10000000'), 10);
});

test('a time from a map under a key that says so', () => {
  const format = 'escape=json \'{"timestamp":"$my_clock","status":$status,"host":"$host"}\'';
  const row = read('{"timestamp":"2026-11-30T10:00:00.123+00:00","status":200,"host":"a"}', format);
  assert.equal(row.timeS, TEN_S);
  assert.equal(row.site, 'a');
});

test('an object without a known key is explained by its keys', () => {
  const line = '{"answer":200,"when":"2026-11-30T10:00:00Z"}';
  const explanation = explainLine('auto', toBytes(line));
  assert.equal(explanation?.formatName, 'json');
  assert.match(explanation.expected, /key for the time.*keys are answer, when.*LOG_JSON_KEYS/s);
});
