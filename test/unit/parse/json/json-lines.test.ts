import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainLine } from '../../../../src/parse/advice/explain.ts';
import { createParser } from '../../../../src/parse/parser.ts';
import { RecordBatch } from '../../../../src/parse/record-batch.ts';
import { createScanner } from '../../../../src/parse/line/scanner.ts';
import { batchOf, parseBytes, parseLines, toBytes } from '../../../support/parsed-rows.ts';

const TIME = '"time":"2026-11-22T10:00:00+00:00"';
const TIME_S = 1_795_341_600;
const scanner = createScanner({ readBufferBytes: 64 });

function rowOf(line: string, spans: string[] = [], format = 'json') {
  const [row, ...more] = parseLines(format, [line], { spans });
  assert.equal(more.length, 0);
  assert.ok(row);
  return row;
}

/** The explanation with the line's text from where it stopped. */
function explained(line: string, format = 'json') {
  const explanation = explainLine(format, toBytes(line));
  assert.ok(explanation, line);
  const { reason, atByte, expected } = explanation;
  return [reason, line.slice(atByte, atByte + 4), expected];
}

test('any order, whitespace, numbers as numbers and as strings', () => {
  const row = rowOf(
    ` { "request_time" : "0.043",\t"bytes":1234 , "unknown":[{"status":1},"]"], "status":"404",` +
      ` "host":"example.com", "request_length":77, ${TIME} } `,
  );
  assert.equal(row.reason, 'parsed');
  const { timeS, status, bytesOut, bytesIn, requestMs, site } = row;
  assert.deepEqual(
    { timeS, status, bytesOut, bytesIn, requestMs, site },
    { timeS: TIME_S, status: 404, bytesOut: 1234, bytesIn: 77, requestMs: 43, site: 'example.com' },
  );
});

const timeForms = [
  '"2026-11-22T10:00:00+00:00"',
  '"2026-11-22T15:30:00+05:30"',
  '"2026-11-22T10:00:00Z"',
  '"2026-11-22T10:00:00.999Z"',
  '"2026-11-22T10:00:00.123456789z"',
  '"2026-11-22 07:00:00,5-03:00"',
  '"2026-11-22T10:00:00.1+0000"',
  '"2026-11-22T12:00:00+02"',
  '"22/Nov/2026:11:00:00 +0100"',
  '1795341600',
  '1795341600.999',
  '"1795341600.123"',
  '1795341600123',
  '1795341600123456',
  '1.7953416e9',
];
for (const form of timeForms) {
  test(`the time ${form}`, () => {
    assert.equal(rowOf(`{"status":200,"@timestamp":${form}}`).timeS, TIME_S);
  });
}

for (const form of [
  '"2026-11-31T10:00:00Z"',
  '"2026-11-22T10:00:00.Z"',
  '"2026-11-22T10:00:00 UTC"',
  '"2026-11-22T25:00:00Z"',
  '"22/Nov/2026:11:00:00 +01:0"',
  '"now"',
  '""',
  'null',
  'true',
  '-1',
  '1e99',
]) {
  test(`${form} is no time`, () => {
    const line = `{"status":200,"@timestamp":${form}}`;
    assert.equal(rowOf(line).reason, 'time');
    assert.equal(explained(line)[0], 'time');
  });
}

test('values that are absent', () => {
  for (const none of ['null', '""', '"-"', '-', '']) {
    const row = rowOf(
      `{${TIME},"status":200,"bytes":${none},"request_length":${none},"request_time":${none},` +
        `"server_name":${none},"host":"b","user_agent":${none}}`,
      ['http_user_agent'],
    );
    assert.equal(row.reason, 'parsed', none);
    assert.equal(row.bytesOut, 0);
    assert.equal(row.bytesIn, 0);
    assert.equal(row.requestMs, undefined);
    assert.equal(row.site, 'b');
    assert.equal(row.spans['http_user_agent'], undefined);
  }
});

test('numbers that are none, and statuses', () => {
  const reason = (rest: string) => rowOf(`{${TIME},${rest}}`).reason;
  assert.equal(reason('"status":"2000"'), 'status');
  assert.equal(reason('"status":2e2'), 'status');
  assert.equal(reason('"status":null'), 'status');
  assert.equal(reason('"status":9'), 'parsed');
  assert.equal(reason('"status":200,"bytes":1.5'), 'number');
  assert.equal(reason('"status":200,"bytes":"12 kB"'), 'number');
  assert.equal(reason('"status":200,"bytes":-1'), 'number');
  assert.equal(reason('"status":200,"bytes":1e17'), 'number');
  assert.equal(reason('"status":200,"request_time":true'), 'number');
  assert.equal(reason('"status":200,"request_length":"x"'), 'number');
});

