import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { editDistance, nearestWord } from '../../../src/text/nearest-word.ts';
import { printable } from '../../../src/text/printable.ts';

test('one slip of each kind is one step', () => {
  assert.equal(editDistance('window', 'window'), 0);
  assert.equal(editDistance('window', 'windo'), 1);
  assert.equal(editDistance('window', 'windows'), 1);
  assert.equal(editDistance('window', 'windew'), 1);
  assert.equal(editDistance('window', 'widnow'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('x'.repeat(65), 'x'), Infinity);
});

test('a limit changes no distance within it', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '_'), maxLength: 9 });
  fc.assert(
    fc.property(word, word, fc.nat(9), (a, b, distanceMax) => {
      const distance = editDistance(a, b);
      const expected = distance > distanceMax ? Infinity : distance;
      assert.equal(editDistance(a, b, distanceMax), expected);
    }),
  );
});

test('the nearest word is found within the distance and not beyond it', () => {
  assert.equal(nearestWord('BACKFIL', ['check', 'backfill'], 2), 'backfill');
  assert.equal(nearestWord('zzz', ['check', 'backfill'], 2), undefined);
  assert.equal(nearestWord('a', [], 2), undefined);
});

test('nothing that moves a cursor, reorders text or ends a line is printed', () => {
  assert.equal(printable('plain – text ✓ 日本 🙂 \\x1b'), 'plain – text ✓ 日本 🙂 \\x1b');
  assert.equal(printable('\u001b[31m\r\n\t\u0000'), '\\x1b[31m\\x0d\\x0a\\x09\\x00');
  assert.equal(
    printable('\u009b\u007f\u2028\u202e\u2066\ud800'),
    '\\x9b\\x7f\\u2028\\u202e\\u2066\\ud800',
  );
  assert.equal(printable('abcdef', 3), 'abc…');
});
