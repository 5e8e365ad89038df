import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedDimensions } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { DimensionBench, type DimensionBenchOptions } from '../support/dimension-bench.ts';
import { fc, runsOfSlow } from '../support/property.ts';
import { NOON_S } from '../support/log-rows.ts';

/**
 * The same lines in another order, none later than the lateness allows. What has room for all of its
 * keys is the exact count whatever the order; of more keys than there is room for the order chooses
 * which are kept, and the sums stay.
 */
const LATENESS_S = 60;
const DIMENSION_S = 60;
const TONIGHT_S = NOON_S + 43_200;
const NONE_HAS_THEM_ALL: DimensionBenchOptions = {
  routesMax: 3,
  sitesMax: 2,
  latenessS: LATENESS_S,
};
const ALL_HAVE_ROOM: DimensionBenchOptions = { routesMax: 50, sitesMax: 50, latenessS: LATENESS_S };

interface Request {
  readonly host: string;
  readonly ip: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly agent: string;
  readonly ms: number;
  readonly upstream: string;
}
interface Line extends Request {
  readonly timeS: number;
}

const ROUTES: Readonly<Record<string, string>> = {
  '/': '/',
  '/a.css': '/*.css',
  '/cart': '/cart',
  '/users/7': '/users/:id',
  '/users/8': '/users/:id',
  '/users/7/orders': '/users/:id/orders',
  '/blog/a-title-here': '/blog/:id',
};
const AGENTS: Readonly<Record<string, string>> = {
  'curl/8.5.0': 'curl',
  'Wget/1.21': 'wget',
  'Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0': 'firefox',
};

const request: fc.Arbitrary<Request> = fc.record({
  host: fc.constantFrom('a.example', 'b.example', 'c.example', 'd.example'),
  ip: fc.integer({ min: 1, max: 60 }).map((n) => `10.0.0.${n}`),
  method: fc.constantFrom('GET', 'POST', 'BREW'),
  path: fc.constantFrom(...Object.keys(ROUTES)),
  status: fc.constantFrom(200, 204, 301, 404, 499, 502),
  bytes: fc.nat(1000),
  agent: fc.constantFrom(...Object.keys(AGENTS)),
  ms: fc.constantFrom(0, 1, 17, 900, 70_000),
  upstream: fc.constantFrom('10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'),
});

/** Lines in the order of their times, and the same in the order in which they come. */
const orders = fc
  .array(
    fc.record({
      stepS: fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(40) }),
      delayS: fc.integer({ min: 0, max: LATENESS_S }),
      request,
    }),
    { minLength: 1, maxLength: 150 },
  )
  .map((steps) => {
    let timeS = NOON_S;
    const all = steps.map(({ stepS, delayS, request: one }) => {
      timeS += stepS;
      return { comesS: timeS + delayS, line: { ...one, timeS } };
    });
    return {
      inOrder: all.map(({ line }) => line),
      asTheyCome: all.toSorted((a, b) => a.comesS - b.comesS).map(({ line }) => line),
    };
  });
const cuts = fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 60 });

function textOf(line: Line): string {
  const { timeS, host, ip, method, path, status, bytes, agent, ms, upstream } = line;
  return (
    `${host} ${ip} [${new Date(timeS * 1000).toISOString().slice(0, 19)}+00:00] ` +
    `"${method} ${path} HTTP/1.1" ${status} ${bytes} "https://${host}/" "${agent}" ` +
    `${(ms / 1000).toFixed(3)} "${upstream}"`
  );
}

function dimensionsOf(
  lines: readonly Line[],
  options: DimensionBenchOptions,
  ends: readonly number[] = [],
): SealedDimensions[] {
  const bench = new DimensionBench(options);
  let from = 0;
  for (const length of [...ends, Infinity]) {
    if (from >= lines.length) break;
    bench.add(lines.slice(from, from + length).map(textOf), TONIGHT_S);
    bench.take('catching-up', TONIGHT_S);
    from += length;
  }
  bench.windows.endInput();
  bench.take('last', TONIGHT_S);
  return [...bench.stored.values()].sort((a, b) => a.startS - b.startS);
}

type Figures = Record<string, number>;