test('the time of a request in its units, to whole milliseconds', () => {
  const ms = (rest: string) => rowOf(`{${TIME},"status":200,${rest}}`).requestMs;
  assert.equal(ms('"request_time":0.043'), 43);
  assert.equal(ms('"duration":1.2e-2'), 12);
  assert.equal(ms('"response_time":"2"'), 2000);
  assert.equal(ms('"duration_ms":43.9'), 43);
  assert.equal(ms('"duration_us":43999'), 43);
  assert.equal(ms('"request_time":99999999999.0'), 2 ** 31 - 1);
  const times = Array.from({ length: 5000 }, (_, thousandths) => thousandths);
  const lines = times.map(
    (time) => `{${TIME},"status":200,"request_time":${(time / 1000).toFixed(3)}}`,
  );
  assert.deepEqual(
    parseLines('json', lines, { spans: [] }).map(({ requestMs }) => requestMs),
    times,
  );
});

test('keys of objects are paths, as deep as they are known', () => {
  const line =
    `{${TIME},"http":{"status":201,"odd":{"status":1},"user_agent":"a"},"status_":1,` +
    '"url":{"path":"/x"},"request":{"method":"GET"},"client":{"ip":"::1","geo":{"ip":"x"}}}';
  const row = rowOf(line, ['http_user_agent', 'request_uri', 'request_method', 'remote_addr']);
  assert.equal(row.status, 201);
  assert.deepEqual(row.spans, {
    http_user_agent: 'a',
    request_uri: '/x',
    request_method: 'GET',
    remote_addr: '::1',
  });
  assert.equal(rowOf(`{"http.response.status_code":204,${TIME}}`).status, 204);
  assert.equal(rowOf(`{"http":{"response":{"status_code":204}},${TIME}}`).status, 204);
  assert.equal(rowOf(`{"http":{"response.status_code":204},${TIME}}`).status, 204);
});

test('keys of an object within are none of the record', () => {
  const row = rowOf(`{"upstream":{"status":502},"headers":{"status":1},${TIME},"status":200}`, [
    'upstream_status',
  ]);
  assert.equal(row.status, 200);
  assert.equal(row.spans['upstream_status'], '502');
});

test('the first of two equal keys counts, and the exact name before another', () => {
  assert.equal(rowOf(`{"status":200,${TIME},"status":500}`).status, 200);
  assert.equal(rowOf(`{"code":1,"response":2,"status":200,${TIME}}`).status, 200);
  assert.equal(rowOf(`{${TIME},"status":1,"bytes_sent":9,"body_bytes_sent":5}`).bytesOut, 5);
  assert.equal(rowOf(`{${TIME},"status":1,"host":"h","server_name":"s"}`).site, 's');
});

test('what a client sends forges no key', () => {
  const agent = String.raw`x\",\"status\":\"500\",\"a\":\"\\`;
  const row = rowOf(`{${TIME},"agent":"${agent}","status":"200","uri":"/\\\\"}`, [
    'http_user_agent',
    'request_uri',
  ]);
  assert.equal(row.status, 200);
  assert.equal(row.spans['http_user_agent'], agent);
  assert.equal(row.spans['request_uri'], String.raw`/\\`);
});

test('spans stay escaped, and the batch says how', () => {
  const into = new RecordBatch(4, ['request_uri']);
  const line = String.raw`{"status":200,${TIME},"uri":"\/a\u0022"}`;
  createParser({ format: 'json', scanner }).parse(batchOf(toBytes(`${line}\n`)), 0, into);
  assert.equal(into.escape, 'json');
  assert.equal(rowOf(line, ['request_uri']).spans['request_uri'], String.raw`\/a\u0022`);
});

test('any variable that is asked for is found under its own name', () => {
  const row = rowOf(`{"ssl_cipher":"X","status":200,${TIME}}`, ['ssl_cipher', 'ssl_curve']);
  assert.deepEqual(row.spans, { ssl_cipher: 'X', ssl_curve: undefined });
});

