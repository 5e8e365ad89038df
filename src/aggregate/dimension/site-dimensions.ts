import { HyperLogLog, type HyperLogLogSnapshot } from '../sketch/hyper-log-log.ts';
import { PropertyTable, type PropertyTableSnapshot } from './property-table.ts';
import { grown } from '../sketch/space-saving.ts';

/** What one dimension window holds by site; sites are numbered in the order in which they came. */
export interface DimensionsOfSite {
  readonly name: string;
  readonly index: number;
  readonly properties: PropertyTable;
  /** Made with the first client. */
  uniques: HyperLogLog | undefined;
  /** By `dim` of a top list: ranks that were handed over. */
  readonly ranks: Record<string, number>;
}

export type SiteDimensionsSnapshot = readonly [
  name: string,
  properties: PropertyTableSnapshot,
  /** Null, which JSON keeps in a list, where no client has been seen. */
  uniques: HyperLogLogSnapshot | null,
  ranks: Readonly<Record<string, number>>,
];

export class SiteDimensions {
  readonly all: DimensionsOfSite[] = [];
  /** By index: a hash of the name. Replaced when it grows. */
  hashes: Int32Array<ArrayBuffer> = new Int32Array(1);
  readonly #byName = new Map<string, DimensionsOfSite>();
  #lastName: string | undefined;
  #lastIndex = 0;

  /** The number of a site, a new one if need be. */
  indexOf(name: string): number {
    if (name === this.#lastName) return this.#lastIndex;
    const site = this.#byName.get(name) ?? this.#add(name, new PropertyTable(), undefined, {});
    this.#lastName = name;
    this.#lastIndex = site.index;
    return site.index;
  }

  #add(
    name: string,
    properties: PropertyTable,
    uniques: HyperLogLog | undefined,
    ranks: Readonly<Record<string, number>>,
  ): DimensionsOfSite {
    const index = this.all.length;
    const site = { name, index, properties, uniques, ranks: { ...ranks } };
    this.all.push(site);
    if (index >= this.hashes.length) {
      this.hashes = grown(this.hashes, new Int32Array(2 * this.hashes.length));
    }
    this.hashes[index] = hashOf(name);
    this.#byName.set(name, site);
    return site;
  }

  snapshot(): SiteDimensionsSnapshot[] {
    return this.all.map(({ name, properties, uniques, ranks }) => [
      name,
      properties.snapshot(),
      uniques?.snapshot() ?? null,
      { ...ranks },
    ]);
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(sites: readonly SiteDimensionsSnapshot[]): void {
    for (const [name, properties, uniques, ranks] of sites) {
      const sketch = uniques === null ? undefined : HyperLogLog.restore(uniques);
      this.#add(name, PropertyTable.restore(properties), sketch, ranks);
    }
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
