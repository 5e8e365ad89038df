import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOP_LISTS } from '../../../src/aggregate/dimension/top-list-kinds.ts';
import { MEASUREMENTS } from '../../../src/points/schema.ts';
import {
  assertWidth,
  bitsOfNames,
  FilledColumn,
  FILLS_AGENT,
  FILLS_CLIENT,
  FILLS_COUNTRY,
  FILLS_ROUTE,
  FILLS_UPSTREAM_TIME,
  namesOfBits,
} from '../../../src/request/dimension-columns.ts';
import { PROPERTIES, propertyOf } from '../../../src/request/properties.ts';

test('every bit of a row fits its column, and one too many is refused', () => {
  const [all = 0] = new FilledColumn([
    FILLS_ROUTE | FILLS_CLIENT | FILLS_AGENT | ((1 << PROPERTIES.length) - 1),
  ]);
  for (const bits of [FILLS_ROUTE, FILLS_CLIENT, ...PROPERTIES.map((_, i) => 1 << i)])
    assert.equal(all & bits, bits);
  assert.equal(FILLS_AGENT, 1 << propertyOf('agent'));
  assert.throws(() => assertWidth(17, 16), /17 bits do not fit a column of 16/);
});

test('a checkpoint has bits by their names, and what an older program does not know is left out', () => {
  const bits = FILLS_ROUTE | FILLS_COUNTRY | FILLS_UPSTREAM_TIME | 1;
  assert.deepEqual(namesOfBits(bits), ['method', 'route', 'country', 'upstream-time']);
  assert.equal(bitsOfNames([...namesOfBits(bits), 'of-a-later-version']), bits);
});

test('every property and every top list is told of in the schema', () => {
  const meaningOf = (name: string) =>
    MEASUREMENTS.find((one) => one.name === name)?.tags.find(({ name }) => name === 'dim')?.meaning;
  for (const { dim } of PROPERTIES) assert.match(meaningOf('access_log_by') ?? '', new RegExp(dim));
  for (const { dim } of TOP_LISTS) assert.match(meaningOf('access_log_top') ?? '', new RegExp(dim));
});
