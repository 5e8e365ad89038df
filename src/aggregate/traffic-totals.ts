import {
  COARSE_LATENCY_BOUNDS_MS,
  type CoarseLatency,
  type SealedDimensions,
} from './dimension/sealed-dimensions.ts';
import { LATENCY_BOUNDS_MS, type SiteTotals } from './sealed-window.ts';

/**
 * What was counted of one log in all its windows that no line can change any more, for counters that go
 * on over restarts. A window is added once, when it is forgotten, so whatever moved into or out of
 * `other` while it was open, no sum here ever falls.
 *
 * Bounds: so many labels of each kind. Once a label is kept it stays kept, or its counter would end; the
 * others share `other` from their first request on.
 */
const SITES_MAX = 256;
const ROUTES_MAX = 1024;
const UPSTREAMS_MAX = 256;
const STATUSES_MAX = 1024;
const OTHER = 'other';

/** 1xx stands at CLASSES + 1; CLASSES + 0 takes statuses outside 100…599. */
const CLASSES = 0;
const CLASSES_END = 6;
const BYTES = 6;
const SITE_LATENCY = 7;
const COUNT = 0;
const UPSTREAM_LATENCY = 1;
/** A latency is a count, a sum in milliseconds, then its bins. */
const LATENCY_HEAD = 2;

/** Plain lists, as JSON keeps them. */
export interface TrafficSnapshot {
  readonly sites: readonly LabelledRow[];
  readonly statuses: readonly LabelledRow[];
  readonly routes: readonly LabelledRow[];
  readonly upstreams: readonly LabelledRow[];
}

type LabelledRow = readonly [site: string, value: string, totals: readonly number[]];

/** Counts by bound, not cumulative; the open bin is the last. */
export interface TrafficLatency {
  readonly count: number;
  readonly sumMs: number;
  readonly boundsMs: readonly number[];
  readonly bins: readonly number[];
}

export interface SiteTraffic {
  readonly site: string;
  /** Index 0: statuses outside 100…599; 1 = 1xx … 5 = 5xx. */
  readonly classes: readonly number[];
  readonly bytes: number;
  readonly latency: TrafficLatency;
}

export interface ValueTraffic {
  readonly site: string;
  readonly value: string;
  readonly count: number;
}

export interface UpstreamTraffic extends ValueTraffic {
  readonly latency: TrafficLatency;
}

export class TrafficTotals {
  readonly #sites = new Labelled(
    SITE_LATENCY + LATENCY_HEAD + LATENCY_BOUNDS_MS.length + 1,
    SITES_MAX,
  );
  readonly #statuses = new Labelled(1, STATUSES_MAX);
  readonly #routes = new Labelled(1, ROUTES_MAX);
  readonly #upstreams = new Labelled(
    UPSTREAM_LATENCY + LATENCY_HEAD + COARSE_LATENCY_BOUNDS_MS.length + 1,
    UPSTREAMS_MAX,
  );

  /** From now on the site has its label, or never. */
  admit(site: string): void {
    this.#sites.labelOf(site, '');
  }

  addSite({ site, count, classes, traffic, latency }: SiteTotals): void {
    const totals = this.#sites.of(site, '');
    let known = 0;
    classes.forEach((requests, i) => {
      add(totals, CLASSES + 1 + i, requests);
      known += requests;
    });
    add(totals, CLASSES, count - known);
    add(totals, BYTES, traffic);
    if (latency !== undefined) addLatency(totals, SITE_LATENCY, latency);
  }

  addDimensions({ routes, upstreams, properties }: SealedDimensions): void {
    for (const { site, route, count } of routes) {
      add(this.#routes.of(this.#siteLabel(site), route), COUNT, count);
    }
    for (const { site, upstream, count, latency } of upstreams) {
      const totals = this.#upstreams.of(this.#siteLabel(site), upstream);
      add(totals, COUNT, count);
      if (latency !== undefined) addLatency(totals, UPSTREAM_LATENCY, latency);
    }
    for (const { site, dim, value, count } of properties) {
      if (dim === 'status') add(this.#statuses.of(this.#siteLabel(site), value), COUNT, count);
    }
  }

  #siteLabel(site: string): string {
    return this.#sites.labelOf(site, '').site;
  }

  get sites(): SiteTraffic[] {
    return this.#sites.all.map(({ site, totals }) => ({
      site,
      classes: [...totals.subarray(CLASSES, CLASSES_END)],
      bytes: totals[BYTES] ?? 0,
      latency: latencyAt(totals, SITE_LATENCY, LATENCY_BOUNDS_MS),
    }));
  }

  get statuses(): ValueTraffic[] {
    return this.#statuses.all.map(counted);
  }

  get routes(): ValueTraffic[] {
    return this.#routes.all.map(counted);
  }

  get upstreams(): UpstreamTraffic[] {
    return this.#upstreams.all.map((label) => ({
      ...counted(label),
      latency: latencyAt(label.totals, UPSTREAM_LATENCY, COARSE_LATENCY_BOUNDS_MS),
    }));
  }

  snapshot(): TrafficSnapshot {
    return {
      sites: this.#sites.snapshot(),
      statuses: this.#statuses.snapshot(),
      routes: this.#routes.snapshot(),
      upstreams: this.#upstreams.snapshot(),
    };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: TrafficSnapshot): void {
    this.#sites.restore(snapshot.sites);
    this.#statuses.restore(snapshot.statuses);
    this.#routes.restore(snapshot.routes);
    this.#upstreams.restore(snapshot.upstreams);
  }
}

