import type { RowFacts } from '../parse/row-facts.ts';
import { FAMILY_TIME } from '../parse/record-batch.ts';
import { FILLS_CLIENT, FILLS_ROUTE } from '../parse/fact-columns.ts';
import type { HeavyHitters } from './heavy-hitters.ts';
import { HyperLogLog, type HyperLogLogSnapshot } from './hyper-log-log.ts';
import { addRequest, addRetries, figuresOf } from './keyed-row.ts';
import { OTHER_KEY, type KeyTotals } from './key-totals.ts';
import { isFoldedStatus, PropertyTable } from './property-table.ts';
import type { SealedDetail, TopTotals } from './sealed-detail.ts';
import { SiteTopList, TOP_RANKS, type SiteTopListSnapshot } from './site-top-list.ts';

/**
 * One detail window of one log: what was counted in it, by route, upstream and property, with its top
 * lists and its distinct clients. Everything in here is a function of the counted lines in their order.
 */

/** Bounds of the top lists: up to so many different keys in a window the figures are exact. */
const TOP_LISTS = [
  ['ip', 512],
  ['url', 512],
  ['referer', 256],
  ['ua', 256],
  ['notfound', 256],
] as const;
const NOT_FOUND = 404;

/** What a window holds by site. */
interface SiteDetail {
  readonly name: string;
  readonly index: number;
  readonly hash: number;
  readonly properties: PropertyTable;
  /** Made with the first client. */
  uniques: HyperLogLog | undefined;
  /** Per top list: ranks that were handed over. */
  readonly ranks: number[];
}

type SiteDetailSnapshot = readonly [
  name: string,
  properties: readonly number[],
  /** Null, which JSON keeps in a list, where no client has been seen. */
  uniques: HyperLogLogSnapshot | null,
  ranks: readonly number[],
];

/** Without the totals of routes and upstreams, which heavy-hitters.ts saves. */
export interface DetailWindowSnapshot {
  readonly startS: number;
  readonly flags: readonly [isDirty: boolean, isOwn: boolean, wasHandedOver: boolean];
  readonly lines: number;
  readonly families: number;
  readonly filled: number;
  readonly sites: readonly SiteDetailSnapshot[];
  readonly tops: readonly SiteTopListSnapshot[];
}

export class DetailWindow {
  readonly startS: number;
  readonly routes: KeyTotals;
  readonly upstreams: KeyTotals;
  /** Changed since it was last handed over. */
  isDirty = false;
  /** Holds a line that was read to be counted, not only lines of a rotated predecessor. */
  isOwn = false;
  wasHandedOver = false;
  lines = 0;
  /** Requests that were added to a value which stands for several. */
  folded = 0;
  /** Which FAMILY_* and FILLS_* the formats of its lines could fill. */
  families = 0;
  filled = 0;
  readonly #tops: readonly SiteTopList[];
  readonly #sites: SiteDetail[] = [];
  readonly #byName = new Map<string, SiteDetail>();
  #lastName: string | undefined;
  #lastSite: SiteDetail | undefined;

  constructor(startS: number, routes: KeyTotals, upstreams: KeyTotals) {
    this.startS = startS;
    this.routes = routes;
    this.upstreams = upstreams;
    this.#tops = TOP_LISTS.map(([dim, slots]) => new SiteTopList(dim, slots));
  }

  /** Counts the row that `facts` has read. `ms` is -1 where the request has no time. */
  count(
    facts: RowFacts,
    siteName: string,
    routeHitters: HeavyHitters,
    upstreamHitters: HeavyHitters,
    status: number,
    errors: number,
    traffic: number,
    ms: number,
  ): void {
    this.isDirty = true;
    this.lines++;
    this.filled |= facts.filled;
    const site = siteName === this.#lastName ? this.#lastSite : this.#siteOf(siteName);
    if (site === undefined) return;
    site.properties.add(facts, status, errors, traffic);
    if (isFoldedStatus(status)) this.folded++;
    if ((facts.filled & FILLS_ROUTE) !== 0) {
      const at = this.#rowAt(this.routes, routeHitters, siteName, facts.route, facts.routeHash);
      addRequest(this.routes.values, at, status, errors, traffic, ms);
    }
    if (facts.upstream !== '') {
      const { upstream, upstreamHash, retries } = facts;
      const at = this.#rowAt(this.upstreams, upstreamHitters, siteName, upstream, upstreamHash);
      addRequest(this.upstreams.values, at, status, errors, traffic, ms);
      addRetries(this.upstreams.values, at, retries);
    }
    this.#countTops(facts, site, status, errors, traffic);
    const { client, agent } = facts;
    if (client.length > 0) {
      const uniques = (site.uniques ??= new HyperLogLog());
      uniques.addPair(client.low, client.high, agent.low, agent.high);
    }
  }

