import {
  LATENCY_BOUNDS_MS,
  type SealedWindow,
  type SiteTotals,
} from '../../src/aggregate/sealed-window.ts';

/** A window of `sites`; the accounting follows from them. */
export function sealedWindow(
  startS: number,
  sites: readonly SiteTotals[],
  changes: Partial<SealedWindow> = {},
): SealedWindow {
  const counted = sites.reduce((sum, site) => sum + site.count, 0);
  return {
    log: 'access',
    startS,
    windowS: 10,
    sites,
    agent: {
      lines: counted,
      counted,
      unparsed: 0,
      late: 0,
      filtered: 0,
      bytes: counted * 200,
      unreadBytes: 0,
      lagMs: 0,
      rotations: 0,
      truncations: 0,
    },
    ...changes,
  };
}

/** Requests of one site that all took `ms`; without `ms` the format has no times. */
export function siteTotals(site: string, count: number, errors = 0, ms?: number): SiteTotals {
  const bins = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  if (ms !== undefined) {
    const bin = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    bins[bin === -1 ? LATENCY_BOUNDS_MS.length : bin] = count;
  }
  const latency =
    ms === undefined
      ? undefined
      : { count, sumMs: ms * count, maxMs: ms, p50Ms: ms, p95Ms: ms, p99Ms: ms, bins };
  return {
    site,
    count,
    traffic: count * 1000,
    bytesIn: undefined,
    errors,
    classes: [0, count - errors, 0, 0, errors],
    c499: 0,
    latency,
  };
}
