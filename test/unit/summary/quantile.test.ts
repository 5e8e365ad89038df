import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundOf } from '../../../src/aggregate/latency.ts';
import { LATENCY_BOUNDS_MS } from '../../../src/aggregate/sealed-window.ts';
import { quantileMs } from '../../../src/summary/quantile.ts';

function binsOf(times: readonly number[]): number[] {
  const bins = LATENCY_BOUNDS_MS.map(() => 0).concat(0);
  for (const ms of times) bins[boundOf(ms)]! += 1;
  return bins;
}

test('percentiles of a skewed distribution are off by 5 % at most', () => {
  const times = Array.from({ length: 20_000 }, (_, i) =>
    Math.round(20 * Math.exp(3 * (i / 20_000) ** 2)),
  );
  const sorted = times.toSorted((a, b) => a - b);
  for (const quantile of [0.5, 0.95, 0.99]) {
    const exact = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
    const found = quantileMs(binsOf(times), LATENCY_BOUNDS_MS, sorted.at(-1) ?? 0, quantile);
    assert.ok(
      Math.abs(found - exact) <= Math.max(1, 0.05 * exact),
      `${quantile}: ${found} for ${exact}`,
    );
  }
});

test('one request is its own median, and what lies beyond all bounds is the greatest time', () => {
  assert.equal(quantileMs(binsOf([7]), LATENCY_BOUNDS_MS, 7, 0.5), 7);
  assert.equal(quantileMs(binsOf([90_000]), LATENCY_BOUNDS_MS, 90_000, 0.99), 90_000);
});
