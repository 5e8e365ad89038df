/**
 * Which keys (routes, upstreams, … of a site) of one log are kept, by the rule of keeping.ts.
 *
 * Clients can invent keys without end, so the keys that compete stand in a table of bounded size
 * (Space-Saving): a key that comes late and often finds a slot. What Space-Saving may have counted too
 * much does not help a key. At a crossing the windows that are open, the one just ended among them,
 * show a new key with all that they have counted for it. A window never hides a key that it has shown
 * (key-totals.ts), because what was written stays in the database.
 *
 * What can be lost: nothing but the name of a key; all that was added is in some row, see key-totals.ts.
 */
import {
  compareText,
  KeyTotals,
  OTHER_KEY,
  type KeyTotalsSnapshot,
  type RowShape,
} from './key-totals.ts';
import { decayOver, exchange, LEAD, Ration, UNIT, worthOf } from '../keeping.ts';
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

/** Keys that may become kept at once, in multiples of `keptMax`. */
const RATION_MAX = 2;

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
  readonly #ration: Ration;

  constructor(options: HeavyHittersOptions) {
    this.#options = options;
    this.#saving = new SpaceSaving(options.candidatesMax);
    this.kept = new Uint8Array(options.candidatesMax);
    this.#ration = new Ration(options.keptMax, RATION_MAX * options.keptMax);
  }

  /** Whether as many are kept as may be; so it stays. Before, nothing ever goes to the rest. */
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
    if (this.kept[slot] === 0 && !this.isFull) {
      this.#keep(slot);
      this.#ration.left--;
    }
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
    const elapsedS = windows * this.#options.windowS;
    const factor = decayOver(elapsedS);
    this.#saving.decay(factor);
    this.#total = Math.floor(this.#total * factor);
    this.#ration.refill(elapsedS);
  }

  #choose(openFromS: number): void {
    const candidates: number[] = [];
    const kept: number[] = [];
    for (let slot = 0; slot < this.#saving.size; slot++) {
      if (this.kept[slot] === 1) kept.push(slot);
      else if (this.#traffic(slot) >= UNIT) candidates.push(slot);
    }
    candidates.sort((a, b) => this.#compare(a, b));
    kept.sort((a, b) => this.#compare(b, a));
    const show = (slot: number) => {
      this.#keep(slot);
      for (const window of this.#windows) if (window.startS >= openFromS) window.keep(slot);
    };
    while (!this.isFull && !this.#ration.isSpent && candidates.length > 0) {
      this.#ration.left--;
      show(candidates.shift() ?? 0);
    }
    if (!this.isFull) return;
    const worth = worthOf(this.#total);
    exchange(
      candidates,
      kept,
      this.#ration,
      (slot, weakest) =>
        this.#traffic(slot) >= worth && this.#traffic(slot) > LEAD * this.#traffic(weakest),
      (slot, weakest) => {
        this.#unkeep(weakest);
        show(slot);
      },
    );
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
  }

  #unkeep(slot: number): void {
    this.kept[slot] = 0;
    this.#saving.pinned[slot] = 0;
    this.#keptCount--;
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
      ration: this.#ration.left,
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
    this.#ration.restore(snapshot.ration);
    return snapshot.windows.map((window) => {
      const totals = this.open(window.startS);
      totals.restore(window);
      return totals;
    });
  }
}
