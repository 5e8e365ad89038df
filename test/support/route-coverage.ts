import { HeavyHitters } from '../../src/aggregate/dimension/heavy-hitters.ts';
import { OTHER_KEY, type KeyTotals } from '../../src/aggregate/dimension/key-totals.ts';
import { tagValue } from '../../src/text/tag-value.ts';
import { createByteHash } from '../../src/wasm/byte-hash.ts';
import { ROUTE_TABLE_BYTES, RouteTable } from '../../src/request/route/route.ts';
import { slotOf } from './slot-of.ts';

export interface RouteCoverage {
  readonly requests: number;
  readonly paths: number;
  readonly templates: number;
  /** Share of the requests that is in a route's own series, over all windows. */
  readonly coverage: number;
  /** Routes that had a series at some time. */
  readonly series: number;
  /** Requests by route, `other` among them, most first. */
  readonly routes: readonly (readonly [route: string, requests: number])[];
}

const WINDOW_S = 60;

/** What MAX_ROUTES routes hold of requests in the order of their time, in windows of a minute. */
export function routeCoverage(
  requests: Iterable<{ readonly timeS: number; readonly target: string }>,
  keptMax = 50,
): RouteCoverage {
  const table = new RouteTable({
    hash: createByteHash(ROUTE_TABLE_BYTES),
    routes: [],
    ignored: [],
    safeName: tagValue,
  });
  const shape = { columns: 1, greatest: [] };
  const options = { keptMax, candidatesMax: 256, windowS: WINDOW_S, shape };
  const hitters = new HeavyHitters(options);
  const encoder = new TextEncoder();
  const counts = new Map<string, number>();
  const paths = new Set<string>();
  const templates = new Set<string>();
  let window: KeyTotals | undefined;
  let all = 0;
  const finish = (totals: KeyTotals) => {
    for (const { name, values } of totals.rows(hitters.isFull)) {
      counts.set(name, (counts.get(name) ?? 0) + values[0]!);
    }
    hitters.close(totals);
  };
  for (const { timeS, target } of requests) {
    const startS = timeS - (timeS % WINDOW_S);
    if (window !== undefined && startS > window.startS) {
      hitters.cross((startS - window.startS) / WINDOW_S, 0);
      finish(window);
      window = undefined;
    }
    window ??= hitters.open(startS);
    const bytes = encoder.encode(target);
    const route = slotOf(table, bytes, 0, bytes.length);
    const name = table.names[route]!;
    const slot = hitters.count('-', name, table.hashes[route]!);
    const at = slot < 0 ? window.otherAt('-') : window.rowAt(slot);
    window.values[at] = window.values[at]! + 1;
    paths.add(target.replace(/\?.*/su, ''));
    templates.add(name);
    all++;
  }
  if (window !== undefined) {
    hitters.cross(1, 0);
    finish(window);
  }
  const routes = [...counts].sort((a, b) => b[1] - a[1]);
  return {
    requests: all,
    paths: paths.size,
    templates: templates.size,
    coverage: 1 - (counts.get(OTHER_KEY) ?? 0) / all,
    series: routes.filter(([name]) => name !== OTHER_KEY).length,
    routes,
  };
}
