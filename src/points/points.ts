/**
 * Sealed windows as points, fields in the order of schema.ts. The key of a point depends on the
 * log, the site and the window alone, so a window written again overwrites itself; therefore every
 * write carries all of its fields.
 */
import type {
  AgentTotals,
  LatencyTotals,
  SealedWindow,
  SiteTotals,
} from '../aggregate/sealed-window.ts';
import { LATENCY_BOUNDS_MS } from '../aggregate/sealed-window.ts';
import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import { encodeDimensions } from './dimension-points.ts';
import type { PointGroup, PointSink } from './point-sink.ts';
import type { ProcessTags } from './process-tags.ts';
import { binFieldNames } from './schema.ts';

/** What the process tells of itself in one window; sizes in bytes, differences since the last point. */
export interface MeterTotals {
  /** Seconds since the start. */
  readonly uptimeS: number;
  readonly starts: number;
  readonly points: number;
  readonly writes: number;
  readonly writeErrors: number;
  readonly rejectedPoints: number;
  readonly spoolBytes: number;
  readonly spoolMaxBytes: number;
  readonly spoolAgeMs: number;
  readonly writeMs: number;
  readonly rss: number;
  readonly cpuMs: number;
  readonly series: number;
  readonly folded: number;
  /** Malformed, without room here, or dropped by the system. */
  readonly lostMessages: number;
}

const BIN_NAMES = binFieldNames(LATENCY_BOUNDS_MS);

/** Appends the points of one window. */
export function encodeWindow(window: SealedWindow, tags: ProcessTags, into: PointSink): void {
  for (const site of window.sites) encodeSite(window, site, tags, into);
  into.beginPoint('access_log_lines', { host: tags.host, log: window.log }, tags.extra);
  encodeAgent(window.agent, into);
  into.endPoint(window.startS);
}

/** Appends the process's own point of the window that began at `startS`. */
export function encodeMeter(
  totals: MeterTotals,
  startS: number,
  tags: ProcessTags,
  into: PointSink,
): void {
  into.beginPoint('access_log_meter', { host: tags.host }, tags.extra);
  into.integer('uptime', totals.uptimeS);
  into.integer('starts', totals.starts);
  into.integer('points', totals.points);
  into.integer('writes', totals.writes);
  into.integer('write_errors', totals.writeErrors);
  into.integer('rejected_points', totals.rejectedPoints);
  into.integer('spool_bytes', totals.spoolBytes);
  into.integer('spool_max_bytes', totals.spoolMaxBytes);
  into.integer('spool_age_ms', totals.spoolAgeMs);
  into.integer('write_ms', totals.writeMs);
  into.integer('rss', totals.rss);
  into.integer('cpu_ms', totals.cpuMs);
  into.integer('series', totals.series);
  into.integer('folded', totals.folded);
  into.integer('lost_messages', totals.lostMessages);
  into.endPoint(startS);
}

/** Windows, then dimension windows, each as one group of points. */
export function* pointGroups(
  windows: Iterable<SealedWindow>,
  dimensions: Iterable<SealedDimensions>,
  tags: ProcessTags,
): Generator<PointGroup> {
  for (const window of windows) yield (into) => encodeWindow(window, tags, into);
  for (const sealed of dimensions) yield (into) => encodeDimensions(sealed, tags, into);
}

function encodeSite(
  window: SealedWindow,
  site: SiteTotals,
  tags: ProcessTags,
  into: PointSink,
): void {
  const own = { host: tags.host, log: window.log, site: site.site };
  into.beginPoint('access_log', own, tags.extra);
  into.integer('window', window.windowS);
  into.integer('count', site.count);
  into.integer('traffic', site.traffic);
  if (site.bytesIn !== undefined) into.integer('bytes_in', site.bytesIn);
  into.float('error_rate', ratio(site.errors, site.count));
  into.integer('errors', site.errors);
  const [c1xx, c2xx, c3xx, c4xx, c5xx] = site.classes;
  into.integer('c1xx', c1xx);
  into.integer('c2xx', c2xx);
  into.integer('c3xx', c3xx);
  into.integer('c4xx', c4xx);
  into.integer('c5xx', c5xx);
  into.integer('c499', site.c499);
  if (site.latency !== undefined) encodeLatency(site.latency, into);
  into.endPoint(window.startS);
}

function encodeLatency(latency: LatencyTotals, into: PointSink): void {
  into.integer('rt_count', latency.count);
  into.integer('rt_sum', latency.sumMs);
  into.integer('rt_max', latency.maxMs);
  into.integer('rt_p50', latency.p50Ms);
  into.integer('rt_p95', latency.p95Ms);
  into.integer('rt_p99', latency.p99Ms);
  BIN_NAMES.forEach((name, i) => into.integer(name, latency.bins[i] ?? 0));
}

function encodeAgent(agent: AgentTotals, into: PointSink): void {
  into.integer('lines', agent.lines);
  into.integer('counted', agent.counted);
  into.integer('unparsed', agent.unparsed);
  into.integer('late', agent.late);
  into.integer('filtered', agent.filtered);
  into.integer('bytes', agent.bytes);
  into.integer('unread_bytes', agent.unreadBytes);
  into.integer('lag_ms', agent.lagMs);
  into.integer('rotations', agent.rotations);
  into.integer('truncations', agent.truncations);
}

/** Six significant digits: short, the same on every machine, and never 0 where there was an error. */
function ratio(part: number, whole: number): number {
  return whole > 0 ? Number((part / whole).toPrecision(6)) : 0;
}
