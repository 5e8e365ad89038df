import type { SealedWindow } from '../../aggregate/sealed-window.ts';

/**
 * The live summary where there is no terminal: one log line per window handed over. While a log is
 * read back windows come by the hundred, and are one line together.
 */
const SINGLE_MAX = 12;

/** What it needs of a logger; pino's fits. */
export interface WindowLogTarget {
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
}

export function logWindows(
  log: WindowLogTarget,
  level: 'info' | 'debug',
  windows: readonly SealedWindow[],
): void {
  const byName = Map.groupBy(windows, (window) => window.log);
  for (const [name, own] of byName) {
    if (own.length <= SINGLE_MAX) {
      for (const window of own) log[level](windowFigures(window), 'Window written.');
      continue;
    }
    const startsS = own.map((window) => window.startS).sort((a, b) => a - b);
    const details = {
      log: name,
      windows: own.length,
      first: isoTime(startsS[0] ?? 0),
      last: isoTime(startsS.at(-1) ?? 0),
      requests: own.reduce((sum, window) => sum + window.agent.counted, 0),
    };
    log[level](details, 'Windows written.');
  }
}

function windowFigures(window: SealedWindow): object {
  const { log, startS, windowS, sites, agent } = window;
  const count = sites.reduce((sum, site) => sum + site.count, 0);
  const errors = sites.reduce((sum, site) => sum + site.errors, 0);
  const slowest = sites.map((site) => site.latency?.p95Ms ?? 0);
  const hasTimes = sites.some((site) => site.latency !== undefined);
  return {
    log,
    window: isoTime(startS),
    requests: count,
    perSecond: Number((count / windowS).toFixed(1)),
    errors,
    ...(hasTimes ? { p95MsOfSlowestSite: Math.max(...slowest) } : {}),
    traffic: sites.reduce((sum, site) => sum + site.traffic, 0),
    sites: sites.length,
    unparsed: agent.unparsed,
    late: agent.late,
    lagMs: agent.lagMs,
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
