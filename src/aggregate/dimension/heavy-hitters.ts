/**
 * Chooses which keys (routes, upstreams, … of a site) of one log have a series of their own: the ones
 * with the most traffic, however late they come; the rest shares `other`.
 *
 * Everything hangs on two needs. What is written to the database stays there, so the number of series
 * over time must be bounded against clients that invent keys. And a log read again must give the same
 * points, so the choice is a function of the lines in their order, of no clock, and of no moment at
 * which a window happened to be written.
 *
 * Therefore: while there is room a key gets its series with its first request. Once all places are
 * taken, every key competes as a candidate (Space-Saving, so memory is bounded and a key that comes
 * late and often finds a slot), and gets a series only at a *crossing*: when the newest
 * event time of the stream enters a later window. Then the windows that are open, the one just ended
 * among them, show the new key with all they have counted for it. From then on it keeps its place
 * until a candidate has twice the traffic of the weakest place and a share worth a series; and such
 * changes are rationed. A window never hides a key that it has shown (key-totals.ts).
 *
 * Traffic is a count that halves every six hours of event time; what Space-Saving may have counted too
 * much does not help a key.
 *
 * What can be lost: nothing but detail; all that was added is in some row, see key-totals.ts.
 */
import {
  compareText,
  KeyTotals,
  OTHER_KEY,
  type KeyTotalsSnapshot,
  type RowShape,
} from './key-totals.ts';
import { SpaceSaving, type SpaceSavingSnapshot } from '../sketch/space-saving.ts';

export interface HeavyHittersOptions {
  /** Keys with a series at one time, and in one window. */
  readonly keptMax: number;
  /** Keys that are told apart at one time; a power of two, at least 16 and twice `keptMax`. */
  readonly candidatesMax: number;
  readonly windowS: number;
  readonly shape: RowShape;
}

export interface HeavyHittersSnapshot {
  readonly saving: SpaceSavingSnapshot;
  /** Per slot: the key, and whether it has a series. */
  readonly keys: readonly (readonly [site: string, name: string, kept: 0 | 1])[];
  readonly total: number;
  readonly ration: number;
  readonly windows: readonly KeyTotalsSnapshot[];
}

/** A request counts so many units, so that decay leaves fractions of one. */
const UNIT = 1024;
const HALF_LIFE_S = 6 * 3600;
/** How much more traffic than the weakest place a candidate must have. */
const LEAD = 2;
/** And at least so many requests, and this share of the log's traffic. */
const REQUESTS_MIN = 8;
const SHARE_MIN = 0.002;
/** Series that may be new at once, in multiples of `keptMax`, and how long the first takes to come back. */
const RATION_MAX = 2;
const RATION_PERIOD_S = 86_400;

export class HeavyHitters {
  readonly sites: string[] = [];
  readonly names: string[] = [];
  readonly kept: Uint8Array;
  readonly #options: HeavyHittersOptions;
  readonly #saving: SpaceSaving;
  readonly #windows = new Set<KeyTotals>();
  #keptCount = 0;
  /** Traffic of the whole log, in units. */
  #total = 0;
  /** New series that are allowed now. */
  #ration: number;

  constructor(options: HeavyHittersOptions) {
    this.#options = options;
    this.#saving = new SpaceSaving(options.candidatesMax);
    this.kept = new Uint8Array(options.candidatesMax);
    this.#ration = RATION_MAX * options.keptMax;
  }

  /** Whether all places are taken; so it stays. Before, nothing ever goes to the rest. */
  get isFull(): boolean {
    return this.#keptCount >= this.#options.keptMax;
  }

  /** Keys that have a series now. */
  get keptCount(): number {
    return this.#keptCount;
  }

  /** Totals for a window; they take part in the choice until `close()`. */
  open(startS: number): KeyTotals {
    const { shape, keptMax } = this.#options;
    const totals = new KeyTotals(startS, shape, this, keptMax);
    this.#windows.add(totals);
    return totals;
  }

  /** No line will change the window any more. */
  close(totals: KeyTotals): void {
    this.#windows.delete(totals);
  }

  /**
   * Counts one request of a key and returns its slot, for `KeyTotals.rowAt()`; -1 when it belongs to
   * the rest, for `KeyTotals.otherAt()`. `name` must be safe as a tag value; `hash` any hash of both.
   */
  count(site: string, name: string, hash: number): number {
    const saving = this.#saving;
    this.#total += UNIT;
    let slot = saving.first(hash);
    while (slot >= 0) {
      if (this.names[slot] === name && this.sites[slot] === site) break;
      slot = saving.following(slot, hash);
    }
    if (slot < 0) {
      if (name === OTHER_KEY) return -1;
      slot = this.#admit(site, name, hash);
      if (slot < 0) return -1;
    }
    saving.counts[slot] = (saving.counts[slot] ?? 0) + UNIT;
    if (this.kept[slot] === 0 && !this.isFull) this.#keep(slot);
    return slot;
  }

