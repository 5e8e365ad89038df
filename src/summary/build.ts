import { COARSE_LATENCY_BOUNDS_MS } from '../aggregate/dimension/sealed-dimensions.ts';
import { LATENCY_BOUNDS_MS } from '../aggregate/sealed-window.ts';
import { estimateOf, FOLDED_RANK_BITS } from '../aggregate/sketch/hyper-log-log.ts';
import { binFieldNames, REGISTER_FIELDS } from '../points/schema.ts';
import { PROPERTIES } from '../request/properties.ts';
import type { MergedKey, MergedPoints, MergedRow } from './merged-points.ts';
import {
  SUMMARY_VERSION,
  type Figures,
  type Gaps,
  type KeyRow,
  type Latency,
  type Lines,
  type Origin,
  type RouteRow,
  type Rows,
  type Span,
  type Summary,
  type Timeline as TimelineModel,
  type Totals,
  type UpstreamRow,
  type ValueRow,
} from './model.ts';
import { latencyOf } from './quantile.ts';
import type { Step, Timeline } from './timeline.ts';

/** What a summary is made from, whatever its origin. */
export interface SummaryParts {
  readonly origin: Origin;
  readonly span: Span;
  /** Requests and times by step; the figures of all requests are its sums. */
  readonly timeline: Timeline;
  /** Everything else, merged over the span. */
  readonly merged: MergedPoints;
  readonly peak: Totals['peak'];
  /** Distinct clients, where that is known better than by the merged registers. */
  readonly clients?: Totals['clients'];
  readonly gaps: Gaps;
  /** Of top lists. */
  readonly accuracy: (dim: string) => Rows<unknown>['accuracy'];
  /** Rows of each list. */
  readonly top: number;
}

/** Steps of the timeline that a person looks at. */
const STEPS_SHOWN_MAX = 240;
/** Round lengths, in seconds. */
export const ROUND_STEPS_S = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  172_800, 604_800,
];
const CLASSES = ['c1xx', 'c2xx', 'c3xx', 'c4xx', 'c5xx'];
const COARSE_BINS = binFieldNames(COARSE_LATENCY_BOUNDS_MS);
/** σ of an estimate from the registers of a point. */
const FOLDED_ERROR = 0.09;

export function buildSummary(parts: SummaryParts): Summary {
  const { origin, span, merged, gaps } = parts;
  const steps = parts.timeline.steps();
  const all = sumOf(steps);
  const routes = routesOf(merged, all);
  const list = (dim: string): Rows<KeyRow> => {
    const keys = merged.tops.filter((key) => key.dim === dim).map((key) => keyRow(key, all.count));
    return firstOf(
      keys.toSorted((a, b) => byRequests(a, b) || byText(a.site, b.site) || byText(a.key, b.key)),
      parts.top,
      parts.accuracy(dim),
    );
  };
  return {
    version: SUMMARY_VERSION,
    span,
    origin,
    totals: totalsOf(parts, all),
    timeline: shownTimeline(parts.timeline, span),
    statuses: valuesOf(merged, 'status', all.count)
      .map(({ value, requests, share, traffic }) => ({ status: value, requests, share, traffic }))
      .toSorted((a, b) => (a.status < b.status ? -1 : 1)),
    sites: sitesOf(merged, all.count),
    routes: firstOf(routes, parts.top, 'exact'),
    failingRoutes: firstOf(
      routes.filter(({ classes }) => (classes[4] ?? 0) > 0).toSorted(byFailures),
      parts.top,
      'exact',
    ),
    upstreams: firstOf(upstreamsOf(merged), parts.top, 'exact'),
    notFound: list('notfound'),
    clients: list('ip'),
    urls: list('url'),
    referers: list('referer'),
    userAgents: list('ua'),
    properties: propertiesOf(merged, all.count),
    gaps,
  };
}

function totalsOf(parts: SummaryParts, all: Sums): Totals {
  const { span, merged, peak } = parts;
  const seconds = Math.max(1, span.untilS - span.fromS);
  const clients = parts.clients ?? mergedClients(merged);
  const bots = botShare(merged);
  return {
    requests: all.count,
    perSecond: all.count / seconds,
    // Of a span that is hardly longer than a step, the mean says it.
    ...(peak === undefined || seconds < 2 * peak.stepS ? {} : { peak }),
    classes: all.classes,
    traffic: all.traffic,
    ...(all.latency === undefined ? {} : { latency: all.latency }),
    ...(clients === undefined ? {} : { clients }),
    ...(bots === undefined ? {} : { botShare: bots }),
    lines: linesOf(merged),
  };
}

