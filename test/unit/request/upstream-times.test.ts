import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastTimeMs } from '../../../src/request/upstream.ts';

const read = (text: string) => {
  const bytes = Buffer.from(`"${text}"`);
  return lastTimeMs(bytes, 1, bytes.length - 1);
};

for (const [text, ms] of [
  ['0.052', 52],
  ['0.100, 0.052', 52],
  ['0.100, 0.052 : 1.300', 1300],
  ['0.100 : -', -1],
  ['-, 0.007', 7],
  ['12', 12_000],
  ['1.5', 1500],
  ['0.0019', 1],
  ['2147483.647', 2_147_483_647],
  ['2147483.648', -1],
  ['99999999999999999999', -1],
  ['', -1],
  ['-', -1],
  ['0.1.2', -1],
  ['1e3', -1],
  ['0.1,0.2', -1],
] as const) {
  test(`the last time of "${text}" is ${ms < 0 ? 'none' : `${ms} ms`}`, () => {
    assert.equal(read(text), ms);
  });
}
