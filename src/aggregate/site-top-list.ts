import type { TopKey } from '../parse/top-key.ts';
import { TopList, type TopListSnapshot } from './top-list.ts';
import type { TopTotals } from './sealed-detail.ts';

/**
 * One top list of a window for all sites of a log. They share the slots, so memory does not grow with
 * the sites; a site with little traffic beside a busy one may lose keys that would not be among the
 * first ten of the log.
 */

export const TOP_RANKS = 10;

/** Ids beyond it have no hint. */
const HINTS = 16_384;

export interface SiteTopListSnapshot {
  readonly list: TopListSnapshot;
  /** Per slot: index of the site. */
  readonly sites: readonly number[];
}

export class SiteTopList {
  readonly dim: string;
  readonly #list: TopList;
  readonly #siteOfSlot: Int32Array;
  /** Slot + 1 where a key of that id was found last; saves time and nothing else. */
  #hints = new Int16Array(0);

  /** `slotsMax` must be a power of two, at least 16. */
  constructor(dim: string, slotsMax: number) {
    this.dim = dim;
    this.#list = new TopList(slotsMax);
    this.#siteOfSlot = new Int32Array(slotsMax).fill(-1);
  }

  /** Counts a key once; `site` is any index, `siteHash` a hash that differs from site to site. */
  count(key: TopKey, site: number, siteHash: number, errors: number, traffic: number): void {
    const low = key.low ^ siteHash;
    const high = (key.high + siteHash) | 0;
    const { id, length } = key;
    const list = this.#list;
    let slot = id < 0 ? -1 : (this.#hints[id] ?? 0) - 1;
    // Its bytes were compared when the hint was made; the hash tells whether the slot still has it.
    if (slot < 0 || !list.countAt(slot, length, low, high)) {
      slot = list.count(key.bytes, key.start, length, low, high);
      if (slot < 0) return;
      this.#siteOfSlot[slot] = site;
      if (id >= 0) this.#hint(id, slot);
    }
    list.addTo(slot, errors, traffic);
  }

  #hint(id: number, slot: number): void {
    if (this.#hints.length === 0) this.#hints = new Int16Array(HINTS);
    this.#hints[id] = slot + 1;
  }

  /** The first keys of a site. */
  seal(index: number, site: string): TopTotals[] {
    const sites = this.#siteOfSlot;
    const { dim } = this;
    return this.#list
      .top(TOP_RANKS, (slot) => sites[slot] === index)
      .map(({ key, count, errors, traffic }, i) => ({
        site,
        dim,
        rank: i + 1,
        key,
        count,
        errors,
        traffic,
      }));
  }

  snapshot(): SiteTopListSnapshot {
    const list = this.#list.snapshot();
    return { list, sites: [...this.#siteOfSlot.subarray(0, list.keys.length)] };
  }

  /** Takes up a snapshot; only on a new instance of the same size. */
  restore({ list, sites }: SiteTopListSnapshot): void {
    this.#list.restore(list);
    this.#siteOfSlot.set(sites.slice(0, this.#siteOfSlot.length));
  }
}
