import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DimensionBench } from '../../../support/dimension-bench.ts';
import { NOON_S } from '../../../support/log-rows.ts';

const MINUTE_S = 60;
const PLACES = 50;
const NEWCOMER = 561;

function lines(atS: number, status: number, requests: number): string[] {
  const time = `${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00`;
  const line = `a.example 192.0.2.1 [${time}] "GET / HTTP/1.1" ${status} 10 "-" "curl/8" 0.001 "-"`;
  return new Array<string>(requests).fill(line);
}

/** A minute whose statuses have all places, and much later one of a status that takes one. */
function statuses(isRestarted: boolean): [string, number][] {
  const bench = new DimensionBench();
  const laterS = NOON_S + 6 * MINUTE_S;
  const add = (atS: number, status: number, requests: number) =>
    bench.add(lines(atS, status, requests), laterS + 2 * MINUTE_S);
  for (let i = 0; i < PLACES; i++) add(NOON_S, 200 + i, 2);
  add(NOON_S, NEWCOMER, 5);
  add(laterS, NEWCOMER, 40);
  add(laterS + MINUTE_S, 200, 1);
  if (isRestarted) bench.restart();
  bench.take('last', laterS + 2 * MINUTE_S);
  const { properties = [] } = bench.stored.get(NOON_S) ?? {};
  return properties.filter(({ dim }) => dim === 'status').map(({ value, count }) => [value, count]);
}

test('a window that waits to be written shows the same statuses after a restart', () => {
  const straight = statuses(false);
  assert.equal(straight.length, PLACES + 1);
  assert.deepEqual(straight.at(-1), ['other', 5]);
  assert.deepEqual(statuses(true), straight);
});
