import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedDimensions } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { fc, runsOfSlow } from '../support/property.ts';
import { KEPT_VALUES_MAX } from '../../src/aggregate/dimension/property-table.ts';
import { DimensionBench, type DimensionBenchOptions } from '../support/dimension-bench.ts';
import { NOON_S } from '../support/log-rows.ts';

const LATENESS_S = 60;
const TONIGHT_S = NOON_S + 43_200;

interface Made {
  readonly atS: number;
  readonly text: string;
}

const path = fc.oneof(
  fc.constantFrom('/', '/api/users/7', '/api/users/8?token=abc', '/a.css', '/b/c'),
  fc
    .integer({ min: 0, max: 40 })
    .map((n) => `/section-${'abcdefghij'[n % 10]}${'klmno'[n % 5]}/list`),
);

const line = (atS: number): fc.Arbitrary<Made> =>
  fc
    .record({
      host: fc.constantFrom('a.example', 'b.example', 'c.example'),
      ip: fc.integer({ min: 1, max: 90 }),
      method: fc.constantFrom('GET', 'POST', 'BREW'),
      path,
      // More than have a place of their own.
      status: fc.oneof(
        fc.constantFrom(200, 204, 301, 404, 499, 500, 799),
        fc.integer({ min: 100, max: 220 }),
      ),
      bytes: fc.nat(1000),
      agent: fc.constantFrom('curl/8', '-', 'Mozilla/5.0 Firefox/1'),
      ms: fc.constantFrom('-', '0.000', '0.001', '0.017', '70.000'),
      upstream: fc.constantFrom('-', '10.0.0.1:80', '10.0.0.1:80, 10.0.0.2:80'),
    })
    .map(({ host, ip, method, path: target, status, bytes, agent, ms, upstream }) => ({
      atS,
      text:
        `${host} 10.0.0.${ip} [${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00] ` +
        `"${method} ${target} HTTP/1.1" ${status} ${bytes} "-" "${agent}" ${ms} "${upstream}"`,
    }));

/** Lines whose times go on, each with a delay within the lateness. */
const lines = fc
  .array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(60)), fc.integer({ min: -LATENESS_S, max: 0 })), {
    minLength: 1,
    maxLength: 120,
  })
  .chain((steps) => {
    let timeS = NOON_S;
    return fc.tuple(
      ...steps.map(([stepS, shiftS]) => {
        timeS += stepS;
        return line(timeS + shiftS);
      }),
    );
  });
const cuts = fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 60 });

function pieces(all: readonly Made[], ends: readonly number[]): string[][] {
  const parts: string[][] = [];
  let from = 0;
  for (const length of ends) {
    if (from < all.length) parts.push(all.slice(from, from + length).map(({ text }) => text));
    from += length;
  }
  if (from < all.length) parts.push(all.slice(from).map(({ text }) => text));
  return parts;
}

/** By the last number of the address: every third has none, the others more than have a place. */
const countries = {
  version: 1,
  numberOf: (address: string) => {
    const last = Number(address.split('.').at(-1));
    return last % 3 === 0 ? 0 : last;
  },
};
const SMALL: DimensionBenchOptions = {
  routesMax: 3,
  sitesMax: 2,
  latenessS: LATENESS_S,
  countries,
};

function readBack(
  parts: readonly (readonly string[])[],
  options: DimensionBenchOptions,
  between: (bench: DimensionBench) => void,
): DimensionBench {
  const bench = new DimensionBench(options);
  for (const part of parts) {
    bench.add(part, TONIGHT_S);
    between(bench);
  }
  bench.take('last', TONIGHT_S);
  return bench;
}

function stored(bench: DimensionBench): SealedDimensions[] {
  return [...bench.stored.values()].sort((a, b) => a.startS - b.startS);
}

interface Sums {
  count: number;
  traffic: number;
  errors: number;
}
const sumOf = (parts: readonly Sums[]): Sums => ({
  count: parts.reduce((sum, { count }) => sum + count, 0),
  traffic: parts.reduce((sum, { traffic }) => sum + traffic, 0),
  errors: parts.reduce((sum, { errors }) => sum + errors, 0),
});

