/**
 * What the aggregate stage hands to the influx stage: the totals of one tumbling window of one log,
 * taken at one moment. A window may be handed over again, whole, when a later line changed it.
 */

/** Upper bounds of the latency bins in ms (`b_N`: previous bound < time <= N); the last, open bin is `b_inf`. */
export const LATENCY_BOUNDS_MS = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536,
] as const;

export interface LatencyTotals {
  /** Requests that had a $request_time. */
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** The window's own quantiles, never averaged. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** One count per bound of LATENCY_BOUNDS_MS, then the open bin: 33 numbers, not cumulative. */
  readonly bins: readonly number[];
}

export interface SiteTotals {
  /** Tag value as the client or the configuration gave it; the encoder makes it safe. `-` where absent. */
  readonly site: string;
  readonly count: number;
  /** Sum of bytes sent. */
  readonly traffic: number;
  /** Sum of $request_length; undefined where the format cannot tell. */
  readonly bytesIn: number | undefined;
  /** Requests with status >= ERROR_STATUS_MIN. */
  readonly errors: number;
  /** Index 0 = 1xx … 4 = 5xx. Statuses outside 100…599 are in none of them. */
  readonly classes: readonly [number, number, number, number, number];
  /** Status 499, also within 4xx. */
  readonly c499: number;
  /** Undefined where the format has no $request_time. */
  readonly latency: LatencyTotals | undefined;
}

/** The accounting of one window: `lines = counted + unparsed + late + filtered`. */
export interface AgentTotals {
  readonly lines: number;
  readonly counted: number;
  readonly unparsed: number;
  readonly late: number;
  readonly filtered: number;
  readonly bytes: number;
  readonly unreadBytes: number;
  readonly lagMs: number;
  readonly rotations: number;
  readonly truncations: number;
}

export interface SealedWindow {
  readonly log: string;
  /** Window start, epoch seconds, aligned to the epoch. */
  readonly startS: number;
  /** Length in seconds. */
  readonly windowS: number;
  readonly sites: readonly SiteTotals[];
  readonly agent: AgentTotals;
}
