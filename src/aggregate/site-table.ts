import { NO_VALUE, TAG_VALUE_BYTES_MAX, tagValue } from './tag-value.ts';

/**
 * Which sites of one log have a series of their own. `$host` is what the client says, so the number
 * is bounded: `limit` sites at a time, the rest shares `other`. A site gives its place up when the
 * log has not named it for a day (event time). All of it depends on the order of the lines alone, so
 * reading a log again gives the same series.
 */

/** One site. The object itself is its identity: a window keeps it even when its place is given away. */
export interface Site {
  /** A tag value, see tag-value.ts. */
  readonly name: string;
  /** Event times of its first and last line since it was last idle. */
  firstSeenS: number;
  lastSeenS: number;
  /** The same of the times before, [first, last, first, last, …], as far as windows may ask for them. */
  before: number[];
}

const ALWAYS = { firstSeenS: -Infinity, lastSeenS: Infinity, before: [] };
export const OTHER_SITE: Site = { name: 'other', ...ALWAYS };
export const NO_SITE: Site = { name: NO_VALUE, ...ALWAYS };
const SITE_IDLE_S = 86_400;
/** A longer name is no host name; it goes to `other`. */
const SITE_BYTES_MAX = 255;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;
const BUCKETS = 256;

/** JSON form of a site. */
export type SiteSnapshot = Readonly<Omit<Site, 'before'>> & { readonly before: readonly number[] };

/** One spelling of a site; `a\x01` and `a\x02` are two spellings of one tag value. */
interface Spelling {
  readonly length: number;
  /** Its bytes, four to a number while there are four, then one by one. */
  readonly words: Int32Array;
  readonly hash: number;
  readonly site: Site;
}

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

// Four bytes at a time: half the time of a loop over bytes (bench/aggregate.ts).