  #rowAt(
    totals: KeyTotals,
    hitters: HeavyHitters,
    site: string,
    name: string,
    hash: number,
  ): number {
    const slot = hitters.count(site, name, hash);
    if (slot < 0 || hitters.kept[slot] === 0) this.folded++;
    return slot < 0 ? totals.otherAt(site) : totals.rowAt(slot);
  }

  #countTops(
    { client, url, referer, agent }: RowFacts,
    { index, hash }: SiteDetail,
    status: number,
    errors: number,
    traffic: number,
  ): void {
    const [ips, urls, referers, agents, notFound] = this.#tops;
    if (client.length > 0) ips?.count(client, index, hash, errors, traffic);
    if (url.length > 0) urls?.count(url, index, hash, errors, traffic);
    if (referer.length > 0) referers?.count(referer, index, hash, errors, traffic);
    if (agent.length > 0) agents?.count(agent, index, hash, errors, traffic);
    if (status === NOT_FOUND && url.length > 0) {
      notFound?.count(url, index, hash, errors, traffic);
    }
  }

  #siteOf(name: string): SiteDetail {
    const site = this.#byName.get(name) ?? this.#addSite(name, new PropertyTable(), undefined, []);
    this.#lastName = name;
    this.#lastSite = site;
    return site;
  }

  #addSite(
    name: string,
    properties: PropertyTable,
    uniques: HyperLogLog | undefined,
    ranks: readonly number[],
  ): SiteDetail {
    const index = this.#sites.length;
    const site = { name, index, hash: hashOf(name), properties, uniques, ranks: [...ranks] };
    this.#sites.push(site);
    this.#byName.set(name, site);
    return site;
  }

  /** The window as it stands; it counts as handed over. */
  seal(log: string): SealedDetail {
    this.isDirty = false;
    this.wasHandedOver = true;
    this.routes.isDirty = false;
    this.upstreams.isDirty = false;
    const hasLatency = (this.families & FAMILY_TIME) !== 0;
    const sites = this.#sites;
    return {
      log,
      startS: this.startS,
      routes: this.routes
        .rows()
        .map(({ site, name, values }) => ({ site, route: name, ...figuresOf(values, hasLatency) })),
      upstreams: this.upstreams.rows().map(({ site, name, values }) => ({
        site,
        upstream: name,
        ...figuresOf(values, hasLatency),
      })),
      properties: sites.flatMap(({ name, properties }) => properties.seal(name, this.filled)),
      tops: sites.flatMap((site) => this.#tops.flatMap((list, i) => this.#sealTop(list, i, site))),
      uniques: sites.flatMap(({ name, uniques }) =>
        uniques === undefined || (this.filled & FILLS_CLIENT) === 0
          ? []
          : [{ site: name, uniq: uniques.estimate(), registers: uniques.folded() }],
      ),
    };
  }

  /**
   * Sites share the slots of a list, so one that has been handed over with ten keys may have fewer
   * now; ranks that are in the database already are written over.
   */
  #sealTop(list: SiteTopList, i: number, { index, name, ranks }: SiteDetail): TopTotals[] {
    const top = list.seal(index, name);
    for (let rank = top.length + 1; rank <= Math.min(ranks[i] ?? 0, TOP_RANKS); rank++) {
      const nothing = { key: OTHER_KEY, count: 0, errors: 0, traffic: 0 };
      top.push({ site: name, dim: list.dim, rank, ...nothing });
    }
    ranks[i] = top.length;
    return top;
  }

  snapshot(): DetailWindowSnapshot {
    return {
      startS: this.startS,
      flags: [
        this.isDirty || this.routes.isDirty || this.upstreams.isDirty,
        this.isOwn,
        this.wasHandedOver,
      ],
      lines: this.lines,
      families: this.families,
      filled: this.filled,
      sites: this.#sites.map(({ name, properties, uniques, ranks }) => [
        name,
        properties.snapshot(),
        uniques?.snapshot() ?? null,
        Array.from(TOP_LISTS, (_, i) => ranks[i] ?? 0),
      ]),
      tops: this.#tops.map((list) => list.snapshot()),
    };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: DetailWindowSnapshot): void {
    [this.isDirty, this.isOwn, this.wasHandedOver] = snapshot.flags;
    this.lines = snapshot.lines;
    this.families = snapshot.families;
    this.filled = snapshot.filled;
    for (const [name, properties, uniques, ranks] of snapshot.sites) {
      const sketch = uniques === null ? undefined : HyperLogLog.restore(uniques);
      this.#addSite(name, PropertyTable.restore(properties), sketch, ranks);
    }
    snapshot.tops.forEach((list, i) => this.#tops[i]?.restore(list));
  }
}

/** FNV-1a over UTF-16 units; sites with one hash would share keys, which only mixes their top lists. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
}
