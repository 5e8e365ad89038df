import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADVISED_FORMATS } from '../../../src/parse/advice/advised-formats.ts';
import { createParser } from '../../../src/parse/parser.ts';
import { PRESETS } from '../../../src/parse/format/presets.ts';
import { RecordBatch } from '../../../src/parse/record-batch.ts';
import { createScanner, type Scanner } from '../../../src/parse/line/scanner.ts';
import { strictFit } from '../../support/strict-fit.ts';
import { batchOf, parseBytes, toBytes } from '../../support/parsed-rows.ts';

const HEAD = '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5';
const COMBINED = `${HEAD} "-" "curl"`;
const TIMES = 'rt=0.043 uct="0.001" uht="0.040" urt="0.042"';
const LINES: Record<(typeof PRESETS)[number]['name'], string> = {
  common: HEAD,
  combined: COMBINED,
  main: `${COMBINED} "-"`,
  'combined-time': `${COMBINED} 0.043`,
  'combined-upstream': `${COMBINED} 0.043 0.001, 0.040`,
  'combined-times': `${COMBINED} ${TIMES}`,
  'main-time': `${COMBINED} "10.0.0.1, 10.0.0.2" 0.043`,
  'main-upstream': `${COMBINED} "-" 0.043 -`,
  'main-times': `${COMBINED} "-" ${TIMES}`,
  'vhost-combined': `example.com:443 ${COMBINED}`,
  'vhost-upstream': `example.com ${COMBINED} "10.0.0.1:80, 10.0.0.2:80"`,
  vhost: `example.com ${COMBINED}`,
  'npm-proxy':
    '[22/Nov/2026:10:00:00 +0000] - 502, 200 200 - GET https example.com "/" [Client 1.2.3.4] ' +
    '[Length 5] [Gzip -] [Sent-to 10.0.0.1] "curl" "-"',
  'npm-standard':
    '[22/Nov/2026:10:00:00 +0000] 301 - GET http example.com "/" [Client 1.2.3.4] ' +
    '[Length 5] [Gzip -] "curl" "-"',
  npmplus:
    '[22/Nov/2026:10:00:00 +0000] shop.example.com 1.2.3.4 0.010 "GET / HTTP/2.0" 200 5 440 - curl',
  'vhost-common': `example.com ${HEAD}`,
  'client-vhost': `1.2.3.4 example.com - - ${HEAD.slice(12)} "-" "curl"`,
  ovh: `1.2.3.4 example.com - ${HEAD.slice(12)} "-" "curl"`,
  gandi: `example.com ${HEAD.replace('] ', '] (0 s) ')} "-" "curl"`,
  datadog: `${HEAD} 0.010 "-" "curl"`,
  seafile: `- 1.2.3.4 ${HEAD.slice(12)} "-" "curl" 0.010, 0.020`,
  jellyfin: `1.2.3.4 media.example.com - - ${HEAD.slice(12)} 80 0.010 0.009 "-" "curl"`,
  amplify:
    `${COMBINED} "-" "example.com" sn="example.com" rt=0.010 ua="10.0.0.1:80" us="200" ` +
    'ut="0.009" ul="5" cs=-',
  bitnami: `${HEAD.replace('200 5', '200  5')} "-" "curl" "-"`,
  alibaba: `${HEAD.replace('200 5', 'example.com:80 200 80 5')} "-" "curl" 0.010 0.009`,
  apisix:
    `${HEAD.replace('"GET', 'example.com "GET')} 0.010 "-" "curl" 10.0.0.1:80 200 0.009 ` +
    '"http://backend/a"',
  kong: `${COMBINED} kong_request_id: "0f0f"`,
  traefik: `${COMBINED} 12 "shop@docker" "http://10.0.0.1:80" 10ms`,
  'ingress-nginx': `${COMBINED} 300 0.043 [shop] [] 10.0.0.1:80 5 0.042 200 0f0f`,
};
const scanner = createScanner({ readBufferBytes: 16 });
const auto = () => createParser({ format: 'auto', scanner });

for (const { name } of PRESETS) {
  test(`${name} is recognised from its first line, and is the only preset it fits`, () => {
    const parser = auto();
    assert.equal(parser.formatName, 'auto');
    const bytes = toBytes(`${LINES[name]}\n`);
    assert.equal(parseBytes(parser, bytes)[0]?.reason, 'parsed');
    assert.equal(parser.formatName, name);
    const fitting = PRESETS.filter((preset) => strictFit(preset.name)(toBytes(LINES[name])));
    assert.deepEqual(
      fitting.map((preset) => preset.name),
      [name],
    );
  });
}

