/**
 * Sealed dimension windows as points, fields in the order of schema.ts. As with the totals, the key of a
 * point depends on what it is about alone, and every write carries all of its fields.
 */
import {
  COARSE_LATENCY_BOUNDS_MS,
  type CoarseLatency,
  type PropertyTotals,
  type RouteTotals,
  type SealedDimensions,
  type TopTotals,
  type UniqueTotals,
  type UpstreamTotals,
} from '../aggregate/dimension/sealed-dimensions.ts';
import type { PointSink } from './point-sink.ts';
import type { ProcessTags } from './process-tags.ts';
import { binFieldNames, REGISTER_FIELDS } from './schema.ts';

const BIN_NAMES = binFieldNames(COARSE_LATENCY_BOUNDS_MS);

/** Appends the points of one dimension window. */
export function encodeDimensions(
  dimensions: SealedDimensions,
  { host, extra }: ProcessTags,
  into: PointSink,
): void {
  const { log, startS } = dimensions;
  const point = (
    measurement: string,
    site: string,
    tags: Readonly<Record<string, string>>,
    fields: () => void,
  ): void => {
    into.beginPoint(measurement, { host, log, site, ...tags }, extra);
    fields();
    into.endPoint(startS);
  };
  for (const totals of dimensions.routes) {
    const { site, route } = totals;
    point('access_log_route', site, { route }, () => encodeRoute(totals, into));
  }
  for (const totals of dimensions.upstreams) {
    const { site, upstream } = totals;
    point('access_log_upstream', site, { upstream }, () => encodeUpstream(totals, into));
  }
  for (const totals of dimensions.properties) {
    const { site, dim, value } = totals;
    point('access_log_by', site, { dim, value }, () => encodeProperty(totals, into));
  }
  for (const totals of dimensions.tops) {
    const { site, dim } = totals;
    const rank = String(totals.rank).padStart(2, '0');
    point('access_log_top', site, { dim, rank }, () => encodeTop(totals, into));
  }
  for (const totals of dimensions.uniques) {
    point('access_log_uniq', totals.site, {}, () => encodeUniques(totals, into));
  }
}

function encodeRoute(route: RouteTotals, into: PointSink): void {
  into.integer('count', route.count);
  into.integer('traffic', route.traffic);
  into.integer('errors', route.errors);
  const [c2xx, c3xx, c4xx, c5xx] = route.classes;
  into.integer('c2xx', c2xx);
  into.integer('c3xx', c3xx);
  into.integer('c4xx', c4xx);
  into.integer('c5xx', c5xx);
  if (route.latency !== undefined) encodeLatency(route.latency, into);
}

function encodeUpstream(upstream: UpstreamTotals, into: PointSink): void {
  into.integer('count', upstream.count);
  into.integer('errors', upstream.errors);
  into.integer('c5xx', upstream.classes[3]);
  into.integer('retries', upstream.retries);
  if (upstream.latency !== undefined) encodeLatency(upstream.latency, into);
}

function encodeLatency(latency: CoarseLatency, into: PointSink): void {
  into.integer('rt_count', latency.count);
  into.integer('rt_sum', latency.sumMs);
  into.integer('rt_max', latency.maxMs);
  BIN_NAMES.forEach((name, i) => into.integer(name, latency.bins[i] ?? 0));
}

function encodeProperty(property: PropertyTotals, into: PointSink): void {
  into.integer('count', property.count);
  into.integer('traffic', property.traffic);
  into.integer('errors', property.errors);
}

function encodeTop(top: TopTotals, into: PointSink): void {
  into.string('key', top.key);
  into.integer('count', top.count);
  into.integer('errors', top.errors);
  into.integer('traffic', top.traffic);
}

function encodeUniques(uniques: UniqueTotals, into: PointSink): void {
  into.integer('uniq', uniques.uniq);
  REGISTER_FIELDS.forEach((name, i) => into.integer(name, uniques.registers[i] ?? 0));
}
