import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import {
  CACHE_STATES,
  type ClosedSet,
  METHODS,
  PROTOCOLS,
  TLS_VERSIONS,
} from '../../../src/request/closed-set.ts';

function valueOf(set: ClosedSet, text: string): string | undefined {
  const bytes = new TextEncoder().encode(`"${text}"`);
  return set.values[set.find(bytes, 1, bytes.length - 1)];
}

const SETS = { METHODS, PROTOCOLS, TLS_VERSIONS, CACHE_STATES };

for (const [name, set] of Object.entries(SETS)) {
  test(`${name}: its values are found, everything else is OTHER, nothing is -`, () => {
    for (const value of set.values) assert.equal(valueOf(set, value), value);
    for (const value of set.values) {
      assert.equal(valueOf(set, value.replaceAll('/', String.raw`\/`)), value);
    }
    assert.equal(new Set(set.values).size, set.values.length);
    assert.equal(valueOf(set, ''), '-');
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 12 }), (text) => {
        const expected = set.values.includes(text) ? text : 'OTHER';
        assert.equal(valueOf(set, text), expected);
      }),
    );
  });
}

test('a value that is longer, shorter or in other letters is another', () => {
  for (const text of [
    'GE',
    'GETS',
    'get',
    'GET ',
    '\u0016\u0003',
    'PROPFINDER',
    'X'.repeat(1000),
  ]) {
    assert.equal(valueOf(METHODS, text), 'OTHER', text);
  }
});