const VALUES: Readonly<Record<string, string>> = {
  request_time: '0.012',
  request_length: '80',
  server_name: 'shop',
  upstream_addr: '10.0.0.1:80',
  upstream_status: '200',
  upstream_response_time: '0.011',
};

for (const { name, text } of PRESETS) {
  test(`a log of ${name} that takes the advice for it goes on being read`, () => {
    const advised = ADVISED_FORMATS.find((format) => format.name === `${name}-meter`);
    assert.ok(advised !== undefined && advised.text.startsWith(text));
    // What is missing, as nginx would write it.
    const tail = advised.text.slice(text.length).replaceAll(/\$(\w+)/gu, (_, variable: string) => {
      const value = VALUES[variable];
      assert.ok(value !== undefined, variable);
      return value;
    });
    const parser = auto();
    const rows = parseBytes(parser, toBytes(`${LINES[name]}\n${LINES[name]}${tail}\n`));
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['parsed', 'parsed'],
    );
    assert.equal(parser.formatName, advised.name);
  });
}

test('a user who begins with a dash does not make a virtual host of the address in front', () => {
  const line = COMBINED.replace(' - - [', ' - - x [');
  assert.notEqual(line, COMBINED);
  const vhost = createParser({ format: 'vhost', scanner });
  assert.equal(parseBytes(vhost, toBytes(`${line}\n`))[0]?.reason, 'shape');
  const parser = auto();
  assert.equal(parseBytes(parser, toBytes(`${line}\n`))[0]?.reason, 'parsed');
  assert.equal(parser.formatName, 'combined');
});

test('lines before the first that fits are unparsed, garbage later changes nothing', () => {
  const parser = auto();
  const rows = parseBytes(
    parser,
    toBytes(`hello\n\n${COMBINED}\nhello\n${COMBINED.replace('200', '-')}\n`),
  );
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['shape', 'empty', 'parsed', 'shape', 'status'],
  );
  assert.equal(parser.formatName, 'combined');
});

test('a changed format is taken up; records of one batch are of one format', () => {
  const parser = auto();
  const lines = [
    'x',
    LINES.combined,
    'x',
    LINES['combined-time'],
    LINES['combined-time'],
    LINES.main,
    '',
  ];
  const batch = batchOf(toBytes(lines.join('\n')));
  const into = new RecordBatch(64);
  const seen: [number, number, string][] = [];
  for (let at = 0; at < batch.end; at = into.consumedTo) {
    parser.parse(batch, at, into);
    seen.push([into.length, into.families, parser.formatName]);
  }
  assert.deepEqual(seen, [
    [3, 0, 'combined'],
    [2, 1, 'combined-time'],
    [1, 0, 'main'],
  ]);
});

test('formats line by line in turn: every line is parsed, and few are scanned twice', () => {
  const bytes = toBytes(`${LINES.combined}\n${LINES['combined-time']}\n`.repeat(1000));
  let scanned = 0;
  const counting: Scanner = {
    readBuffer: scanner.readBuffer,
    shared: scanner.shared,
    quotes: scanner.quotes,
    lines: scanner.lines,
    machine: scanner.machine,
    scan: (...region) => {
      const found = scanner.scan(...region);
      scanned += found;
      return found;
    },
  };
  const rows = parseBytes(createParser({ format: 'auto', scanner: counting }), bytes);
  assert.deepEqual(
    rows.map(({ requestMs, reason }) => requestMs ?? reason),
    rows.map((_, i) => (i % 2 === 0 ? 'parsed' : 43)),
  );
  assert.equal(rows.length, 2000);
  assert.ok(scanned < 8000, `${scanned} lines scanned`);
});

test('resume takes up what a checkpoint remembers, unknown names are ignored', () => {
  const parser = auto();
  parser.resume('no-such-format');
  assert.equal(parser.formatName, 'auto');
  parser.resume('main-time');
  assert.equal(parser.formatName, 'main-time');
  assert.equal(parser.families, 1);
  const fixed = createParser({ format: 'combined', scanner });
  fixed.resume('main');
  assert.equal(fixed.formatName, 'combined');
});