function checkSums(bench: DimensionBench): void {
  const all = [...bench.stored.values()].flatMap(({ routes }) => routes);
  const counted = [...bench.totals.values()].reduce((sum, { agent }) => sum + agent.counted, 0);
  assert.ok(counted > 0);
  assert.equal(sumOf(all).count, counted);
  for (const detail of bench.stored.values()) {
    const inside = [...bench.totals.values()].filter(
      ({ startS }) => startS >= detail.startS && startS < detail.startS + 60,
    );
    const sites = inside.flatMap((window) => window.sites);
    for (const name of new Set(sites.map(({ site }) => site))) {
      const own = sites.filter(({ site }) => site === name);
      const wanted = sumOf(own);
      const routes = detail.routes.filter(({ site }) => site === name);
      assert.deepEqual(sumOf(routes), wanted, `routes of ${name}`);
      for (const i of [0, 1, 2, 3] as const) {
        assert.equal(
          routes.reduce((sum, { classes }) => sum + classes[i], 0),
          own.reduce((sum, { classes }) => sum + (classes[i + 1] ?? 0), 0),
        );
      }
      for (const field of ['count', 'sumMs'] as const) {
        assert.equal(
          routes.reduce((sum, { latency }) => sum + (latency?.[field] ?? 0), 0),
          own.reduce((sum, { latency }) => sum + (latency?.[field] ?? 0), 0),
        );
      }
      const greatest = (some: readonly { latency: { maxMs: number } | undefined }[]) =>
        Math.max(0, ...some.map(({ latency }) => latency?.maxMs ?? 0));
      assert.equal(greatest(routes), greatest(own));
      for (const dim of ['status', 'method', 'proto', 'agent', 'country']) {
        const values = detail.properties.filter((one) => one.site === name && one.dim === dim);
        assert.deepEqual(sumOf(values), wanted, `${dim} of ${name}`);
      }
      const ips = detail.tops.filter((one) => one.site === name && one.dim === 'ip');
      assert.ok(sumOf(ips).count <= wanted.count);
    }
    for (const dim of ['status', 'country']) {
      const values = detail.properties.filter((one) => one.dim === dim).map(({ value }) => value);
      assert.ok(new Set(values).size <= KEPT_VALUES_MAX + 2, 'no more values than allowed');
    }
    const kept = detail.routes.filter(({ route }) => route !== 'other');
    assert.ok(kept.length <= (SMALL.routesMax ?? 0), 'no more routes than allowed');
  }
}

test('sums over every dimension are the totals, whatever is folded', () => {
  fc.assert(
    fc.property(lines, cuts, (all, ends) => {
      checkSums(
        readBack(pieces(all, ends), SMALL, (bench) => bench.take('catching-up', TONIGHT_S)),
      );
    }),
    { numRuns: runsOfSlow(10) },
  );
});

test('any cutting into batches gives the same points, each window once', () => {
  fc.assert(
    fc.property(lines, cuts, (all, ends) => {
      const whole = readBack([all.map(({ text }) => text)], SMALL, () => {});
      const cut = readBack(pieces(all, ends), SMALL, (bench) =>
        bench.take('catching-up', TONIGHT_S),
      );
      assert.deepEqual(stored(cut), stored(whole));
      for (const times of cut.timesHandedOver.values()) assert.equal(times, 1);
    }),
    { numRuns: runsOfSlow(10) },
  );
});

test('snapshot and restore at any moment changes nothing', () => {
  const mode = fc.constantFrom('catching-up' as const, 'live' as const, 'caught-up' as const);
  fc.assert(
    fc.property(lines, cuts, fc.array(mode, { minLength: 1 }), (all, ends, modes) => {
      const run = (isRestarted: boolean): DimensionBench => {
        const bench = new DimensionBench(SMALL);
        pieces(all, ends).forEach((part, i) => {
          const nowS = NOON_S + 20 * i;
          bench.add(part, nowS);
          if (isRestarted) bench.restart();
          bench.take(modes[i % modes.length] ?? 'live', nowS);
          if (isRestarted) bench.restart();
        });
        bench.take('last', NOON_S + 40_000);
        return bench;
      };
      const straight = run(false);
      const restarted = run(true);
      assert.deepEqual(stored(restarted), stored(straight));
      assert.deepEqual(restarted.timesHandedOver, straight.timesHandedOver);
      checkSums(restarted);
    }),
    { numRuns: runsOfSlow(10) },
  );
});

test('where points are not rewritten every window is handed over once', () => {
  fc.assert(
    fc.property(lines, cuts, (all, ends) => {
      const bench = new DimensionBench({ ...SMALL, rewrite: 'never' });
      let nowS = NOON_S;
      for (const part of pieces(all, ends)) {
        bench.add(part, nowS);
        bench.take('caught-up', nowS);
        nowS += 25;
      }
      bench.take('caught-up', nowS + 100_000);
      for (const times of bench.timesHandedOver.values()) assert.equal(times, 1);
      checkSums(bench);
    }),
    { numRuns: runsOfSlow(10) },
  );
});
