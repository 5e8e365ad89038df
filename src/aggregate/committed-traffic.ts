import type { OpenWindowsSnapshot } from './open-windows.ts';
import { Series } from './series.ts';
import { TrafficTotals, type TrafficSnapshot } from './traffic-totals.ts';

/**
 * What a checkpoint says of the traffic of one log. Counters show this and not the moment of the scrape:
 * after a crash the meter goes on from the checkpoint, and a counter that had shown more would fall.
 */
export interface CommittedTraffic {
  readonly log: string;
  /** Undefined: of a checkpoint that kept no totals. */
  readonly closed: TrafficSnapshot | undefined;
  readonly open: OpenWindowsSnapshot;
}

/** Closed windows and open ones together; routes, upstreams and statuses are of closed windows alone. */
export function committedTotals({ closed, open }: CommittedTraffic): TrafficTotals {
  const totals = new TrafficTotals();
  if (closed !== undefined) totals.restore(closed);
  for (const { isOwn, series } of open.windows) {
    if (!isOwn) continue;
    for (const [site, one] of series) totals.addSite(Series.restore(one).seal(site, false, true));
  }
  return totals;
}
