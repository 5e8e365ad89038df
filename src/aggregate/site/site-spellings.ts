import { areWords, hashOf, viewOf, wordsOf } from './site-name.ts';
import type { Site } from './site.ts';

/**
 * Which bytes name which site. `a\x01` and `a\x02` are two spellings of one tag value; every site
 * is in here under its own tag value, so a plain name without a place is recognised without making
 * a string. Other spellings are in here to be found faster; the owner bounds their number.
 */
export interface Spelling {
  readonly length: number;
  readonly words: Int32Array;
  readonly hash: number;
  readonly site: Site;
}

const BUCKETS = 256;

export class SiteSpellings {
  readonly #buckets: readonly Spelling[][] = Array.from({ length: BUCKETS }, () => []);

  /** The spelling in `bytes[start, end)`, whose `hashOf()` is `hash`. */
  find(bytes: DataView, start: number, end: number, hash: number): Spelling | undefined {
    const bucket = this.#buckets[hash & (BUCKETS - 1)];
    if (bucket === undefined) return undefined;
    for (const one of bucket) {
      if (one.hash === hash && areWords(one.words, 0, one.length, bytes, start, end)) return one;
    }
    return undefined;
  }

  add(bytes: Uint8Array, site: Site): Spelling {
    const view = viewOf(bytes);
    const { length } = bytes;
    const spelling = { length, words: wordsOf(view), hash: hashOf(view, 0, length), site };
    this.#buckets[spelling.hash & (BUCKETS - 1)]?.push(spelling);
    return spelling;
  }

  clear(): void {
    for (const bucket of this.#buckets) bucket.length = 0;
  }
}