function hashOf(bytes: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ bytes.getInt32(i, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes.getUint8(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

function wordsOf(bytes: DataView): Int32Array {
  const { byteLength } = bytes;
  const words: number[] = [];
  let i = 0;
  for (; i + 4 <= byteLength; i += 4) words.push(bytes.getInt32(i, true));
  for (; i < byteLength; i++) words.push(bytes.getUint8(i));
  return Int32Array.from(words);
}

function isSame({ words, length }: Spelling, bytes: DataView, start: number, end: number): boolean {
  if (length !== end - start) return false;
  const whole = length >> 2;
  let at = start;
  let w = 0;
  for (; w < whole; w++, at += 4) if (words[w] !== bytes.getInt32(at, true)) return false;
  for (; at < end; w++, at++) if (words[w] !== bytes.getUint8(at)) return false;
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether these bytes are their own tag value, as those of every real host name are. */
function isPlain(bytes: DataView, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes.getUint8(i);
    if (byte <= SPACE || byte > TILDE || byte === BACKSLASH) return false;
  }
  return end - start <= TAG_VALUE_BYTES_MAX;
}

export class SiteTable {
  /** Requests that went to `other` since the process started. */
  folded = 0;
  readonly #limit: number;
  #sites: Site[] = [];
  /**
   * Spellings by hash. Every site is in here as its own tag value, so that an unknown plain name is
   * refused without making a string of it; other spellings are here to be found faster.
   */
  #buckets: Spelling[][] = [];
  #oddSpellings = 0;
  #last: Spelling | undefined;
  /** A view of the bytes of the last call. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array = new Uint8Array(0);
  /** Before this event time no site can have become idle. */
  #noneIdleUntilS = -Infinity;

  constructor(limit: number) {
    this.#limit = limit;
    this.#rebuild([]);
  }

  /** Sites with a place of their own. */
  get size(): number {
    return this.#sites.length;
  }

  /** The site in `bytes[start, end)` for a line of time `timeS`. Allocates only for a new spelling. */
  siteOf(bytes: Uint8Array, start: number, end: number, timeS: number): Site {
    if (start === end) return NO_SITE;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = viewOf(bytes);
    }
    const view = this.#view;
    let spelling = this.#last;
    if (spelling === undefined || !isSame(spelling, view, start, end)) {
      spelling = this.#find(view, start, end) ?? this.#admit(view, start, end, timeS);
      if (spelling === undefined) {
        this.folded++;
        return OTHER_SITE;
      }
      this.#last = spelling;
    }
    const { site } = spelling;
    if (timeS > site.lastSeenS || timeS < site.firstSeenS) see(site, timeS);
    return site;
  }

  /** The site of that name if it has a place, for windows that come out of a checkpoint. */
  named(name: string): Site {
    if (name === OTHER_SITE.name) return OTHER_SITE;
    if (name === NO_SITE.name) return NO_SITE;
    return this.#sites.find((site) => site.name === name) ?? newSite(name, 0);
  }

  /**
   * Sites that a window owes a point, zeros included: those that the log has named before its end and
   * within a day of its start. Lines after the window change nothing about that.
   */
  *owedBy(startS: number, windowS: number): Generator<Site> {
    for (const site of this.#sites) if (isOwed(site, startS, windowS)) yield site;
  }

  /** Forgets what only windows that end before `timeS` could ask for. */
  forgetBefore(timeS: number): void {
    for (const site of this.#sites) {
      while ((site.before[1] ?? Infinity) < timeS - SITE_IDLE_S) site.before.splice(0, 2);
    }
  }

  #find(bytes: DataView, start: number, end: number): Spelling | undefined {
    const hash = hashOf(bytes, start, end);
    const bucket = this.#buckets[hash & (BUCKETS - 1)];
    if (bucket === undefined) return undefined;
    for (const spelling of bucket) {
      if (spelling.hash === hash && isSame(spelling, bytes, start, end)) return spelling;
    }
    return undefined;
  }

  /** A spelling that is new here, of a site that is known or gets a place; undefined for `other`. */
  #admit(bytes: DataView, start: number, end: number, timeS: number): Spelling | undefined {
    if (end - start > SITE_BYTES_MAX) return undefined;
    const isOdd = !isPlain(bytes, start, end);
    // A plain name that is not known is refused before anything is made of it.
    if (!isOdd && !this.#hasRoomAt(timeS)) return undefined;
    const own = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start).slice();
    const name = tagValue(utf8.decode(own));
    if (!isOdd) return this.#add(newSite(name, timeS));
    const known = encoder.encode(name);
    let spelling = this.#find(viewOf(known), 0, known.length);
    if (spelling === undefined) {
      if (!this.#hasRoomAt(timeS)) return undefined;
      spelling = this.#add(newSite(name, timeS));
    }
    if (this.#oddSpellings >= this.#limit) return spelling;
    this.#oddSpellings++;
    return this.#remember(own, spelling.site);
  }

  #hasRoomAt(timeS: number): boolean {
    return this.#sites.length < this.#limit || this.#forgetOneIdleAt(timeS);
  }

  #add(site: Site): Spelling {
    this.#sites.push(site);
    this.#noneIdleUntilS = Math.min(this.#noneIdleUntilS, site.lastSeenS + SITE_IDLE_S);
    return this.#remember(encoder.encode(site.name), site);
  }

  #remember(bytes: Uint8Array, site: Site): Spelling {
    const view = viewOf(bytes);
    const { length } = bytes;
    const spelling = { length, words: wordsOf(view), hash: hashOf(view, 0, length), site };
    this.#buckets[spelling.hash & (BUCKETS - 1)]?.push(spelling);
    return spelling;
  }

  #forgetOneIdleAt(timeS: number): boolean {
    if (timeS <= this.#noneIdleUntilS) return false;
    const idle = this.#sites.find((site) => site.lastSeenS < timeS - SITE_IDLE_S);
    if (idle === undefined) {
      const seenS = this.#sites.reduce((least, site) => Math.min(least, site.lastSeenS), Infinity);
      this.#noneIdleUntilS = seenS + SITE_IDLE_S;
      return false;
    }
    this.#rebuild(this.#sites.filter((site) => site !== idle));
    return true;
  }

  #rebuild(sites: readonly Site[]): void {
    this.#sites = [];
    this.#buckets = Array.from({ length: BUCKETS }, () => []);
    this.#oddSpellings = 0;
    this.#last = undefined;
    this.#noneIdleUntilS = Infinity;
    for (const site of [OTHER_SITE, NO_SITE]) this.#remember(encoder.encode(site.name), site);
    for (const site of sites) this.#add(site);
  }

  snapshot(): SiteSnapshot[] {
    return this.#sites.map((site) => ({ ...site, before: [...site.before] }));
  }

  /** Takes up a snapshot; of more sites than the limit the first ones have a place. */
  restore(sites: readonly SiteSnapshot[]): void {
    this.#rebuild(sites.slice(0, this.#limit).map((s) => ({ ...s, before: [...s.before] })));
  }
}

function newSite(name: string, timeS: number): Site {
  return { name, firstSeenS: timeS, lastSeenS: timeS, before: [] };
}

function see(site: Site, timeS: number): void {
  if (timeS < site.firstSeenS) {
    site.firstSeenS = timeS;
    return;
  }
  if (timeS - site.lastSeenS > SITE_IDLE_S) {
    site.before.push(site.firstSeenS, site.lastSeenS);
    site.firstSeenS = timeS;
  }
  site.lastSeenS = timeS;
}

function isOwed(site: Site, startS: number, windowS: number): boolean {
  const { firstSeenS, lastSeenS, before } = site;
  if (firstSeenS < startS + windowS && lastSeenS >= startS - SITE_IDLE_S) return true;
  for (let i = 0; i + 1 < before.length; i += 2) {
    const [first = 0, last = 0] = [before[i], before[i + 1]];
    if (first < startS + windowS && last >= startS - SITE_IDLE_S) return true;
  }
  return false;
}