/** Sums by a name for each part, in the order of the names. */
function summed<T>(
  parts: readonly T[],
  nameOf: (part: T) => string,
  figuresOf: (part: T) => Figures,
): Record<string, Figures> {
  const sums: Record<string, Figures> = {};
  for (const part of parts) {
    const sum = (sums[nameOf(part)] ??= {});
    for (const [field, value] of Object.entries(figuresOf(part))) {
      sum[field] = (sum[field] ?? 0) + value;
    }
  }
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const figures = ({
  count,
  errors,
  traffic,
}: {
  count: number;
  errors: number;
  traffic: number;
}) => ({
  count,
  errors,
  traffic,
});
const figuresOfLine = ({ bytes, status }: Line) => ({
  count: 1,
  errors: status >= 400 ? 1 : 0,
  traffic: bytes,
});
const figuresOfUpstream = ({ count, errors }: { count: number; errors: number }) => ({
  count,
  errors,
});

const PROPERTIES: Readonly<Record<string, (line: Line) => string>> = {
  agent: ({ agent }) => AGENTS[agent] ?? '',
  method: ({ method }) => (method === 'BREW' ? 'OTHER' : method),
  proto: () => 'HTTP/1.1',
  status: ({ status }) => String(status),
};
const KEYS: Readonly<Record<string, (line: Line) => string | undefined>> = {
  ip: ({ ip }) => ip,
  notfound: ({ path, status }) => (status === 404 ? path : undefined),
  referer: ({ host }) => `https://${host}/`,
  ua: ({ agent }) => agent,
  url: ({ path }) => path,
};

/** What a window must hold, counted without anything of src/. */
function exactOf(lines: readonly Line[]) {
  const tops: Record<string, unknown> = {};
  for (const host of [...new Set(lines.map((line) => line.host))].sort()) {
    for (const [dim, keyOf] of Object.entries(KEYS)) {
      const own = lines.filter((line) => line.host === host && keyOf(line) !== undefined);
      const sums = summed(own, (line) => keyOf(line) ?? '', figuresOfLine);
      const ranked = Object.entries(sums).sort(
        ([a, x], [b, y]) => (y['count'] ?? 0) - (x['count'] ?? 0) || (a < b ? -1 : 1),
      );
      if (ranked.length > 0) tops[`${host} ${dim}`] = ranked.slice(0, 10);
    }
  }
  return {
    routes: summed(lines, ({ host, path }) => `${host} ${ROUTES[path] ?? ''}`, figuresOfLine),
    upstreams: summed(
      lines,
      ({ host, upstream }) => `${host} ${upstream}`,
      (line) => figuresOfUpstream(figuresOfLine(line)),
    ),
    properties: summed(
      lines.flatMap((line) =>
        Object.entries(PROPERTIES).map(([dim, valueOf]) => ({
          name: `${line.host} ${dim} ${valueOf(line)}`,
          line,
        })),
      ),
      ({ name }) => name,
      ({ line }) => figuresOfLine(line),
    ),
    tops,
  };
}

function foundIn({ routes, upstreams, properties, tops }: SealedDimensions) {
  const ranked: Record<string, unknown[]> = {};
  for (const top of tops.toSorted((a, b) => a.rank - b.rank)) {
    (ranked[`${top.site} ${top.dim}`] ??= []).push([top.key, figures(top)]);
  }
  return {
    routes: summed(routes, ({ site, route }) => `${site} ${route}`, figures),
    upstreams: summed(upstreams, ({ site, upstream }) => `${site} ${upstream}`, figuresOfUpstream),
    properties: summed(properties, ({ site, dim, value }) => `${site} ${dim} ${value}`, figures),
    tops: ranked,
  };
}

function byWindow(lines: readonly Line[]): Map<number, Line[]> {
  return new Map(
    [...Map.groupBy(lines, ({ timeS }) => timeS - (timeS % DIMENSION_S))].sort(([a], [b]) => a - b),
  );
}

/** Everything but the order of sites, which is that of their first lines. */
function sorted(detail: SealedDimensions) {
  const by = <T>(parts: readonly T[], nameOf: (part: T) => string) =>
    parts.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return {
    ...detail,
    properties: by(detail.properties, ({ site, dim, value }) => `${site} ${dim} ${value}`),
    tops: by(detail.tops, ({ site, dim, rank }) => `${site} ${dim} ${rank + 10}`),
    uniques: by(detail.uniques, ({ site }) => site),
  };
}

test('while all keys have room, every order gives the same points, and they are the exact count', () => {
  fc.assert(
    fc.property(orders, cuts, ({ inOrder, asTheyCome }, ends) => {
      const straight = dimensionsOf(inOrder, ALL_HAVE_ROOM);
      const mixed = dimensionsOf(asTheyCome, ALL_HAVE_ROOM, ends);
      assert.deepEqual(mixed.map(sorted), straight.map(sorted));
      const exact = [...byWindow(inOrder)].map(([startS, own]) => [startS, exactOf(own)]);
      assert.deepEqual(
        mixed.map((detail) => [detail.startS, foundIn(detail)]),
        exact,
      );
    }),
    { numRuns: runsOfSlow(10) },
  );
});

/** The figures of a window that no order may change: those without the names that were chosen. */
function unchanging(detail: SealedDimensions) {
  const { properties, uniques, routes, upstreams } = detail;
  const registers = new Uint8Array(128);
  for (const one of uniques) {
    one.registers.forEach((rank, i) => (registers[i] = Math.max(registers[i] ?? 0, rank)));
  }
  return {
    startS: detail.startS,
    registers,
    properties: summed(properties, ({ dim, value }) => `${dim} ${value}`, figures),
    routes: summed(
      routes,
      () => 'all',
      ({ classes, latency, ...rest }) => ({
        ...figures(rest),
        ...Object.fromEntries(classes.map((count, i) => [`${i + 2}xx`, count])),
        ...Object.fromEntries((latency?.bins ?? []).map((count, i) => [`bin ${i}`, count])),
        times: latency?.count ?? 0,
        sumMs: latency?.sumMs ?? 0,
      }),
    ),
    maxMs: Math.max(...routes.map(({ latency }) => latency?.maxMs ?? 0)),
    upstreams: summed(
      upstreams,
      () => 'all',
      ({ retries, ...rest }) => ({ ...figuresOfUpstream(rest), retries }),
    ),
  };
}

test('with more keys than there is room for, no order changes a sum or the distinct clients', () => {
  let others = 0;
  fc.assert(
    fc.property(orders, cuts, ({ inOrder, asTheyCome }, ends) => {
      const mixed = dimensionsOf(asTheyCome, NONE_HAS_THEM_ALL, ends);
      const straight = dimensionsOf(inOrder, NONE_HAS_THEM_ALL);
      assert.deepEqual(mixed.map(unchanging), straight.map(unchanging));
      const exact = [...byWindow(inOrder)].map(([startS, own]) => [
        startS,
        summed(own, () => 'all', figuresOfLine),
      ]);
      assert.deepEqual(
        mixed.map(({ startS, routes }) => [startS, summed(routes, () => 'all', figures)]),
        exact,
      );
      others += mixed.flatMap(({ routes }) => routes).filter((one) => one.route === 'other').length;
    }),
    { numRuns: runsOfSlow(10) },
  );
  assert.ok(others > 0, 'nothing was ever without room');
});
