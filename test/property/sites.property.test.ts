import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fc } from '../support/property.ts';
import { NOON_S, WindowBench, type Row } from '../support/log-rows.ts';

const SITES_MAX = 3;
const LATENESS_S = 900;
const DAY_S = 86_400;

/** Lines of a few sites whose traffic comes and goes, among names that are never used again. */
const log = fc
  .array(
    fc.record({
      host: fc.oneof(
        fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'ü', 'a\u0001'),
        fc.nat(5000).map((n) => `made-up-${n}`),
        fc.constantFrom('', '-', 'other'),
      ),
      lines: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
      stepS: fc.oneof(fc.nat(5), fc.nat(90), fc.constantFrom(7200, DAY_S + 61)),
      delayS: fc.nat(LATENESS_S),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((runs) => {
    let timeS = NOON_S;
    return runs.flatMap(({ host, lines, stepS, delayS }): Row[] => {
      timeS += stepS;
      const atS = (i: number) => timeS - (i % 5 === 4 ? delayS : 0);
      return Array.from({ length: lines }, (_, i) => ({ atS: atS(i), site: host, bytesOut: 3 }));
    });
  });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });

function pieces(all: readonly Row[], ends: readonly number[]): Row[][] {
  const parts: Row[][] = [];
  let from = 0;
  for (const length of ends) {
    if (from < all.length) parts.push(all.slice(from, from + length));
    from += length;
  }
  if (from < all.length) parts.push(all.slice(from));
  return parts;
}

function stored(bench: WindowBench): unknown {
  return [...bench.stored.values()]
    .sort((a, b) => a.startS - b.startS)
    .map((window) => ({
      ...window,
      sites: [...window.sites].sort((a, b) => (a.site < b.site ? -1 : 1)),
    }));
}

/** Read back long after the last line, as after an outage. */
function read(
  parts: readonly (readonly Row[])[],
  between: (bench: WindowBench) => void,
): WindowBench {
  const bench = new WindowBench({ sitesMax: SITES_MAX, latenessS: LATENESS_S, windowS: 600 });
  const nowS = NOON_S + 400 * DAY_S;
  for (const part of parts) {
    bench.add(part, nowS);
    between(bench);
  }
  bench.take('last', nowS);
  return bench;
}

/** Logs in which a site lost its place. */
let changes = 0;
after(() => assert.ok(changes > 5, `places changed hands in ${changes} logs only`));

test('who has a series depends on the lines alone: not on batches, not on restarts, not on when windows are written', () => {
  fc.assert(
    fc.property(log, cuts, (all, ends) => {
      const whole = read([all], () => {});
      const cut = read(pieces(all, ends), (bench) => {
        bench.restart();
        bench.take('catching-up', NOON_S + 400 * DAY_S);
        bench.restart();
      });
      assert.deepEqual(stored(cut), stored(whole));
      assert.deepEqual(cut.windows.snapshot().sites, {
        ...whole.windows.snapshot().sites,
        left: cut.windows.snapshot().sites.left,
      });
    }),
  );
});

test('the number of series is bounded at one time and over time, and no line is lost in it', () => {
  fc.assert(
    fc.property(log, cuts, (all, ends) => {
      const names = new Set<string>();
      const bench = read(pieces(all, ends), ({ windows }) => {
        assert.ok(windows.sites.size <= SITES_MAX);
      });
      for (const window of bench.stored.values()) {
        let count = 0;
        for (const { site, count: own, traffic } of window.sites) {
          names.add(site);
          count += own;
          assert.equal(traffic, 3 * own);
        }
        assert.equal(count, window.agent.counted);
      }
      assert.equal(bench.sum('counted') + bench.sum('late'), all.length);
      const times = all.map(({ atS = NOON_S }) => atS);
      const days = (times.reduce((a, b) => Math.max(a, b), 0) - NOON_S) / DAY_S;
      for (const name of ['other', '-']) names.delete(name);
      if (names.size > SITES_MAX) changes++;
      assert.ok(names.size <= 2 * SITES_MAX + Math.ceil(days) * SITES_MAX, [...names].join());
    }),
  );
});
