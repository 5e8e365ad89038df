import { Unescaper } from '../../text/unescaper.ts';
import { decayOver, exchange, LEAD, Ration, UNIT, WORTH_MIN } from '../keeping.ts';
import { SiteCandidates, type Candidate, type SiteCandidatesSnapshot } from './site-candidates.ts';
import { areWords, hashOf, isPlain, viewOf } from './site-name.ts';
import { SiteSpellings, type Spelling } from './site-spellings.ts';
import { compareText } from '../dimension/key-totals.ts';
import {
  forgetBefore,
  isIdleAt,
  isOwed,
  newSite,
  NO_SITE,
  OTHER_SITE,
  see,
  snapshotOf,
  type Site,
  type SiteSnapshot,
} from './site.ts';
import { tagValue } from '../../text/tag-value.ts';

/**
 * Which sites of one log are kept. `$host` is what the client says, so their number is bounded, at one
 * time and over time, by the rule of keeping.ts: `keptMax` sites have a slot each, the names without one
 * are candidates (site-candidates.ts), and crossings are minutes. Besides, a site that the log has not
 * named for a day gives way to any traffic, and a site of only a few requests to the lead alone. What
 * stood in `other` before stays there, and what a window has counted for a site that lost its slot
 * stays with that site.
 */

/** A longer name is no host name; it goes to `other`. */
const SITE_BYTES_MAX = 255;

const PERIOD_S = 60;
/** What a candidate needs against a site of more than a few requests: this part of an equal share. */
const SHARE_MIN = 0.1;

export interface SiteTableSnapshot {
  readonly kept: readonly (readonly [site: SiteSnapshot, traffic: number])[];
  readonly left: readonly (readonly [site: SiteSnapshot, leftS: number])[];
  readonly candidates: SiteCandidatesSnapshot;
  readonly ration: number;
}

/** A site that has lost its slot: windows that begin before `leftS` still owe it their zeros. */
interface LeftSite {
  readonly site: Site;
  readonly leftS: number;
}

const utf8 = new TextDecoder();
const encoder = new TextEncoder();

