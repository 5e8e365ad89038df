import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../support/property.ts';
import type { SealedWindow } from '../../src/aggregate/sealed-window.ts';
import { NOON_S, ROW_BYTES, WindowBench, type Row } from '../support/log-rows.ts';

const SITES = ['a.example', 'b.example', 'c.example', 'd.example', ''];
const WINDOW_S = 10;
const LATENESS_S = 60;

const record = (atS: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc.record({
    atS,
    status: fc.constantFrom(200, 204, 301, 404, 499, 500, 99, 600),
    bytesOut: fc.nat(10_000),
    bytesIn: fc.nat(1000),
    ms: fc.oneof(fc.constant(-1), fc.nat(100_000)),
    site: fc.constantFrom(...SITES),
  });
const unparsed: fc.Arbitrary<Row> = fc.constant({});

/** Lines with their own delay: `shiftS` before or after a time that goes on by `stepS`. */
const lines = fc
  .array(
    fc.record({
      stepS: fc.oneof(fc.nat(3), fc.nat(40)),
      shiftS: fc.integer({ min: -LATENESS_S, max: 0 }),
      row: record(fc.constant(0)),
      isUnparsed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let timeS = NOON_S;
    return steps.map(({ stepS, shiftS, row, isUnparsed }): Row => {
      timeS += stepS;
      return isUnparsed ? {} : { ...row, atS: timeS + shiftS };
    });
  });

/** Cuts for a list: where each next piece ends, as shares of what is left. */
const cuts = fc.array(fc.nat(10), { maxLength: 60 });

function pieces<T>(all: readonly T[], ends: readonly number[]): T[][] {
  const parts: T[][] = [];
  let from = 0;
  for (const length of ends) {
    if (from >= all.length) break;
    parts.push(all.slice(from, from + length));
    from += length;
  }
  if (from < all.length) parts.push(all.slice(from));
  return parts;
}

const TONIGHT_S = NOON_S + 43_200;

function stored(bench: WindowBench): Record<string, unknown> {
  const windows = [...bench.stored.values()].sort((a, b) => a.startS - b.startS);
  return Object.fromEntries(windows.map((window) => [window.startS, sorted(window)]));
}

function sorted(window: SealedWindow): unknown {
  const sites = [...window.sites].sort((a, b) => (a.site < b.site ? -1 : 1));
  return { ...window, sites };
}

/** Reads everything back as at a start, and ends it. */
function readBack(parts: readonly (readonly Row[])[], between: (bench: WindowBench) => void) {
  const bench = new WindowBench({ windowS: WINDOW_S, latenessS: LATENESS_S });
  for (const part of parts) {
    bench.add(part, TONIGHT_S);
    between(bench);
  }
  bench.take('last', bench.windows.newestS ?? NOON_S);
  return bench;
}

test('any cutting into batches, with or without taking what is due in between, gives the same points', () => {
  fc.assert(
    fc.property(lines, cuts, (all, ends) => {
      const whole = readBack([all], () => {});
      const cut = readBack(pieces(all, ends), (bench) => bench.take('catching-up', TONIGHT_S));
      assert.deepEqual(stored(cut), stored(whole));
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('while catching up each window is handed over once, and none twice at the end', () => {
  fc.assert(
    fc.property(lines, cuts, (all, ends) => {
      const bench = readBack(pieces(all, ends), (one) => one.take('catching-up', TONIGHT_S));
      for (const [startS, times] of bench.timesHandedOver) assert.equal(times, 1, String(startS));
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('snapshot and restore at any moment changes nothing', () => {
  const mode = fc.constantFrom('catching-up' as const, 'live' as const, 'caught-up' as const);
  fc.assert(
    fc.property(lines, cuts, fc.array(mode, { minLength: 1 }), (all, ends, modes) => {
      const run = (isRestarted: boolean): WindowBench => {
        const bench = new WindowBench({ windowS: WINDOW_S, latenessS: LATENESS_S, sitesMax: 3 });
        pieces(all, ends).forEach((part, i) => {
          const nowS = NOON_S + 20 * i;
          bench.add(part, nowS);
          if (isRestarted) bench.restart();
          bench.take(modes[i % modes.length] ?? 'live', nowS, {
            unreadBytes: i,
            lagMs: i,
            rotations: i % 2,
            truncations: 0,
          });
          if (isRestarted) bench.restart();
        });
        bench.take('last', NOON_S + 4000);
        return bench;
      };
      const straight = run(false);
      const restarted = run(true);
      assert.deepEqual(stored(restarted), stored(straight));
      assert.deepEqual(restarted.timesHandedOver, straight.timesHandedOver);
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('any order of lines within the lateness gives the same points, and those of an independent count', () => {
  const near = fc.array(record(fc.integer({ min: NOON_S, max: NOON_S + LATENESS_S })), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(near, fc.infiniteStream(fc.nat()), cuts, (all, keys, ends) => {
      const shuffled = all
        .map((row) => ({ row, key: keys.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ row }) => row);
      const one = readBack([all], () => {});
      const other = readBack(pieces(shuffled, ends), () => {});
      assert.equal(other.windows.counters.late, 0);
      assert.deepEqual(stored(other), stored(one));
      for (const [startS, { sites }] of other.stored) {
        for (const totals of sites) {
          const own = all.filter(
            ({ atS = 0, site }) =>
              atS >= startS && atS < startS + WINDOW_S && (site || '-') === totals.site,
          );
          const sum = (value: (row: Row) => number) => own.reduce((n, row) => n + value(row), 0);
          assert.equal(totals.count, own.length);
          assert.equal(
            totals.traffic,
            sum((row) => row.bytesOut ?? 0),
          );
          assert.equal(
            totals.bytesIn,
            sum((row) => row.bytesIn ?? 0),
          );
          assert.equal(
            totals.errors,
            sum(({ status = 0 }) => (status >= 400 ? 1 : 0)),
          );
          assert.equal(
            totals.c499,
            sum(({ status = 0 }) => (status === 499 ? 1 : 0)),
          );
          for (const [i, count] of totals.classes.entries()) {
            const inClass = ({ status = 0 }: Row) => Math.floor(status / 100) === i + 1;
            assert.equal(
              count,
              sum((row) => (inClass(row) ? 1 : 0)),
            );
          }
          const timed = own.filter(({ ms = -1 }) => ms >= 0);
          assert.equal(totals.latency?.count, timed.length);
          assert.equal(
            totals.latency?.sumMs,
            timed.reduce((n, { ms = 0 }) => n + ms, 0),
          );
          assert.equal(totals.latency?.maxMs, Math.max(0, ...timed.map(({ ms = 0 }) => ms)));
        }
      }
    }),
    { numRuns: runsOfSlow(2) },
  );
});

/** What may happen to the windows of a running meter. Times of lines are relative to the clock. */
type Event =
  | { kind: 'lines'; rows: Row[] }
  | { kind: 'pass' | 'jump'; s: number }
  | { kind: 'take'; mode: 'live' | 'caught-up' | 'last' }
  | { kind: 'restart' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('lines' as const),
      rows: fc.array(fc.oneof(record(fc.integer({ min: -150, max: 15 })), unparsed), {
        maxLength: 12,
      }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), s: fc.nat(150) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      mode: fc.constantFrom('live' as const, 'caught-up' as const, 'last' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      s: fc.constantFrom(3600, -3600, 700, -700),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lines' as const),
      rows: fc.array(record(fc.integer({ min: -90_000, max: 90_000 })), { maxLength: 5 }),
    }),
  },
);

/** Plays the events; checks every version of every window against the one before. Returns lines added. */
function play(bench: WindowBench, events: readonly Event[]): number {
  let nowS = NOON_S;
  let added = 0;
  const take = (mode: 'live' | 'caught-up' | 'last') => {
    const before = new Map(bench.stored);
    const starts = bench.take(mode, nowS);
    assert.equal(new Set(starts).size, starts.length, 'a window twice in one go');
    for (const startS of starts) checkGrowth(before.get(startS), bench.window(startS));
  };
  for (const step of events) {
    switch (step.kind) {
      case 'lines':
        bench.add(
          step.rows.map((row) => (row.atS === undefined ? row : { ...row, atS: nowS + row.atS })),
          nowS,
        );
        added += step.rows.length;
        break;
      case 'pass':
      case 'jump':
        nowS += step.s;
        break;
      case 'take':
        take(step.mode);
        break;
      case 'restart':
        bench.restart();
        break;
    }
  }
  // Once for what has a time, and once for the lines that were placed by the clock only then.
  for (let i = 0; i < 2; i++) {
    nowS += 100_000;
    take('caught-up');
  }
  return added;
}

function checkGrowth(before: SealedWindow | undefined, after: SealedWindow): void {
  const { lines: total, counted, unparsed: bad, late, filtered, bytes } = after.agent;
  assert.equal(total, counted + bad + late + filtered);
  assert.equal(bytes, total * ROW_BYTES);
  assert.equal(
    counted,
    after.sites.reduce((sum, { count }) => sum + count, 0),
  );
  for (const { count, classes, errors, latency, site } of after.sites) {
    assert.ok(classes.reduce((a, b) => a + b, 0) <= count && errors <= count);
    assert.equal(
      latency?.bins.reduce((a, b) => a + b, 0),
      latency?.count,
    );
    assert.equal(after.sites.filter((other) => other.site === site).length, 1);
  }
  if (before === undefined) return;
  for (const name of ['lines', 'counted', 'unparsed', 'late', 'filtered', 'bytes'] as const) {
    assert.ok(after.agent[name] >= before.agent[name], `${name} of ${after.startS} shrank`);
  }
  for (const was of before.sites) {
    const is = after.sites.find(({ site }) => site === was.site);
    assert.ok(is !== undefined, `${was.site} of ${after.startS} is gone`);
    assert.ok(is.count >= was.count && is.traffic >= was.traffic && is.errors >= was.errors);
  }
}

test('whatever happens, no window shrinks and every line stands in exactly one', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const bench = new WindowBench({ sitesMax: 2 });
      const added = play(bench, events);
      const { counted, late, filtered } = bench.windows.counters;
      assert.equal(bench.sum('lines'), added);
      assert.ok(counted + late + filtered <= added);
      assert.ok(bench.windows.openWindows <= 200_000 / 10);
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('where points are not rewritten every window is handed over once, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const bench = new WindowBench({ rewrite: 'never' });
      const running = events.filter((step) => step.kind !== 'take' || step.mode !== 'last');
      const added = play(bench, running);
      for (const [startS, times] of bench.timesHandedOver) assert.equal(times, 1, String(startS));
      assert.equal(bench.sum('lines'), added);
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('with any number of sites beyond the limit, the sums over sites are the totals', () => {
  const host = fc.oneof(
    fc.constantFrom('other', '-', 'a\\b', 'a_b', 'a\u0001b', ' a ', 'a'),
    fc.string({ maxLength: 6 }),
    fc.domain(),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(host, fc.nat(90)), { minLength: 1, maxLength: 150 }),
      fc.integer({ min: 1, max: 5 }),
      cuts,
      (hosts, sitesMax, ends) => {
        const bench = new WindowBench({ sitesMax, windowS: 60, latenessS: 3600 });
        const rows = hosts.map(([site, s]) => ({ atS: NOON_S + s, site, bytesOut: 3 }));
        for (const part of pieces(rows, ends)) {
          bench.add(part, TONIGHT_S);
          bench.restart();
        }
        bench.take('last', NOON_S + 90);
        let count = 0;
        let traffic = 0;
        const names = new Set<string>();
        for (const { sites } of bench.stored.values()) {
          for (const totals of sites) {
            names.add(totals.site);
            count += totals.count;
            traffic += totals.traffic;
          }
        }
        assert.equal(count, hosts.length);
        assert.equal(traffic, 3 * hosts.length);
        // The limit, `other` and `-`.
        assert.ok(names.size <= sitesMax + 2, [...names].join());
      },
    ),
    { numRuns: runsOfSlow(2) },
  );
});