interface Sums {
  readonly count: number;
  readonly classes: readonly number[];
  readonly traffic: number;
  readonly latency: Latency | undefined;
}

function sumOf(steps: readonly Step[]): Sums {
  const bins = LATENCY_BOUNDS_MS.map(() => 0).concat(0);
  const classes = CLASSES.map(() => 0);
  let [count, traffic, timed, sumMs, maxMs] = [0, 0, 0, 0, 0];
  for (const step of steps) {
    count += step.count;
    traffic += step.traffic;
    step.classes.forEach((n, i) => (classes[i]! += n));
    timed += step.latency.count;
    sumMs += step.latency.sumMs;
    maxMs = Math.max(maxMs, step.latency.maxMs);
    step.latency.bins.forEach((n, i) => (bins[i]! += n));
  }
  const latency = timed === 0 ? undefined : latencyOf(timed, sumMs, maxMs, bins, LATENCY_BOUNDS_MS);
  return { count, classes, traffic, latency };
}

/** In steps of a round length, of which a screen has room for all. */
function shownTimeline(timeline: Timeline, { fromS, untilS }: Span): TimelineModel {
  const seconds = Math.max(1, untilS - fromS);
  const stepS =
    ROUND_STEPS_S.find(
      (length) => length % timeline.stepS === 0 && seconds / length <= STEPS_SHOWN_MAX,
    ) ?? Math.max(timeline.stepS, ROUND_STEPS_S.at(-1) ?? 1);
  const shown = timeline.inStepsOf(stepS);
  return {
    stepS,
    steps: shown.map(({ startS, count, classes, traffic, latency }) => ({
      startS,
      requests: count,
      classes,
      traffic,
      ...(latency.count === 0
        ? {}
        : {
            latency: latencyOf(
              latency.count,
              latency.sumMs,
              latency.maxMs,
              latency.bins,
              LATENCY_BOUNDS_MS,
            ),
          }),
    })),
  };
}

function linesOf(merged: MergedPoints): Lines {
  const sum = (name: string) =>
    merged.rows('access_log_lines').reduce((lines, { fields }) => lines + (fields[name] ?? 0), 0);
  return {
    read: sum('lines'),
    counted: sum('counted'),
    unparsed: sum('unparsed'),
    late: sum('late'),
    filtered: sum('filtered'),
  };
}

function mergedClients(merged: MergedPoints): Totals['clients'] {
  const rows = merged.rows('access_log_uniq');
  if (rows.length === 0) return undefined;
  const registers = Uint8Array.from(REGISTER_FIELDS, (name) =>
    Math.max(...rows.map(({ fields }) => fields[name] ?? 0)),
  );
  const estimate = Math.round(estimateOf(registers, FOLDED_RANK_BITS));
  return { estimate, errorShare: FOLDED_ERROR };
}

/** Whatever crawls, looks for open doors or checks: not a person. */
function isBot(agentClass: string): boolean {
  return /bot|scanner|monitor|crawler|feed/.test(agentClass);
}

function botShare(merged: MergedPoints): number | undefined {
  const agents = merged.rows('access_log_by').filter(({ tags }) => tags['dim'] === 'agent');
  const sum = (rows: readonly MergedRow[]) =>
    rows.reduce((requests, { fields }) => requests + (fields['count'] ?? 0), 0);
  const all = sum(agents);
  return all === 0 ? undefined : sum(agents.filter(({ tags }) => isBot(tags['value'] ?? ''))) / all;
}

function figuresOf(fields: MergedRow['fields'], all: number): Figures {
  const requests = fields['count'] ?? 0;
  return {
    requests,
    share: share(requests, all),
    errors: fields['errors'] ?? 0,
    traffic: fields['traffic'] ?? 0,
  };
}

const share = (part: number, all: number): number => (all === 0 ? 0 : part / all);

function sitesOf(merged: MergedPoints, all: number) {
  return grouped(merged.rows('access_log'), ['site'])
    .map(({ tags, fields }) => ({ site: tags['site'] ?? '-', ...figuresOf(fields, all) }))
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => byRequests(a, b) || byText(a.site, b.site));
}

