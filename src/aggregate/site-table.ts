import { tagValue } from './tag-value.ts';

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
  lastSeenS: number;
}

export const OTHER_SITE: Site = { name: 'other', lastSeenS: 0 };
export const NO_SITE: Site = { name: '-', lastSeenS: 0 };
export const SITE_IDLE_S = 86_400;
/** A longer name is no host name; it goes to `other`. */
const SITE_BYTES_MAX = 255;

export interface SiteSnapshot {
  readonly name: string;
  readonly lastSeenS: number;
}

/** One spelling of a site; `Example.com\x01` and `Example.com\x02` are two spellings of one tag value. */
interface Spelling {
  readonly bytes: Uint8Array;
  readonly hash: number;
  readonly site: Site;
}

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}

function isSame(spelling: Spelling, bytes: Uint8Array, start: number, end: number): boolean {
  const own = spelling.bytes;
  if (own.length !== end - start) return false;
  for (let i = 0; i < own.length; i++) {
    if (own[i] !== bytes[start + i]) return false;
  }
  return true;
}

export class SiteTable {
  /** Requests that went to `other` since the process started. */
  folded = 0;
  readonly #limit: number;
  #spellings: Spelling[] = [];
  #sites: Site[] = [];
  #last: Spelling | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Sites with a place of their own. */
  get size(): number {
    return this.#sites.length;
  }

  /** The site in `bytes[start, end)` for a line of time `timeS`. Allocates only for a new spelling. */
  siteOf(bytes: Uint8Array, start: number, end: number, timeS: number): Site {
    if (start === end) return NO_SITE;
    let spelling = this.#last;
    if (spelling === undefined || !isSame(spelling, bytes, start, end)) {
      spelling = this.#find(bytes, start, end) ?? this.#admit(bytes, start, end, timeS);
      if (spelling === undefined) {
        this.folded++;
        return OTHER_SITE;
      }
      this.#last = spelling;
    }
    const { site } = spelling;
    if (timeS > site.lastSeenS) site.lastSeenS = timeS;
    return site;
  }

  /** The site of that name if it has a place, for windows that come out of a checkpoint. */
  named(name: string): Site {
    if (name === OTHER_SITE.name) return OTHER_SITE;
    if (name === NO_SITE.name) return NO_SITE;
    return this.#sites.find((site) => site.name === name) ?? { name, lastSeenS: 0 };
  }

  /** Sites that a window beginning at `startS` owes a point, zeros included. */
  *activeAt(startS: number): Generator<Site> {
    for (const site of this.#sites) {
      if (site.lastSeenS >= startS - SITE_IDLE_S) yield site;
    }
  }

  #find(bytes: Uint8Array, start: number, end: number): Spelling | undefined {
    const hash = hashOf(bytes, start, end);
    for (const spelling of this.#spellings) {
      if (spelling.hash === hash && isSame(spelling, bytes, start, end)) return spelling;
    }
    return undefined;
  }

  #admit(bytes: Uint8Array, start: number, end: number, timeS: number): Spelling | undefined {
    if (end - start > SITE_BYTES_MAX) return undefined;
    // Twice as many spellings as sites is plenty: nginx writes $host in lower case.
    const isCrowded = this.#spellings.length >= 2 * this.#limit;
    if (isCrowded && !this.#forgetOneIdleAt(timeS)) return undefined;
    const own = bytes.slice(start, end);
    const name = tagValue(utf8.decode(own));
    let site = this.named(name);
    if (site !== OTHER_SITE && site !== NO_SITE && !this.#sites.includes(site)) {
      if (this.#sites.length >= this.#limit && !this.#forgetOneIdleAt(timeS)) return undefined;
      site = { name, lastSeenS: timeS };
      this.#sites.push(site);
    }
    const spelling = { bytes: own, hash: hashOf(own, 0, own.length), site };
    this.#spellings.push(spelling);
    return spelling;
  }

  #forgetOneIdleAt(timeS: number): boolean {
    const idle = this.#sites.find((site) => site.lastSeenS < timeS - SITE_IDLE_S);
    if (idle === undefined) return false;
    this.#sites = this.#sites.filter((site) => site !== idle);
    this.#spellings = this.#spellings.filter((spelling) => spelling.site !== idle);
    this.#last = undefined;
    return true;
  }

  snapshot(): SiteSnapshot[] {
    return this.#sites.map(({ name, lastSeenS }) => ({ name, lastSeenS }));
  }

  restore(sites: readonly SiteSnapshot[]): void {
    for (const { name, lastSeenS } of sites.slice(0, this.#limit)) {
      const bytes = encoder.encode(name);
      const site = { name, lastSeenS };
      this.#sites.push(site);
      this.#spellings.push({ bytes, hash: hashOf(bytes, 0, bytes.length), site });
    }
  }
}