test('how the stream is cut into batches changes nothing', () => {
  const lines = Array.from(
    { length: 200 },
    (_, i) => Object.values(LINES)[(i * i) % 11] ?? 'garbage "',
  );
  const bytes = toBytes(`${lines.join('\n')}\n`);
  const whole = parseBytes(auto(), bytes, { capacity: 1000 });
  for (const capacity of [1, 2, 7, 64])
    assert.deepEqual(parseBytes(auto(), bytes, { capacity }), whole);
});

const at = (second: number) => `[22/Nov/2026:10:00:${String(second).padStart(2, '0')} +0000]`;
const REQUEST = '"GET / HTTP/1.1" 200 5 "-" "curl"';
const readAll = (lines: readonly string[]) => {
  const parser = auto();
  const bytes = toBytes(`${lines.join('\n')}\n`);
  return { rows: parseBytes(parser, bytes, { spans: ['remote_addr'] }), parser };
};
const pairs = (lines: readonly string[]) =>
  readAll(lines).rows.map(({ site, spans }) => [spans['remote_addr'], site]);

test('a client in front of its site is no virtual host', () => {
  const lines = [1, 2, 3].map((i) => `203.0.113.${i} shop.example.com - - ${at(i)} ${REQUEST}`);
  assert.deepEqual(
    pairs(lines),
    [1, 2, 3].map((i) => [`203.0.113.${i}`, 'shop.example.com']),
  );
});

test('what can be neither an address nor a host is neither client nor site', () => {
  for (const two of ['203.0.113.1 forwarded_for=203.0.113.9', 'for=203.0.113.9 203.0.113.1']) {
    const { rows, parser } = readAll([`${two} - - ${at(1)} ${REQUEST}`]);
    assert.equal(rows[0]?.reason, 'shape', two);
    assert.equal(parser.formatName, 'auto');
  }
});

test('of two addresses side by side the one that varies is the client', () => {
  const behind = [1, 2, 3].map((i) => `10.0.0.5 203.0.113.${i} - - ${at(i)} ${REQUEST}`);
  const before = [1, 2, 3].map((i) => `203.0.113.${i} 10.0.0.5 - - ${at(i)} ${REQUEST}`);
  const expected = [1, 2, 3].map((i) => [`203.0.113.${i}`, '10.0.0.5']);
  assert.deepEqual(pairs(behind), expected);
  assert.deepEqual(pairs(before), expected);
});

test('a site asked for by its address does not turn a log of virtual hosts around', () => {
  const lines = ['shop.example.com', '198.51.100.1', 'shop.example.com'].map(
    (host, i) => `${host} 203.0.113.${i} - - ${at(i)} ${REQUEST}`,
  );
  assert.deepEqual(pairs(lines), [
    ['203.0.113.0', 'shop.example.com'],
    ['203.0.113.1', '198.51.100.1'],
    ['203.0.113.2', 'shop.example.com'],
  ]);
});

test('times of upstreams at the end of combined are no request times', () => {
  const times = ['0.009', '-', '0.001, 0.004', '0.001 : 0.002'];
  const { rows, parser } = readAll(
    times.map((time, i) => `${HEAD.replace('00 ', `0${i} `)} "-" "curl" ${time}`),
  );
  assert.deepEqual(
    rows.map(({ reason, requestMs }) => requestMs ?? reason),
    times.map(() => 'parsed'),
  );
  assert.equal(parser.formatName, 'combined-upstream-time');
});

test('each format that was met is named with its lines, that of most lines first', () => {
  const { parser } = readAll([COMBINED, COMBINED, HEAD, COMBINED]);
  assert.deepEqual(
    parser.met.map(({ formatName, lines }) => [formatName, lines]),
    [
      ['combined', 3],
      ['common', 1],
    ],
  );
});

test("nginx's error log gives no row, also where it goes on over lines", () => {
  const error = '2026/11/30 10:00:00 [error] 123#123: *7 open() "/a" failed (2: No such file)';
  const { rows, parser } = readAll([error, 'PHP message: Stack trace:', '#0 {main}', error]);
  assert.equal(rows.length, 0);
  assert.equal(parser.leftOutLines, 4);
});

test('lines of the error log between those of the access log are left out', () => {
  const notice = '2026/11/30 10:00:01 [notice] 1#1: signal process started';
  const { rows, parser } = readAll([COMBINED, notice, COMBINED, 'rubbish']);
  assert.deepEqual(
    rows.map(({ reason }) => reason),
    ['parsed', 'parsed', 'shape'],
  );
  assert.equal(parser.leftOutLines, 1);
});
