import { LATENCY_BOUNDS_MS } from '../sealed-window.ts';

/**
 * What the aggregate stage hands to the influx stage every dimension window: the answers beyond the
 * totals, of one log, taken at one moment. A window may be handed over again, whole.
 *
 * Sites, routes and upstreams are tag values (tag-value.ts) already; keys of top lists are text as
 * clients sent it, which the encoder makes safe.
 */

/** The bounds of routes and upstreams: the powers of two. 17 bounds, then the open bin. */
export const COARSE_LATENCY_BOUNDS_MS = LATENCY_BOUNDS_MS.filter((ms) =>
  Number.isInteger(Math.log2(ms)),
);

/** By the bounds of COARSE_LATENCY_BOUNDS_MS, then the open bin; not cumulative. */
export interface CoarseLatency {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  readonly bins: readonly number[];
}

/** One route of a site. */
export interface RouteTotals {
  readonly site: string;
  readonly route: string;
  readonly count: number;
  readonly traffic: number;
  readonly errors: number;
  /** 2xx … 5xx. */
  readonly classes: readonly [number, number, number, number];
  /** Undefined where the format has no $request_time. */
  readonly latency: CoarseLatency | undefined;
}

/** One upstream server of a site. */
export interface UpstreamTotals {
  readonly site: string;
  readonly upstream: string;
  readonly count: number;
  readonly errors: number;
  /** 2xx … 5xx. */
  readonly classes: readonly [number, number, number, number];
  /** Tries that went on to another server before this one answered. */
  readonly retries: number;
  readonly latency: CoarseLatency | undefined;
}

/** One value of one property. */
export interface PropertyTotals {
  readonly site: string;
  readonly dim: string;
  readonly value: string;
  readonly count: number;
  readonly traffic: number;
  readonly errors: number;
}

/** One place of a top list. */
export interface TopTotals {
  readonly site: string;
  readonly dim: string;
  /** From 1 on. */
  readonly rank: number;
  readonly key: string;
  readonly count: number;
  /** By how much `count` may be too great; 0: it is exact. */
  readonly countError: number;
  readonly errors: number;
  readonly traffic: number;
}

export interface UniqueTotals {
  readonly site: string;
  /** Estimate of the distinct clients. */
  readonly uniq: number;
  readonly registers: Uint8Array;
}

export interface SealedDimensions {
  readonly log: string;
  /** Window start, epoch seconds, aligned to the epoch. */
  readonly startS: number;
  readonly routes: readonly RouteTotals[];
  readonly upstreams: readonly UpstreamTotals[];
  readonly properties: readonly PropertyTotals[];
  readonly tops: readonly TopTotals[];
  readonly uniques: readonly UniqueTotals[];
}
