import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { TAG_VALUE_BYTES_MAX, tagValue } from '../../../src/text/tag-value.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 300,
  }),
  fc.string({
    unit: fc.constantFrom('\\', '\n', ' ', '\u202e', '\u0085', 'é', '\u{1f600}', '\ufeff', 'a'),
    maxLength: 300,
  }),
);

test('whatever comes in, a tag value is safe, short, valid UTF-8, not empty and stable', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = tagValue(text);
      assert.notEqual(value, '');
      assert.equal(value, value.trim());
      assert.ok(Buffer.byteLength(value) <= TAG_VALUE_BYTES_MAX);
      assert.equal(Buffer.from(value).toString(), value);
      assert.doesNotMatch(
        value,
        /[\p{Cc}\\\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
      );
      assert.equal(tagValue(value), value);
    }),
  );
});

test('a long name is cut between characters', () => {
  assert.equal(tagValue(`${'x'.repeat(199)}é`), 'x'.repeat(199));
  assert.equal(tagValue(`${'x'.repeat(198)}é`), `${'x'.repeat(198)}é`);
  assert.equal(tagValue('\u{1f600}'.repeat(60)), '\u{1f600}'.repeat(50));
});

test('an ordinary host name stays as it is', () => {
  for (const name of ['example.com', 'xn--bcher-kva.example', '[2001:db8::1]', 'bücher.example']) {
    assert.equal(tagValue(name), name);
  }
  assert.equal(tagValue(''), '-');
  assert.equal(tagValue('\u0000'), '_');
});
