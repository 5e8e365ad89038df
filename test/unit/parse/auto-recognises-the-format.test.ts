import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADVISED_FORMATS } from '../../../src/parse/advice/advised-formats.ts';
import { createParser } from '../../../src/parse/parser.ts';
import { PRESETS } from '../../../src/parse/format/presets.ts';
import { RecordBatch } from '../../../src/parse/record-batch.ts';
import { createScanner, type Scanner } from '../../../src/parse/line/scanner.ts';
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
    const fitting = PRESETS.filter((preset) => {
      const only = createParser({ format: preset.name, scanner });
      return parseBytes(only, bytes)[0]?.reason === 'parsed';
    });
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
  const bytes = toBytes(`${LINES.combined}\n${LINES['combined-time']}\n`.repeat(5000));
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
  assert.equal(rows.length, 10_000);
  assert.ok(scanned < 40_000, `${scanned} lines scanned`);
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
