/**
 * A site of a log, and when the log has named it: from its first line, or from when it got its slot,
 * to a day after its last line it is owed points of zeros.
 */
import { NO_VALUE } from '../../text/tag-value.ts';

/** The object itself is its identity: a window keeps it even when its slot is given away. */
export interface Site {
  /** A tag value, see tag-value.ts. */
  readonly name: string;
  /** Number of its slot, from 1 on; 0: nobody counts its traffic. */
  readonly slot: number;
  /** Event times of its first (or of its getting its slot) and last line since it was last idle. */
  firstSeenS: number;
  lastSeenS: number;
  /** The same of the times before, [first, last, first, last, …], as far as windows may ask for them. */
  before: number[];
}

const ALWAYS = { slot: 0, firstSeenS: -Infinity, lastSeenS: Infinity, before: [] };
export const OTHER_SITE: Site = { name: 'other', ...ALWAYS };
export const NO_SITE: Site = { name: NO_VALUE, ...ALWAYS };
const SITE_IDLE_S = 86_400;

/** JSON form of a site. */
export interface SiteSnapshot {
  readonly name: string;
  readonly firstSeenS: number;
  readonly lastSeenS: number;
  readonly before: readonly number[];
}

export function newSite(name: string, slot: number, timeS: number): Site {
  return { name, slot, firstSeenS: timeS, lastSeenS: timeS, before: [] };
}

export function snapshotOf({ name, firstSeenS, lastSeenS, before }: Site): SiteSnapshot {
  return { name, firstSeenS, lastSeenS, before: [...before] };
}

/** The log has named it at a time outside of what it knows. */
export function see(site: Site, timeS: number): void {
  if (timeS < site.firstSeenS) {
    site.firstSeenS = timeS;
    return;
  }
  if (timeS - site.lastSeenS > SITE_IDLE_S) {
    site.before.push(site.firstSeenS, site.lastSeenS);
    site.firstSeenS = timeS;
  }
  site.lastSeenS = timeS;
}

/** Whether a window owes it a point, as far as lines are concerned that come before the window's end. */
export function isOwed(site: Site, startS: number, windowS: number): boolean {
  const { firstSeenS, lastSeenS, before } = site;
  if (firstSeenS < startS + windowS && lastSeenS >= startS - SITE_IDLE_S) return true;
  for (let i = 0; i + 1 < before.length; i += 2) {
    const [first = 0, last = 0] = [before[i], before[i + 1]];
    if (first < startS + windowS && last >= startS - SITE_IDLE_S) return true;
  }
  return false;
}

/** The log has not named it for a day. */
export function isIdleAt({ lastSeenS }: Site, timeS: number): boolean {
  return lastSeenS < timeS - SITE_IDLE_S;
}

/** Forgets what only windows that begin before `timeS` could ask for. */
export function forgetBefore({ before }: Site, timeS: number): void {
  while ((before[1] ?? Infinity) < timeS - SITE_IDLE_S) before.splice(0, 2);
}