interface Label {
  readonly site: string;
  readonly value: string;
  readonly totals: Float64Array;
}

/** Running totals by site and value. */
class Labelled {
  readonly #width: number;
  readonly #max: number;
  readonly #bySite = new Map<string, Map<string, Label>>();
  #size = 0;

  constructor(width: number, max: number) {
    this.#width = width;
    this.#max = max;
  }

  get all(): Label[] {
    return [...this.#bySite.values()].flatMap((labels) => [...labels.values()]);
  }

  of(site: string, value: string): Float64Array {
    return this.labelOf(site, value).totals;
  }

  labelOf(site: string, value: string): Label {
    const known = this.#bySite.get(site)?.get(value);
    if (known !== undefined) return known;
    if (this.#size < this.#max) return this.#add(site, value);
    // Where there is no value, the site is what is counted by.
    const [otherSite, other] = value === '' ? [OTHER, ''] : [site, OTHER];
    return this.#bySite.get(otherSite)?.get(other) ?? this.#add(otherSite, other);
  }

  #add(site: string, value: string): Label {
    const label = { site, value, totals: new Float64Array(this.#width) };
    const labels = this.#bySite.get(site) ?? new Map<string, Label>();
    this.#bySite.set(site, labels.set(value, label));
    this.#size++;
    return label;
  }

  snapshot(): LabelledRow[] {
    return this.all.map(({ site, value, totals }) => [site, value, [...totals]]);
  }

  restore(rows: readonly LabelledRow[]): void {
    for (const [site, value, totals] of rows) {
      this.#add(site, value).totals.set(totals.slice(0, this.#width));
    }
  }
}

function add(totals: Float64Array, at: number, more: number): void {
  totals[at] = (totals[at] ?? 0) + more;
}

function addLatency(totals: Float64Array, at: number, latency: CoarseLatency): void {
  add(totals, at, latency.count);
  add(totals, at + 1, latency.sumMs);
  latency.bins.forEach((requests, i) => add(totals, at + LATENCY_HEAD + i, requests));
}

function latencyAt(totals: Float64Array, at: number, boundsMs: readonly number[]): TrafficLatency {
  const bins = [...totals.subarray(at + LATENCY_HEAD, at + LATENCY_HEAD + boundsMs.length + 1)];
  return { count: totals[at] ?? 0, sumMs: totals[at + 1] ?? 0, boundsMs, bins };
}

function counted({ site, value, totals }: Label): ValueTraffic {
  return { site, value, count: totals[COUNT] ?? 0 };
}