export class SiteTable {
  /** Requests that went to `other` since the process started. */
  folded = 0;
  readonly #keptMax: number;
  /** By slot, from 1 on at index 0. */
  #sites: Site[] = [];
  #left: LeftSite[] = [];
  /** By slot: recent requests, in units. */
  readonly #traffic: Float64Array;
  readonly #candidates = new SiteCandidates();
  readonly #ration: Ration;
  /** Those of all kept sites. */
  readonly #spellings = new SiteSpellings();
  /** Spellings that are not their own tag value; strangers can make more and more of them. */
  #oddSpellings = 0;
  #last: Spelling | undefined;
  readonly #unescaper = new Unescaper(SITE_BYTES_MAX);
  /** A view of the bytes of the last call. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array = new Uint8Array(0);

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
    this.#traffic = new Float64Array(keptMax + 1);
    this.#ration = new Ration(keptMax);
    this.#remake();
  }

  /** Names stand as they were sent, as in a log with escape=none. */
  set isRaw(isRaw: boolean) {
    if (isRaw === this.#unescaper.isRaw) return;
    this.#unescaper.isRaw = isRaw;
    this.#remake();
  }

  /** Sites with a slot of their own. */
  get size(): number {
    return this.#sites.length;
  }

  /**
   * The site in `bytes[start, end)` for a line of time `timeS`, which the caller gives to `count()`.
   * Allocates only for a new spelling.
   */
  siteOf(bytes: Uint8Array, start: number, end: number, timeS: number): Site {
    if (start === end) return NO_SITE;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = viewOf(bytes);
    }
    const view = this.#view;
    let spelling = this.#last;
    if (spelling === undefined || !areWords(spelling.words, 0, spelling.length, view, start, end)) {
      const hash = hashOf(view, start, end);
      spelling =
        this.#spellings.find(view, start, end, hash) ?? this.#admit(view, start, end, hash, timeS);
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

  /** Counts requests of a site that `siteOf()` gave, before the next `advance()`. */
  count({ slot }: Site, requests: number): void {
    this.#traffic[slot] = (this.#traffic[slot] ?? 0) + requests * UNIT;
  }

  /** The site of that name if it has a slot, for windows that come out of a checkpoint. */
  named(name: string): Site {
    if (name === OTHER_SITE.name) return OTHER_SITE;
    if (name === NO_SITE.name) return NO_SITE;
    return this.#sites.find((site) => site.name === name) ?? newSite(name, 0, 0);
  }

  /**
   * Sites that a window owes a point, zeros included: those that had a slot and that the log has
   * named before its end and within a day of its start. Lines after the window change nothing about
   * that. A name may come twice.
   */
  *owedBy(startS: number, windowS: number): Generator<Site> {
    for (const site of this.#sites) if (isOwed(site, startS, windowS)) yield site;
    for (const { site, leftS } of this.#left) {
      if (startS < leftS && isOwed(site, startS, windowS)) yield site;
    }
  }

  /** Forgets what only windows that begin before `timeS` could ask for. */
  forgetBefore(timeS: number): void {
    for (const site of this.#sites) forgetBefore(site, timeS);
    if (this.#left.length === 0) return;
    this.#left = this.#left.filter(({ leftS }) => leftS > timeS);
  }

  /** A spelling that is new here, of a site that is known or gets a slot; undefined for `other`. */
  #admit(
    bytes: DataView,
    start: number,
    end: number,
    hash: number,
    timeS: number,
  ): Spelling | undefined {
    if (end - start > SITE_BYTES_MAX) return undefined;
    const hasRoom = this.#sites.length < this.#keptMax;
    const isOdd = !isPlain(bytes, start, end);
    if (!isOdd && !hasRoom) {
      // An unknown plain name costs no string.
      this.#candidates.count(bytes, start, end, hash);
      return undefined;
    }
    const own = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start).slice();
    const name = tagValue(utf8.decode(isOdd ? this.#unescaped(own) : own));
    if (!isOdd) return this.#add(name, timeS);
    const known = viewOf(encoder.encode(name));
    const { byteLength } = known;
    const knownHash = hashOf(known, 0, byteLength);
    let spelling = this.#spellings.find(known, 0, byteLength, knownHash);
    if (spelling === undefined) {
      if (!hasRoom) {
        this.#candidates.count(known, 0, byteLength, knownHash);
        return undefined;
      }
      spelling = this.#add(name, timeS);
    }
    if (this.#oddSpellings >= this.#keptMax) return spelling;
    this.#oddSpellings++;
    return this.#spellings.add(own, spelling.site);
  }

  #unescaped(name: Uint8Array): Uint8Array {
    const unescaper = this.#unescaper;
    const isEscaped = unescaper.read(name, 0, name.length);
    return isEscaped ? unescaper.bytes.subarray(0, unescaper.length) : name;
  }

  #add(name: string, timeS: number): Spelling {
    this.#candidates.remove(name);
    const site = newSite(name, this.#sites.length + 1, timeS);
    this.#sites.push(site);
    return this.#spellings.add(encoder.encode(name), site);
  }

  /** The newest event time goes on from `fromS` to `toS`; the line that did it is not counted yet. */
  advance(fromS: number, toS: number): void {
    const atS = Math.floor(toS / PERIOD_S) * PERIOD_S;
    const elapsedS = atS - Math.floor(fromS / PERIOD_S) * PERIOD_S;
    if (elapsedS <= 0) return;
    this.#choose(atS);
    const factor = decayOver(elapsedS);
    for (let slot = 1; slot <= this.#sites.length; slot++) {
      this.#traffic[slot] = Math.floor((this.#traffic[slot] ?? 0) * factor);
    }
    this.#candidates.decay(factor);
    this.#ration.refill(elapsedS);
  }

  #choose(atS: number): void {
    if (this.#ration.isSpent || this.#sites.length < this.#keptMax) return;
    let total = this.#candidates.total;
    let least = Infinity;
    for (const site of this.#sites) {
      total += this.#traffic[site.slot] ?? 0;
      least = Math.min(least, this.#strength(site, atS));
    }
    const enough = (SHARE_MIN * total) / this.#keptMax;
    if (!isStronger(this.#candidates.greatest, least, enough)) return;
    exchange(
      this.#candidates.atLeast(UNIT).sort(byTraffic),
      this.#sites.toSorted(
        (a, b) => this.#strength(a, atS) - this.#strength(b, atS) || compareText(b.name, a.name),
      ),
      this.#ration,
      ({ traffic }, site) => isStronger(traffic, this.#strength(site, atS), enough),
      (candidate, site) => this.#replace(site, candidate, atS),
    );
    this.#remake();
  }

  /** Recent requests of a slot, in units; -1: the log has not named it for a day. */
  #strength(site: Site, atS: number): number {
    return isIdleAt(site, atS) ? -1 : (this.#traffic[site.slot] ?? 0);
  }

  #replace(site: Site, { name, traffic }: Candidate, atS: number): void {
    this.#candidates.remove(name);
    this.#left.push({ site, leftS: atS });
    this.#sites[site.slot - 1] = newSite(name, site.slot, atS);
    this.#traffic[site.slot] = traffic;
  }

  /** Makes the buckets anew for the sites that have a slot. */
  #remake(): void {
    this.#spellings.clear();
    this.#oddSpellings = 0;
    this.#last = undefined;
    for (const site of [OTHER_SITE, NO_SITE, ...this.#sites]) {
      this.#spellings.add(encoder.encode(site.name), site);
    }
  }

  snapshot(): SiteTableSnapshot {
    return {
      kept: this.#sites.map((site) => [snapshotOf(site), this.#traffic[site.slot] ?? 0]),
      left: this.#left.map(({ site, leftS }) => [snapshotOf(site), leftS]),
      candidates: this.#candidates.snapshot(),
      ration: this.#ration.left,
    };
  }

  /**
   * Takes up a snapshot; only on a new instance. Of more sites than the limit the first ones keep
   * their slot.
   */
  restore({ kept, left, candidates, ration }: SiteTableSnapshot): void {
    this.#sites = kept.slice(0, this.#keptMax).map(([site, traffic], i) => {
      this.#traffic[i + 1] = traffic;
      return { ...site, slot: i + 1, before: [...site.before] };
    });
    this.#left = left.map(([site, leftS]) => ({
      site: { ...site, slot: 0, before: [...site.before] },
      leftS,
    }));
    this.#candidates.restore(candidates);
    this.#ration.restore(ration);
    this.#remake();
  }
}

function byTraffic(a: Candidate, b: Candidate): number {
  return b.traffic - a.traffic || compareText(a.name, b.name);
}

/** Whether a candidate with so much traffic may take a slot of that strength. */
function isStronger(traffic: number, strength: number, enough: number): boolean {
  if (strength < 0) return traffic >= UNIT;
  if (traffic < WORTH_MIN || traffic <= LEAD * strength) return false;
  return strength < WORTH_MIN || traffic >= enough;
}