  #admit(site: string, name: string, hash: number): number {
    const saving = this.#saving;
    if (saving.isFull) {
      const leaving = saving.leastSlot();
      if (leaving < 0) return -1;
      for (const window of this.#windows) window.release(leaving);
    }
    const slot = saving.take(hash);
    this.sites[slot] = site;
    this.names[slot] = name;
    return slot;
  }

  /**
   * The newest event time has entered a later window, `windows` further than before. Call it before
   * the line that did so is counted. Windows that start before `openFromS` could take no line just
   * before that line, and stay as they are.
   */
  cross(windows: number, openFromS: number): void {
    this.#choose(openFromS);
    const { windowS, keptMax } = this.#options;
    const elapsedS = windows * windowS;
    this.#decay(elapsedS);
    const refill = (keptMax * elapsedS) / RATION_PERIOD_S;
    this.#ration = Math.min(RATION_MAX * keptMax, this.#ration + refill);
  }

  #choose(openFromS: number): void {
    const { keptMax } = this.#options;
    const candidates: number[] = [];
    const places: number[] = [];
    for (let slot = 0; slot < this.#saving.size; slot++) {
      if (this.kept[slot] === 1) places.push(slot);
      else if (this.#traffic(slot) >= UNIT) candidates.push(slot);
    }
    candidates.sort((a, b) => this.#compare(a, b));
    places.sort((a, b) => this.#compare(b, a));
    const enough = Math.max(REQUESTS_MIN * UNIT, SHARE_MIN * this.#total);
    let weakest = 0;
    for (const slot of candidates) {
      if (this.#ration < 1) return;
      if (this.#keptCount >= keptMax) {
        const place = places[weakest];
        const traffic = this.#traffic(slot);
        if (place === undefined || traffic < enough) return;
        if (traffic <= LEAD * this.#traffic(place)) return;
        weakest++;
        this.#unkeep(place);
      }
      this.#keep(slot);
      for (const window of this.#windows) {
        if (window.startS >= openFromS) window.show(slot);
      }
    }
  }

  /** Requests of the recent past that a key certainly had, in units. */
  #traffic(slot: number): number {
    return (this.#saving.counts[slot] ?? 0) - (this.#saving.errors[slot] ?? 0);
  }

  /** Most traffic first; the names settle what is equal, so that the order of slots does not matter. */
  #compare(a: number, b: number): number {
    return (
      this.#traffic(b) - this.#traffic(a) ||
      compareText(this.sites[a] ?? '', this.sites[b] ?? '') ||
      compareText(this.names[a] ?? '', this.names[b] ?? '')
    );
  }

  #keep(slot: number): void {
    this.kept[slot] = 1;
    this.#saving.pinned[slot] = 1;
    this.#keptCount++;
    this.#ration--;
  }

  #unkeep(slot: number): void {
    this.kept[slot] = 0;
    this.#saving.pinned[slot] = 0;
    this.#keptCount--;
  }

  #decay(elapsedS: number): void {
    const { counts, errors, size } = this.#saving;
    const factor = 0.5 ** (elapsedS / HALF_LIFE_S);
    for (let slot = 0; slot < size; slot++) {
      counts[slot] = Math.floor((counts[slot] ?? 0) * factor);
      errors[slot] = Math.floor((errors[slot] ?? 0) * factor);
    }
    this.#total = Math.floor(this.#total * factor);
    this.#saving.relevel();
  }

  snapshot(): HeavyHittersSnapshot {
    return {
      saving: this.#saving.snapshot(),
      keys: this.names.map((name, slot) => [
        this.sites[slot] ?? '',
        name,
        this.kept[slot] === 1 ? 1 : 0,
      ]),
      total: this.#total,
      ration: this.#ration,
      windows: Array.from(this.#windows, (window) => window.snapshot()),
    };
  }

  /** Takes up a snapshot and returns its windows; only on a new instance of the same size. */
  restore(snapshot: HeavyHittersSnapshot): KeyTotals[] {
    this.#saving.restore(snapshot.saving);
    snapshot.keys.forEach(([site, name, kept], slot) => {
      this.sites[slot] = site;
      this.names[slot] = name;
      if (kept === 0) return;
      this.kept[slot] = 1;
      this.#saving.pinned[slot] = 1;
      this.#keptCount++;
    });
    this.#total = snapshot.total;
    this.#ration = snapshot.ration;
    return snapshot.windows.map((window) => {
      const totals = this.open(window.startS);
      totals.restore(window);
      return totals;
    });
  }
}
