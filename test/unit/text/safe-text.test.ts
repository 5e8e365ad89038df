import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeText } from '../../../src/text/safe-text.ts';

test('text of strangers is cut between characters and has no control characters', () => {
  assert.equal(safeText('a\nb\tc\x1b[31m\u0085\u202e\ud800', 100), 'a_b_c_[31m__\ufffd');
  assert.equal(safeText('ä'.repeat(10), 5), 'ää');
  assert.equal(safeText('x'.repeat(9) + '\u{1f600}', 10), 'x'.repeat(9));
});
