import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { explainLine } from '../../src/parse/advice/explain.ts';
import { createParser } from '../../src/parse/parser.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';

const scanner = createScanner({ readBufferBytes: 1 << 16 });
const LINE = '1.2.3.4 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"';

/** Bytes that look like a log more often than chance would have it. */
const bytes = fc
  .array(
    fc.oneof(
      {
        weight: 2,
        arbitrary: fc
          .uint8Array({ maxLength: 80 })
          .map((part) => Buffer.from(part).toString('latin1')),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '\n',
          '"',
          ' ',
          '\r\n',
          '\0',
          '\\',
          '\\"',
          `${LINE}\n`,
          '"'.repeat(70),
        ),
      },
      fc.nat(LINE.length).map((cut) => LINE.slice(0, cut)),
      fc.nat(LINE.length).map((cut) => LINE.slice(cut)),
    ),
    { maxLength: 30 },
  )
  .map((parts) => toBytes(parts.join('')));

test('line ends and quotes are those that a naive scan finds, in the buffer and outside', () => {
  fc.assert(
    fc.property(bytes, fc.nat(70), fc.integer({ min: 1, max: 20 }), (data, offset, linesMax) => {
      const lines: number[] = [];
      const quotes: number[] = [];
      for (const [i, byte] of data.entries()) {
        if (lines.length >= 2 * linesMax) break;
        if (byte === 0x22) quotes.push(i);
        if (byte === 0x0a) lines.push(i, quotes.length);
      }
      const quotesOfLines = quotes.slice(0, lines.at(-1) ?? 0);
      scanner.readBuffer.set(data, offset);
      const inside = scanner.readBuffer.subarray(offset, offset + data.length);
      for (const place of [inside, data]) {
        const found = scanner.scan(place, 0, data.length, linesMax);
        assert.deepEqual([...scanner.lines.subarray(0, 2 * found)], lines);
        assert.deepEqual([...scanner.quotes.subarray(0, quotesOfLines.length)], quotesOfLines);
      }
    }),
  );
});

const formats = [
  'auto',
  'combined',
  'ingress-nginx',
  '$status $http_a|$host $msec',
  'escape=none \'$msec "$request" $status "$http_a"\'',
];

test('any bytes: no exception, one row per line end, the same wherever they lie', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom(...formats),
      fc.integer({ min: 1, max: 9 }),
      (data, format, capacity) => {
        const rows = parseBytes(createParser({ format, scanner }), data, {
          capacity,
          spans: ['request'],
        });
        const lines = Buffer.from(data).toString('latin1').split('\n').slice(0, -1);
        assert.deepEqual(
          rows.map(({ line }) => line),
          lines.map((line) => line.replace(/\r$/, '').replace(/^\0+/, '')),
        );
        scanner.readBuffer.set(data, 3);
        const inside = scanner.readBuffer.subarray(3, 3 + data.length);
        const again = parseBytes(createParser({ format, scanner }), inside, { spans: ['request'] });
        assert.deepEqual(again, rows);
      },
    ),
  );
});

test('an explanation lies within the line, and there is one just for lines that do not parse', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom(...formats.slice(1)), (data, format) => {
      const rows = parseBytes(createParser({ format, scanner }), data);
      for (const { line, reason } of rows) {
        const explanation = explainLine(format, toBytes(line));
        assert.equal(explanation?.reason ?? 'parsed', reason);
        if (explanation === undefined) continue;
        assert.ok(explanation.atByte >= 0 && explanation.atByte <= line.length);
        assert.notEqual(explanation.expected, '');
      }
    }),
  );
});
