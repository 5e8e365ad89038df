import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Peak } from '../../../src/summary/peak.ts';
import { Timeline } from '../../../src/summary/timeline.ts';

test('a span of any length takes a bounded number of steps, and nothing is lost', () => {
  const timeline = new Timeline(1);
  const days = 3000;
  for (let day = 0; day < days; day++) {
    timeline.addRequest(day * 86_400, 200 + 100 * (day % 4), 10, day % 2 === 0 ? 5 : -1, 4);
  }
  const steps = timeline.steps();
  assert.ok(timeline.size <= 2000, `${timeline.size} steps`);
  assert.equal(
    steps.reduce((sum, { count }) => sum + count, 0),
    days,
  );
  assert.equal(
    steps.reduce((sum, { traffic }) => sum + traffic, 0),
    10 * days,
  );
  assert.equal(
    steps.reduce((sum, { latency }) => sum + latency.count, 0),
    days / 2,
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((c) => steps.reduce((sum, { classes }) => sum + (classes[c] ?? 0), 0)),
    [750, 750, 750, 750],
  );
});

test('the busiest minute is found in any order, the first of equals', () => {
  const peak = new Peak();
  for (const atS of [86_400 + 61, 59, 60, 119, 86_400 + 60, 0]) peak.add(atS, 1);
  peak.add(600, 1);
  assert.deepEqual(peak.busiest, { atS: 0, stepS: 60, perSecond: 2 / 60 });
  assert.equal(new Peak().busiest, undefined);
});
