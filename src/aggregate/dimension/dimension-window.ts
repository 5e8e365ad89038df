import type { RowDimensions } from '../../request/row-dimensions.ts';
import { KEY_HIGH, KEY_LENGTH, KEY_LOW, KEY_WORDS } from '../../request/keys/key-words.ts';
import { CountedRows } from './counted-rows.ts';
import { FAMILY_TIME } from '../../parse/record-batch.ts';
import {
  bitsOfNames,
  namesOfBits,
  FILLS_CLIENT,
  FILLS_COUNTRY,
  FILLS_ROUTE,
  FILLS_UPSTREAM_TIME,
} from '../../request/dimension-columns.ts';
import type { HeavyHitters } from './heavy-hitters.ts';
import { HyperLogLog } from '../sketch/hyper-log-log.ts';
import { addRequest, addRetries, figuresOf } from './keyed-row.ts';
import { OTHER_KEY, type KeyTotals } from './key-totals.ts';
import type { PropertyTable } from './property-table.ts';
import type { SealedDimensions, TopTotals } from './sealed-dimensions.ts';
import {
  SiteDimensions,
  type DimensionsOfSite,
  type SiteDimensionsSnapshot,
} from './site-dimensions.ts';
import { restoreKept, keptList, type KeptFlags, type KeptValues } from './kept-values.ts';
import type { SiteTopList, SiteTopListSnapshot } from './site-top-list.ts';
import type { TopLists } from './top-lists.ts';

/**
 * One dimension window of one log: what was counted in it, by route, upstream and property, with its top
 * lists and its distinct clients. Everything in here is a function of the counted lines in their order.
 */

const NOTHING = { count: 0, countError: 0, errors: 0, traffic: 0 };
/** Used by one window after the other. */
const selected = new CountedRows();

/** Without the totals of routes and upstreams, which heavy-hitters.ts saves. */
export interface DimensionWindowSnapshot {
  readonly startS: number;
  readonly flags: readonly [isDirty: boolean, isOwn: boolean, wasHandedOver: boolean];
  readonly lines: number;
  readonly families: number;
  /** Names of bits. */
  readonly filled: readonly string[];
  readonly sites: readonly SiteDimensionsSnapshot[];
  readonly kept: readonly [statuses: readonly number[], countries: readonly number[]];
  readonly tops: readonly SiteTopListSnapshot[];
  /** Absent while lines may still change the window. */
  readonly hasOther?: OtherFlags;
}

/** Of each choice: whether some keys may have to go without a series. */
type OtherFlags = readonly [
  routes: boolean,
  upstreams: boolean,
  statuses: boolean,
  countries: boolean,
];

/** What has a series of its own, chosen for the whole log. */
export interface Choices {
  readonly routes: HeavyHitters;
  readonly upstreams: HeavyHitters;
  readonly statuses: KeptValues;
  readonly countries: KeptValues;
}

export class DimensionWindow {
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
  readonly #choices: Choices;
  readonly #keptStatuses: KeptFlags;
  readonly #keptCountries: KeptFlags;
  /** Undefined while lines may change the window. */
  #hasOther: OtherFlags | undefined;
  readonly #topLists: TopLists;
  readonly #tops: readonly SiteTopList[];
  readonly sites = new SiteDimensions();

  /** `routes` and `upstreams` are those of a checkpoint. */
  constructor(
    startS: number,
    choices: Choices,
    topLists: TopLists,
    routes?: KeyTotals,
    upstreams?: KeyTotals,
  ) {
    this.startS = startS;
    this.#choices = choices;
    this.#topLists = topLists;
    this.routes = routes ?? choices.routes.open(startS);
    this.upstreams = upstreams ?? choices.upstreams.open(startS);
    this.#keptStatuses = choices.statuses.open(startS);
    this.#keptCountries = choices.countries.open(startS);
    this.#tops = topLists.take();
  }

  /** Counts rows that `facts` has looked up. */
  count(rows: CountedRows, facts: RowDimensions): void {
    this.isDirty = true;
    this.lines += rows.length;
    this.#countProperties(rows, facts);
    if (facts.hasCountries) this.#countCountries(rows, facts);
    this.#countRoutes(rows, facts, this.#choices.routes);
    if (facts.hasUpstreams) this.#countUpstreams(rows, facts, this.#choices.upstreams);
    this.#countTops(rows, facts);
    if (facts.hasClients) this.#countClients(rows, facts);
  }