const malformed: [line: string, at: string, expected: string][] = [
  ['hello', 'hell', '`{` at the beginning'],
  ['{', '', 'a key in quotes'],
  ['{status:1}', 'stat', 'a key in quotes'],
  ['{"status"}', '}', '`:` after the key'],
  ['{"status":200', '', 'the end of the value'],
  ['{"status":"200', '', '`"` at the end of the string'],
  ['{"status', '', '`"` at the end of the string'],
  ['{"status":200, 300', ', 30', 'a key in quotes'],
  ['{"a":"b" 200,"status":200}', '200,', '`,` or `}` after the value'],
  ['{"a":[1,{"b":2}', '', 'the end of the value'],
  [`{"status":200,${TIME}} x`, 'x', 'the end of the line after the object'],
  [`{${TIME}}`, '{"ti', 'a key for the status, such as status'],
  ['{"status":200}', '{"st', 'a key for the time, such as time_iso8601'],
];
for (const [line, at, expected] of malformed) {
  test(`malformed: ${line}`, () => {
    assert.equal(rowOf(line).reason, 'shape');
    const [reason, where, what = ''] = explained(line);
    // The keys that the line has are named behind it.
    assert.deepEqual([reason, where, what.split(';')[0]], ['shape', at, expected]);
  });
}

test('a line with more quotes than are looked at is unparsed', () => {
  const line = `{"a":[${'"x",'.repeat(9000)}1],"status":200,${TIME}}`;
  const parser = createParser({ format: 'json', scanner });
  assert.equal(parseBytes(parser, toBytes(`${line}\n`))[0]?.reason, 'shape');
});

test('families follow from the keys that lines have; records of one batch have the same', () => {
  const lines = [
    `{${TIME},"status":200}`,
    `{${TIME},"status":200}`,
    `{${TIME},"status":200,"request_time":0.1}`,
    `{${TIME},"status":200}`,
    'broken',
    `{${TIME},"status":200,"host":"a","request_length":1}`,
  ];
  const batch = batchOf(toBytes(`${lines.join('\n')}\n`));
  for (const format of ['json', 'auto']) {
    const parser = createParser({ format, scanner });
    const into = new RecordBatch(64);
    const seen: [number, number][] = [];
    for (let at = 0; at < batch.end; at = into.consumedTo) {
      parser.parse(batch, at, into);
      seen.push([into.length, into.families]);
      assert.ok(into.reason.subarray(0, into.length).every((reason) => reason < 2));
    }
    assert.deepEqual(seen, [
      [2, 0],
      [3, 1],
      [1, 7],
    ]);
    assert.equal(parser.formatName, 'json');
  }
});

test('a span is filled from the first line on that has a key for it', () => {
  const lines = [
    `{${TIME},"status":200,"uri":"/"}`,
    `{${TIME},"status":200}`,
    `{${TIME},"status":200,"agent":""}`,
    `{${TIME},"status":200,"uri":"/"}`,
  ];
  const batch = batchOf(toBytes(`${lines.join('\n')}\n`));
  const parser = createParser({ format: 'json', scanner });
  const into = new RecordBatch(64, ['request_uri', 'http_user_agent', 'remote_addr']);
  const seen: [number, ...boolean[]][] = [];
  for (let at = 0; at < batch.end; at = into.consumedTo) {
    parser.parse(batch, at, into);
    seen.push([into.length, ...into.spans.map(({ isFilled }) => isFilled)]);
  }
  assert.deepEqual(seen, [
    [2, true, false, false],
    [2, true, true, false],
  ]);
});

test('keys that were named for this log come before all others', () => {
  const jsonKeys = new Map([
    ['status', 'resp.code'],
    ['request_time_ms', 'took'],
    ['remote_addr', 'status'],
    ['http_user_agent', 'x'],
  ]);
  const parser = createParser({ format: 'json', scanner, jsonKeys });
  const line = `{${TIME},"status":"::1","resp":{"code":404},"code":7,"took":12,"x":"y"}`;
  const spans = ['remote_addr', 'http_user_agent'];
  const [row] = parseBytes(parser, toBytes(`${line}\n`), { spans });
  assert.equal(row?.status, 404);
  assert.equal(row.requestMs, 12);
  assert.deepEqual(row.spans, { remote_addr: '::1', http_user_agent: 'y' });
  assert.equal(explainLine('json', toBytes(line), jsonKeys), undefined);
});
