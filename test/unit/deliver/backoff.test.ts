import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, parseRetryAfter } from '../../../src/deliver/backoff.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 0);

test('the ceiling doubles from one second to one minute, and starts anew after a success', () => {
  const backoff = new Backoff(() => 1);
  const delays = Array.from({ length: 9 }, () => backoff.nextDelayMs());
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  backoff.reset();
  assert.equal(backoff.nextDelayMs(), 1_000);
});

test('full jitter: anything from nothing to the ceiling', () => {
  assert.equal(new Backoff(() => 0).nextDelayMs(), 0);
  assert.equal(new Backoff(() => 0.5).nextDelayMs(), 500);
});

test('waits at least as long as the server asked for, at most 15 minutes, spread by a second', () => {
  assert.equal(new Backoff(() => 0).nextDelayMs(7_000), 7_000);
  assert.equal(new Backoff(() => 0.5).nextDelayMs(7_000), 7_500);
  assert.equal(new Backoff(() => 0).nextDelayMs(1e12), 900_000);
  assert.equal(new Backoff(() => 0.5).nextDelayMs(0), 500, '"now" is no reason to knock at once');
});

test('a refusal that needs an operator is asked again after 30 to 60 seconds', () => {
  assert.equal(new Backoff(() => 0).slowDelayMs(), 30_000);
  assert.equal(new Backoff(() => 0.999).slowDelayMs(), 59_970);
});

for (const [header, expectedMs] of [
  ['120', 120_000],
  [' 3 ', 3_000],
  ['0', 0],
  ['99999999999', 900_000],
  ['Fri, 02 Jan 2026 03:05:30 GMT', 90_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['Sat, 02 Jan 2027 03:00:00 GMT', 900_000],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)
  test(`Retry-After ${header} is ${expectedMs} ms`, () => {
    assert.equal(parseRetryAfter(header, NOW_MS), expectedMs);
  });
