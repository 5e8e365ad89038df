import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParser } from '../../../src/parse/parser.ts';
import { createScanner } from '../../../src/parse/line/scanner.ts';
import { parseBytes, parseLines, toBytes } from '../../support/parsed-rows.ts';

/** Lines of nginx's as log collectors hand them on. */

const LINE = '203.0.113.1 - - [30/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8.0"';
const JSON_LINE =
  '{"time":"2026-11-30T10:00:00Z","status":200,"request":"GET /a HTTP/1.1","bytes":5}';
const AT = '2026-11-30T10:00:00.413656027Z';
const spans = ['remote_addr', 'request'];

const docker = (text: string, stream = 'stdout') =>
  JSON.stringify({ log: text, stream, time: AT }).replaceAll('/', String.raw`\u002f`);

const WRAPPED: Readonly<Record<string, (line: string) => string>> = {
  "Docker's json-file": (line) => docker(`${line}\n`),
  CRI: (line) => `${AT} stdout F ${line}`,
  'kubectl logs --timestamps': (line) => `${AT} ${line}`,
  'kubectl logs --prefix': (line) => `[pod/web-7c5b9d/nginx] ${line}`,
  'kubectl logs --prefix --timestamps': (line) => `[pod/web-7c5b9d/nginx] ${AT} ${line}`,
  'docker compose logs': (line) => `web-1  | ${line}`,
  rsyslog: (line) => `Nov 30 10:00:00 web1 nginx: ${line}`,
  'rsyslog, time of ISO 8601': (line) => `2026-11-30T10:00:00.123456+00:00 web1 nginx: ${line}`,
  journald: (line) => `Nov 30 10:00:00 web1 nginx[812]: ${line}`,
  'journald -o short-iso': (line) => `2026-11-30T10:00:00+0000 web1 nginx[812]: ${line}`,
  'RFC 3164': (line) => `<190>Nov 30 10:00:00 web1 nginx: ${line}`,
  'RFC 5424': (line) => `<190>1 2026-11-30T10:00:00.123Z web1 nginx 812 - - ${line}`,
};

for (const [name, wrap] of Object.entries(WRAPPED)) {
  for (const line of [LINE, JSON_LINE]) {
    test(`${name} around ${line.startsWith('{') ? 'JSON' : 'combined'} is taken off`, () => {
      const rows = parseLines('auto', [wrap(line), wrap(line)], { spans });
      assert.deepEqual(
        rows.map((row) => [row.reason, row.line, row.spans['request']]),
        [0, 1].map(() => ['parsed', line, 'GET /a HTTP/1.1']),
      );
    });
  }
}

test('a format that has such a prefix of its own is read as it stands', () => {
  const format = '$when stdout F $remote_addr [$time_local] "$request" $status';
  const line = `${AT} stdout F 203.0.113.1 [30/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200`;
  const [row] = parseLines(format, [line], { spans });
  assert.equal(row?.line, line);
  assert.equal(row?.spans['remote_addr'], '203.0.113.1');
});

test('parts are put together, those of the other stream between them are not', () => {
  const cri = (tag: string, text: string) => `${AT} stdout ${tag} ${text}`;
  const rows = parseLines(
    'auto',
    [
      cri('F', LINE),
      cri('P', LINE.slice(0, 40)),
      cri('P', LINE.slice(40, 60)),
      cri('F', LINE.slice(60)),
      cri('F', LINE),
    ],
    { spans },
  );
  assert.deepEqual(
    rows.map(({ line }) => line),
    [LINE, LINE, LINE],
  );
});

test('parts of a line of Docker, wherever the bytes are cut into batches', () => {
  const lines = [
    docker(`${LINE}\n`),
    docker(LINE.slice(0, 50)),
    docker(LINE.slice(50, 60)),
    docker(`${LINE.slice(60)}\n`),
    docker(`${LINE}\n`),
  ];
  for (let cut = 1; cut < lines.length; cut++) {
    const parser = createParser({
      format: 'auto',
      scanner: createScanner({ readBufferBytes: 16 }),
    });
    const rows = [lines.slice(0, cut), lines.slice(cut)].flatMap((some) =>
      parseBytes(parser, toBytes(some.map((line) => `${line}\n`).join('')), { spans }),
    );
    assert.deepEqual(
      rows.map(({ line, reason }) => [line, reason]),
      [0, 1, 2].map(() => [LINE, 'parsed']),
      `cut before line ${cut}`,
    );
  }
});

test("nginx's error log between wrapped lines is left out", () => {
  const error = '2026/11/30 10:00:00 [error] 29#29: *1 open() "/a" failed (2: No such file)';
  const rows = parseLines('auto', [docker(`${error}\n`, 'stderr'), docker(`${LINE}\n`)], { spans });
  assert.deepEqual(
    rows.map(({ line }) => line),
    [LINE],
  );
});

test('a byte order mark is no part of the first line', () => {
  for (const line of [LINE, JSON_LINE]) {
    const [row] = parseLines('auto', [`\xef\xbb\xbf${line}`, line], { spans });
    assert.equal(row?.reason, 'parsed');
    assert.equal(row.line, line);
  }
});
