import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { Unescaper } from '../../../src/text/unescaper.ts';

/** The bytes of the result as latin1, or undefined where the value is its own. */
function unescape(value: string, bytesMax = 1000, isRaw = false): string | undefined {
  const unescaper = new Unescaper(bytesMax);
  unescaper.isRaw = isRaw;
  // What stands around the value must not matter.
  const bytes = Buffer.from(`41"${value}"41`, 'latin1');
  if (!unescaper.read(bytes, 3, bytes.length - 3)) return undefined;
  return Buffer.from(unescaper.bytes.subarray(0, unescaper.length)).toString('latin1');
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

const CASES: readonly (readonly [name: string, value: string, sent: string])[] = [
  ["nginx's default", String.raw`a\x22b\x5Cc\x0A\x7F`, 'a"b\\c\n\u007f'],
  ['UTF-8 in it', String.raw`\xC3\xBCber \xF0\x9F\x99\x82`, utf8('über 🙂')],
  ['JSON of nginx', String.raw`a\"b\\c\n\r\t\b\f\u001F`, 'a"b\\c\n\r\t\b\f\u001f'],
  ['JSON of others', String.raw`\/caf\u00e9\/\u65E5`, utf8('/café/日')],
  ['a pair of surrogates', String.raw`\ud83d\ude42!`, utf8('🙂!')],
  ['halves of one', String.raw`\ude42\ud83d\ud83d\u0041`, utf8('\ufffd\ufffd\ufffdA')],
  ['Apache', String.raw`\"\\\v\t\xc3\xa9`, utf8('"\\\v\té')],
  ['an escape is turned back once', String.raw`\x5Cx41 \\u0041 \\\\`, String.raw`\x41 \u0041 \\`],
  [
    'a backslash that begins none',
    String.raw`\q \x4 \u00e \xgg \u12g4`,
    String.raw`\q \x4 \u00e \xgg \u12g4`,
  ],
  ['a backslash at the end', '\\', '\\'],
  ['an escape that is cut at the end', String.raw`a\u00`, String.raw`a\u00`],
];

for (const [name, value, sent] of CASES) {
  test(name, () => {
    assert.equal(unescape(value), sent);
  });
}

test('a value without a backslash is its own result', () => {
  assert.equal(unescape('curl/8 "x"'), undefined);
  assert.equal(unescape(''), undefined);
});

test('with escape=none a backslash is a backslash', () => {
  assert.equal(unescape(String.raw`C:\new\x41`, 1000, true), undefined);
});

test('any text comes back out of the JSON of anybody', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((one) => one.isWellFormed());
  fc.assert(
    fc.property(text, fc.func(fc.boolean()), (sent, isEscaped) => {
      const json = JSON.stringify(sent)
        .slice(1, -1)
        .replaceAll(/./gsu, (character) =>
          character === '/' || (character > '~' && isEscaped(character))
            ? escapeUnits(character)
            : utf8(character),
        );
      assert.equal(unescape(json) ?? json, utf8(sent));
    }),
  );
});

function escapeUnits(character: string): string {
  if (character === '/') return String.raw`\/`;
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

test('whatever the bytes are, no more than the bound is made', () => {
  const piece = fc.constantFrom('\\', 'u', 'x', '0', 'd83d', 'de42', 'é', '"', '\\u', '\\x');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (all, max) => {
      const result = unescape(all.join(''), max) ?? '';
      const whole = unescape(all.join('')) ?? '';
      assert.ok(result.length <= max);
      assert.equal(result, whole.slice(0, result.length));
      assert.ok(result.length === whole.length || result.length === max);
    }),
  );
});
