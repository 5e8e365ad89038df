import { TopKey, type KeyColumn } from '../../request/keys/top-key.ts';
import type { CountedRows } from './counted-rows.ts';
import { HINT_SLOT_BITS, TopList, type TopListSnapshot } from './top-list.ts';
import type { DimensionSizes, TopListKind } from './top-list-kinds.ts';
import type { TopTotals } from './sealed-dimensions.ts';
import { tagValue } from '../../text/tag-value.ts';

/**
 * One top list of a window for all sites of a log. They share the slots, so memory does not grow with
 * the sites; a site with little traffic beside a busy one may lose keys that would not be among the
 * first ten of the log.
 */

const TOP_RANKS = 10;

/**
 * Lists are numbered so that none takes another's hint for its own; 0 is no list's. After LISTS the numbers
 * come again: a hint that old is found out by the hash of its slot.
 */
const LISTS = 2 ** (32 - HINT_SLOT_BITS);
let lists = 0;

function nextMark(): number {
  lists = Math.max(1, (lists + 1) % LISTS);
  return lists << HINT_SLOT_BITS;
}

export interface SiteTopListSnapshot {
  readonly dim: string;
  readonly list: TopListSnapshot;
  /** Per slot: index of the site. */
  readonly sites: readonly number[];
}

export class SiteTopList {
  readonly kind: TopListKind;
  /** Keys that are handed over. */
  readonly ranks: number;
  readonly #list: TopList;
  readonly #siteOfSlot: Int32Array;
  /** What this list's hints have above the slot. */
  #mark = nextMark();
  readonly #key = new TopKey();

  constructor(kind: TopListKind, sizes: DimensionSizes = { scale: 1, ranks: TOP_RANKS }) {
    const slots = sizes.scale * kind.slots;
    this.kind = kind;
    this.ranks = sizes.ranks;
    this.#list = new TopList(slots);
    this.#siteOfSlot = new Int32Array(slots).fill(-1);
  }

  /** As new, but with the memory it has. */
  clear(): void {
    this.#mark = nextMark();
    this.#list.clear();
    this.#siteOfSlot.fill(-1);
  }

  /**
   * Counts the keys of rows, those that have one. `siteHashes` has a hash per index of a site that
   * differs from site to site.
   */
  count(keys: KeyColumn, rows: CountedRows, siteHashes: Int32Array): void {
    const list = this.#list;
    const { length, at, sites, errors, traffic } = rows;
    for (let i = 0; ; i++) {
      i = list.countRows(i, keys.words.ofRow, this.#mark, rows, siteHashes);
      if (i === length) return;
      const site = sites[i] ?? 0;
      const slot = this.#countKey(keys, at[i] ?? 0, site, siteHashes[site] ?? 0);
      if (slot >= 0) list.addTo(slot, errors[i] ?? 0, traffic[i] ?? 0);
    }
  }

  /** Counts a key by its bytes; its slot, or -1 when it has none. */
  #countKey(keys: KeyColumn, at: number, site: number, siteHash: number): number {
    const key = this.#key;
    keys.read(at, key);
    const { bytes, start, length, low, high } = key;
    if (length === 0) return -1;
    const slot = this.#list.count(bytes, start, length, low ^ siteHash, (high + siteHash) | 0);
    if (slot < 0) return slot;
    this.#siteOfSlot[slot] = site;
    keys.words.hint(keys.found[at] ?? 0, this.#mark | slot);
    return slot;
  }

  /** The first keys of a site. */
  seal(index: number, site: string): TopTotals[] {
    const sites = this.#siteOfSlot;
    const { dim } = this.kind;
    return this.#list
      .top(this.ranks, (slot) => sites[slot] === index)
      .map(({ key, count, countError, errors, traffic }, i) => ({
        site,
        dim,
        rank: i + 1,
        key: tagValue(key),
        count,
        countError,
        errors,
        traffic,
      }));
  }

  snapshot(): SiteTopListSnapshot {
    const list = this.#list.snapshot();
    return { dim: this.kind.dim, list, sites: [...this.#siteOfSlot.subarray(0, list.keys.length)] };
  }

  /** Takes up a snapshot; only on a new instance of the same size. */
  restore({ list, sites }: SiteTopListSnapshot): void {
    this.#list.restore(list);
    this.#siteOfSlot.set(sites.slice(0, this.#siteOfSlot.length));
  }
}
