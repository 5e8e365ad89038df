/**
 * A summary: what a person looks at for one span of time. One model for the terminal, the page, HTML and
 * JSON, whatever it was made from. docs/summary.md describes its JSON form, which others build on: a
 * change that breaks a reader raises SUMMARY_VERSION.
 *
 * Times are epoch seconds, durations say their unit in their name, sizes are bytes. Text that clients sent
 * (routes, addresses, agents, …) is as they sent it: whoever shows it makes it safe for his medium.
 */
export const SUMMARY_VERSION = 1;

export interface Summary {
  readonly version: typeof SUMMARY_VERSION;
  readonly span: Span;
  readonly origin: Origin;
  readonly totals: Totals;
  readonly timeline: Timeline;
  /** Ascending. */
  readonly statuses: readonly StatusRow[];
  /** Most requests first. */
  readonly sites: readonly SiteRow[];
  readonly routes: Rows<RouteRow>;
  /** Routes with the most 5xx first. */
  readonly failingRoutes: Rows<RouteRow>;
  readonly upstreams: Rows<UpstreamRow>;
  readonly notFound: Rows<KeyRow>;
  readonly clients: Rows<KeyRow>;
  readonly urls: Rows<KeyRow>;
  readonly referers: Rows<KeyRow>;
  readonly userAgents: Rows<KeyRow>;
  /** By `dim` of the properties that the log has: agent, method, proto, cache, tls, country. */
  readonly properties: Readonly<Record<string, readonly ValueRow[]>>;
  readonly gaps: Gaps;
}

/** `[fromS, untilS)`; both 0 where nothing was counted. */
export interface Span {
  readonly fromS: number;
  readonly untilS: number;
}

export interface Origin {
  readonly kind: 'files' | 'history';
  /** Files that were read, or logs of the history. */
  readonly names: readonly string[];
  /** What it is narrowed to. */
  readonly log?: string;
  readonly site?: string;
  /** How long it took to read files. */
  readonly tookMs?: number;
}

export interface Latency {
  /** Requests that have a time. */
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface Totals {
  readonly requests: number;
  /** Mean over the span. */
  readonly perSecond: number;
  /** The busiest step of `stepS` seconds; missing where nothing was counted. */
  readonly peak?: { readonly atS: number; readonly stepS: number; readonly perSecond: number };
  /** 1xx … 5xx. */
  readonly classes: readonly number[];
  readonly traffic: number;
  /** Missing where the log has no times of requests. */
  readonly latency?: Latency;
  /** Distinct addresses, an estimate; missing where the log has none. */
  readonly clients?: { readonly estimate: number; readonly errorShare: number };
  /** Share of requests by bots, 0…1; missing where the log has no agents. */
  readonly botShare?: number;
  readonly lines: Lines;
}

/** `read = counted + unparsed + late + filtered`. */
export interface Lines {
  readonly read: number;
  readonly counted: number;
  readonly unparsed: number;
  readonly late: number;
  readonly filtered: number;
}

export interface Timeline {
  readonly stepS: number;
  /** Steps with requests, ascending. */
  readonly steps: readonly TimelineStep[];
}

export interface TimelineStep {
  readonly startS: number;
  readonly requests: number;
  /** 1xx … 5xx. */
  readonly classes: readonly number[];
  readonly traffic: number;
  readonly latency?: Latency;
}

/** The first rows of a list. */
export interface Rows<T> {
  readonly rows: readonly T[];
  /** Rows that there are besides. */
  readonly more: number;
  /**
   * `exact`; `at-least`: the true counts may be greater, because the list was put together from the
   * first keys of each minute; or by how much a count may be too great at most.
   */
  readonly accuracy: 'exact' | 'at-least' | { readonly tooGreatBy: number };
}

export interface Figures {
  readonly requests: number;
  /** Of all requests, 0…1. */
  readonly share: number;
  readonly errors: number;
  readonly traffic: number;
}

export interface StatusRow {
  /** `404`, or `other`. */
  readonly status: string;
  readonly requests: number;
  readonly share: number;
  readonly traffic: number;
}

export interface SiteRow extends Figures {
  readonly site: string;
}

export interface RouteRow extends Figures {
  readonly site: string;
  readonly route: string;
  /** 1xx … 5xx. */
  readonly classes: readonly number[];
  readonly latency?: Latency;
  /** Of the time that all requests took together, 0…1. */
  readonly timeShare?: number;
}

export interface UpstreamRow {
  readonly upstream: string;
  readonly requests: number;
  readonly share: number;
  /** Requests with a status of ERROR_STATUS_MIN or more, and those of 5xx. */
  readonly errors: number;
  readonly failures: number;
  readonly retries: number;
  readonly latency?: Latency;
}

export interface KeyRow extends Figures {
  readonly site: string;
  readonly key: string;
}

export interface ValueRow extends Figures {
  readonly value: string;
}

/** What the summary cannot tell. */
export interface Gaps {
  /** Lines that do not fit the format, by reason, most first. */
  readonly unparsed: readonly { readonly reason: string; readonly lines: number }[];
  /** One such line, made safe to print. */
  readonly example?: string;
  /** Variables that the log lacks, and what each would add. */
  readonly lacks: readonly { readonly variable: string; readonly adds: string }[];
}