function coarse(fields: MergedRow['fields']): { readonly latency?: Latency } {
  const { rt_count: count = 0, rt_sum: sumMs = 0, rt_max: maxMs = 0 } = fields;
  if (count === 0) return {};
  const bins = COARSE_BINS.map((name) => fields[name] ?? 0);
  return { latency: latencyOf(count, sumMs, maxMs, bins, COARSE_LATENCY_BOUNDS_MS) };
}

function routesOf(merged: MergedPoints, all: Sums): RouteRow[] {
  const timeMs = all.latency?.sumMs ?? 0;
  return grouped(merged.rows('access_log_route'), ['site', 'route'])
    .map(({ tags, fields }) => ({
      site: tags['site'] ?? '-',
      route: tags['route'] ?? '-',
      ...figuresOf(fields, all.count),
      classes: CLASSES.map((name) => fields[name] ?? 0),
      ...coarse(fields),
      ...(timeMs === 0 ? {} : { timeShare: share(fields['rt_sum'] ?? 0, timeMs) }),
    }))
    .filter(({ requests }) => requests > 0)
    .toSorted(
      (a, b) =>
        byRequests(a, b) ||
        (b.timeShare ?? 0) - (a.timeShare ?? 0) ||
        byText(a.site, b.site) ||
        byText(a.route, b.route),
    );
}

function upstreamsOf(merged: MergedPoints): UpstreamRow[] {
  const rows = grouped(merged.rows('access_log_upstream'), ['upstream']);
  const all = rows.reduce((requests, { fields }) => requests + (fields['count'] ?? 0), 0);
  return rows
    .map(({ tags, fields }) => ({
      upstream: tags['upstream'] ?? '-',
      requests: fields['count'] ?? 0,
      share: share(fields['count'] ?? 0, all),
      errors: fields['errors'] ?? 0,
      failures: fields['c5xx'] ?? 0,
      retries: fields['retries'] ?? 0,
      ...coarse(fields),
    }))
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => byRequests(a, b) || byText(a.upstream, b.upstream));
}

/** Rows with the same values of these tags, of several logs or sites, as one. */
function grouped(rows: readonly MergedRow[], by: readonly string[]): MergedRow[] {
  const groups = new Map<string, { tags: MergedRow['tags']; fields: Record<string, number> }>();
  for (const { tags, fields } of rows) {
    const id = by.map((name) => tags[name]).join('\u0000');
    const group = groups.get(id) ?? { tags, fields: {} };
    groups.set(id, group);
    for (const [name, value] of Object.entries(fields)) {
      const before = group.fields[name] ?? 0;
      group.fields[name] = name === 'rt_max' ? Math.max(before, value) : before + value;
    }
  }
  return [...groups.values()];
}

function valuesOf(merged: MergedPoints, dim: string, all: number): ValueRow[] {
  const rows = merged.rows('access_log_by').filter(({ tags }) => tags['dim'] === dim);
  return grouped(rows, ['value'])
    .map(({ tags, fields }) => ({ value: tags['value'] ?? '-', ...figuresOf(fields, all) }))
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => byRequests(a, b) || byText(a.value, b.value));
}

function propertiesOf(merged: MergedPoints, all: number): Summary['properties'] {
  const dims = [...PROPERTIES.map(({ dim }) => dim), 'country'];
  const found = dims.map((dim) => [dim, valuesOf(merged, dim, all)] as const);
  return Object.fromEntries(found.filter(([, rows]) => rows.length > 0));
}

function keyRow({ site, key, count, errors, traffic }: MergedKey, all: number): KeyRow {
  return { site, key, requests: count, share: share(count, all), errors, traffic };
}

function firstOf<T>(rows: readonly T[], top: number, accuracy: Rows<T>['accuracy']): Rows<T> {
  return { rows: rows.slice(0, top), more: Math.max(0, rows.length - top), accuracy };
}

function byRequests(a: { readonly requests: number }, b: { readonly requests: number }): number {
  return b.requests - a.requests;
}

/** Order of UTF-16 units, the same on every machine. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byFailures(a: RouteRow, b: RouteRow): number {
  return (b.classes[4] ?? 0) - (a.classes[4] ?? 0);
}
