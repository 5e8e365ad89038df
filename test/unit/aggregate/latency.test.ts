import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { LATENCY_BINS, latencyBin, latencyTotals } from '../../../src/aggregate/latency.ts';
import { LATENCY_BOUNDS_MS } from '../../../src/aggregate/sealed-window.ts';

function totalsOf(times: readonly number[]) {
  const bins = new Uint32Array(LATENCY_BINS);
  for (const ms of times) bins[latencyBin(ms)]! += 1;
  const sum = times.reduce((a, b) => a + b, 0);
  return latencyTotals(bins, times.length, sum, Math.max(...times));
}

/** The time of that rank, counted out. */
function nearestRank(times: readonly number[], quantile: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] ?? Number.NaN;
}

const anyTime = fc.oneof(
  fc.nat(4_000_000),
  fc.nat(2000),
  fc.nat(70),
  fc
    .tuple(fc.integer({ min: 0, max: 21 }), fc.integer({ min: -1, max: 1 }))
    .map(([e, d]) => 2 ** e + d),
);
const times = fc.array(anyTime, { minLength: 1, maxLength: 200 });

test('quantiles are within 1.6 % of the exact nearest rank up to 4 million ms, exact up to 64 ms', () => {
  fc.assert(
    fc.property(times, (all) => {
      const totals = totalsOf(all);
      for (const [quantile, is] of [
        [0.5, totals.p50Ms],
        [0.95, totals.p95Ms],
        [0.99, totals.p99Ms],
      ] as const) {
        const exact = nearestRank(all, quantile);
        if (exact <= 64) assert.equal(is, exact);
        else assert.ok(Math.abs(is - exact) <= 0.016 * exact, `${is} for ${exact}`);
        assert.ok(is <= totals.maxMs);
      }
    }),
  );
});

test('the 33 bins equal an independent count', () => {
  fc.assert(
    fc.property(times, (all) => {
      let lower = -1;
      const expected = [...LATENCY_BOUNDS_MS, Infinity].map((upper) => {
        const count = all.filter((ms) => ms > lower && ms <= upper).length;
        lower = upper;
        return count;
      });
      assert.deepEqual(totalsOf(all).bins, expected);
    }),
  );
});

test('every millisecond up to the end of the range lies in a bin, and bins never go back', () => {
  let last = -1;
  for (let ms = 0; ms < 2 ** 22 + 1000; ms++) {
    const bin = latencyBin(ms);
    if (bin !== last && bin !== last + 1) assert.fail(`${ms} ms: bin ${bin} after ${last}`);
    last = bin;
  }
  assert.equal(last, LATENCY_BINS - 1);
  assert.equal(latencyBin(2 ** 31 - 1), LATENCY_BINS - 1);
});

test('beyond the range the quantile is the greatest time', () => {
  assert.equal(totalsOf([5, 2 ** 31 - 1]).p99Ms, 2 ** 31 - 1);
});

test('no request with a time: zeros', () => {
  const { count, p50Ms, bins } = latencyTotals(undefined, 0, 0, 0);
  assert.deepEqual([count, p50Ms, bins.length, Math.max(...bins)], [0, 0, 33, 0]);
});