  #countProperties(
    { length, at: places, sites, status, errors, traffic }: CountedRows,
    facts: RowDimensions,
  ): void {
    const { filled, properties: columns } = facts.gathered;
    const { statuses } = this.#choices;
    const kept = this.#keptStatuses;
    let properties: PropertyTable | undefined;
    let site = -1;
    for (let i = 0; i < length; i++) {
      const at = places[i] ?? 0;
      const code = status[i] ?? 0;
      this.filled |= filled[at] ?? 0;
      if (!statuses.count(code, kept)) this.folded++;
      if (sites[i] !== site) {
        site = sites[i] ?? 0;
        properties = this.sites.all[site]?.properties;
      }
      properties?.statuses.add(code, errors[i] ?? 0, traffic[i] ?? 0);
      properties?.add(columns, at, errors[i] ?? 0, traffic[i] ?? 0);
    }
  }

  #countCountries(
    { length, at: places, sites, errors, traffic }: CountedRows,
    facts: RowDimensions,
  ): void {
    const { found, countries } = facts.clients;
    const { filled } = facts.gathered;
    for (let i = 0; i < length; i++) {
      const at = places[i] ?? 0;
      if (((filled[at] ?? 0) & FILLS_CLIENT) === 0) continue;
      this.filled |= FILLS_COUNTRY;
      const country = countries[found[at] ?? 0] ?? 0;
      if (country === 0) continue;
      if (!this.#choices.countries.count(country, this.#keptCountries)) this.folded++;
      const { properties } = this.sites.all[sites[i] ?? 0] ?? {};
      properties?.countries.add(country, errors[i] ?? 0, traffic[i] ?? 0);
    }
  }

  #countRoutes(
    rows: CountedRows,
    { gathered, routes }: RowDimensions,
    hitters: HeavyHitters,
  ): void {
    const { length, at: places, sites, status, errors, traffic, ms } = rows;
    const { found, names, hashes } = routes;
    const totals = this.routes;
    for (let i = 0; i < length; i++) {
      const at = places[i] ?? 0;
      if (((gathered.filled[at] ?? 0) & FILLS_ROUTE) === 0) continue;
      const route = found[at] ?? 0;
      const site = this.#nameOf(sites[i] ?? 0);
      const row = this.#rowAt(totals, hitters, site, names[route] ?? '', hashes[route] ?? 0);
      const { values } = totals;
      addRequest(values, row, status[i] ?? 0, errors[i] ?? 0, traffic[i] ?? 0, ms[i] ?? -1);
    }
  }

  #countUpstreams(
    rows: CountedRows,
    { upstreams, gathered }: RowDimensions,
    hitters: HeavyHitters,
  ): void {
    const { hasUpstreamTimes, upstreamMs } = gathered;
    if (hasUpstreamTimes) this.filled |= FILLS_UPSTREAM_TIME;
    const { length, at: places, sites, status, errors, traffic, ms } = rows;
    const { found, names, hashes, retries } = upstreams;
    const totals = this.upstreams;
    for (let i = 0; i < length; i++) {
      const at = places[i] ?? 0;
      const slot = found[at] ?? 0;
      const name = names[slot] ?? '';
      if (name === '') continue;
      const site = this.#nameOf(sites[i] ?? 0);
      const row = this.#rowAt(totals, hitters, site, name, hashes[slot] ?? 0);
      const { values } = totals;
      const took = hasUpstreamTimes ? upstreamMs[at] : ms[i];
      addRequest(values, row, status[i] ?? 0, errors[i] ?? 0, traffic[i] ?? 0, took ?? -1);
      addRetries(values, row, retries[slot] ?? 0);
    }
  }

  #nameOf(site: number): string {
    return this.sites.all[site]?.name ?? '';
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

  #countTops(rows: CountedRows, facts: RowDimensions): void {
    const { hashes } = this.sites;
    for (const list of this.#tops) {
      const { keys, status } = list.kind;
      const column = keys(facts);
      if (column === undefined) continue;
      if (status !== undefined) rows.copyStatus(status, selected);
      const counted = status === undefined ? rows : selected;
      if (counted.length > 0) list.count(column, counted, hashes);
    }
  }

  /** By their addresses alone: whoever changes the agent stays one client. */
  #countClients({ length, at: places, sites }: CountedRows, { clients }: RowDimensions): void {
    const { ofRow: words } = clients.words;
    for (let i = 0; i < length; i++) {
      const at = places[i] ?? 0;
      const word = KEY_WORDS * at;
      if ((words[word + KEY_LENGTH] ?? 0) === 0) continue;
      const site = this.sites.all[sites[i] ?? 0];
      if (site === undefined) continue;
      const uniques = (site.uniques ??= new HyperLogLog());
      uniques.addMixed(words[word + KEY_LOW] ?? 0, words[word + KEY_HIGH] ?? 0);
    }
  }

  get isComplete(): boolean {
    return this.#hasOther !== undefined;
  }

  /**
   * No line will change the window any more. Whether it has an `other` is settled with that, so that it
   * does not depend on when it is handed over.
   */
  complete(): void {
    this.#hasOther = this.#hasOtherNow();
  }

  #hasOtherNow(): OtherFlags {
    const { routes, upstreams, statuses, countries } = this.#choices;
    return [routes.isFull, upstreams.isFull, statuses.isFull, countries.isFull];
  }

  /** The window as it stands; it counts as handed over. */
  seal(log: string): SealedDimensions {
    this.isDirty = false;
    this.wasHandedOver = true;
    this.routes.isDirty = false;
    this.upstreams.isDirty = false;
    const hasLatency = (this.families & FAMILY_TIME) !== 0;
    const sites = this.sites.all;
    const [routes, upstreams, status, country] = this.#hasOther ?? this.#hasOtherNow();
    const statuses = { flags: this.#keptStatuses, hasRest: status };
    const countries = { flags: this.#keptCountries, hasRest: country };
    return {
      log,
      startS: this.startS,
      routes: this.routes
        .rows(routes)
        .map(({ site, name, values }) => ({ site, route: name, ...figuresOf(values, hasLatency) })),
      upstreams: this.upstreams.rows(upstreams).map(({ site, name, values }) => ({
        site,
        upstream: name,
        ...figuresOf(values, hasLatency || (this.filled & FILLS_UPSTREAM_TIME) !== 0),
      })),
      properties: sites.flatMap(({ name, properties }) =>
        properties.totals(name, this.filled, statuses, countries),
      ),
      tops: sites.flatMap((site) => this.#tops.flatMap((list) => this.#sealTop(list, site))),
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
  #sealTop(list: SiteTopList, { index, name, ranks }: DimensionsOfSite): TopTotals[] {
    const { dim } = list.kind;
    const top = list.seal(index, name);
    for (let rank = top.length + 1; rank <= Math.min(ranks[dim] ?? 0, list.ranks); rank++) {
      top.push({ site: name, dim, rank, key: OTHER_KEY, ...NOTHING });
    }
    ranks[dim] = top.length;
    return top;
  }

  snapshot(): DimensionWindowSnapshot {
    return {
      startS: this.startS,
      flags: [
        this.isDirty || this.routes.isDirty || this.upstreams.isDirty,
        this.isOwn,
        this.wasHandedOver,
      ],
      lines: this.lines,
      families: this.families,
      filled: namesOfBits(this.filled),
      sites: this.sites.snapshot(),
      tops: this.#tops.map((list) => list.snapshot()),
      kept: [keptList(this.#keptStatuses), keptList(this.#keptCountries)],
      ...(this.#hasOther === undefined ? {} : { hasOther: this.#hasOther }),
    };
  }

  /** No line will change the window any more, and nobody will ask for it. */
  close(): void {
    this.#topLists.give(this.#tops);
    this.#choices.routes.close(this.routes);
    this.#choices.upstreams.close(this.upstreams);
    this.#choices.statuses.close(this.startS);
    this.#choices.countries.close(this.startS);
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: DimensionWindowSnapshot): void {
    [this.isDirty, this.isOwn, this.wasHandedOver] = snapshot.flags;
    this.lines = snapshot.lines;
    this.families = snapshot.families;
    this.filled = bitsOfNames(snapshot.filled);
    this.sites.restore(snapshot.sites);
    const [statuses, countries] = snapshot.kept;
    restoreKept(this.#keptStatuses, statuses);
    restoreKept(this.#keptCountries, countries);
    this.#hasOther = snapshot.hasOther;
    for (const saved of snapshot.tops) {
      this.#tops.find(({ kind }) => kind.dim === saved.dim)?.restore(saved);
    }
  }
}
