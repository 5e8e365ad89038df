import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { tagValue } from '../../src/text/tag-value.ts';
import { LineProtocolBuffer, seriesKey } from '../../src/deliver/line-protocol/buffer.ts';
import { type DecodedPoint, decodeLines } from '../support/line-protocol-decoder.ts';

/** Text as strangers send it: any characters, half surrogates, and much of what the format is made of. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      '\\',
      ' ',
      ',',
      '=',
      '"',
      '\n',
      '\r',
      '\0',
      'a',
      'ä',
      '\ud800',
      '\u{1f600}',
      '#',
    ),
    maxLength: 300,
  }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0),
);

function decodeOne(buffer: LineProtocolBuffer): DecodedPoint {
  const points = [...buffer.batches()].flatMap(({ bytes }) => decodeLines(bytes));
  assert.equal(points.length, 1, 'one point is one line');
  return points[0]!;
}

test('nothing in a tag or a string field makes a new line, tag or field', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, anyNumber, (site, log, host, key, number) => {
      const buffer = new LineProtocolBuffer();
      buffer.beginPoint('access_log', { host, log, site }, {});
      buffer.integer('count', number);
      buffer.string('key', key);
      buffer.float('error_rate', number);
      buffer.endPoint(1_795_374_000);
      const point = decodeOne(buffer);
      assert.equal(point.measurement, 'access_log');
      assert.deepEqual(point.tags, [
        ['host', tagValue(host)],
        ['log', tagValue(log)],
        ['site', tagValue(site)],
      ]);
      assert.deepEqual(
        point.fields.map(([name, { type }]) => `${name} ${type}`),
        ['count integer', 'key string', 'error_rate float'],
      );
      assert.equal(point.timestamp, 1_795_374_000n);
      for (const [, value] of point.tags) assert.ok(Buffer.byteLength(value) <= 200);
    }),
  );
});

test('what is harmless comes back as it was', () => {
  const harmless = fc.string({
    unit: fc.constantFrom('a', 'Z', '0', '.', ' ', ',', '=', '"', 'ä', '€'),
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      harmless,
      harmless,
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (tag, text, whole, ratio) => {
        const buffer = new LineProtocolBuffer();
        buffer.beginPoint('m', { t: tag }, {});
        buffer.string('s', `${text}\\`);
        buffer.integer('i', whole);
        buffer.float('f', ratio);
        buffer.endPoint(7);
        const point = decodeOne(buffer);
        assert.equal(point.tags[0]?.[1], tag.trim() || '-');
        assert.deepEqual(point.fields, [
          ['s', { type: 'string', value: `${text}\\` }],
          ['i', { type: 'integer', value: BigInt(whole) }],
          ['f', { type: 'float', value: ratio === 0 ? 0 : ratio }],
        ]);
      },
    ),
  );
});

test('the same tags give the same key in whatever order they come, each name once', () => {
  const tags = fc.dictionary(hostile, hostile, { maxKeys: 6 });
  fc.assert(
    fc.property(tags, fc.integer(), (extra, seed) => {
      const entries = Object.entries(extra);
      const rotated = entries.map((_, i) => entries[(i + Math.abs(seed)) % entries.length]!);
      const own = { host: 'h' };
      const names = new Set(entries.map(([name]) => tagValue(name)));
      // Names that become one are settled by their order, so only distinct ones can be compared.
      fc.pre(names.size === entries.length);
      const key = Buffer.from(seriesKey('m', own, extra)).toString();
      assert.equal(Buffer.from(seriesKey('m', own, Object.fromEntries(rotated))).toString(), key);
      const [point] = decodeLines(Buffer.from(`${key} n=1i 1\n`));
      const read = point!.tags.map(([name]) => name);
      assert.deepEqual(
        read,
        [...read].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      assert.deepEqual(new Set(read), new Set([...names, 'host']));
    }),
  );
});
