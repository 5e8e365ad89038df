/**
 * The keys (addresses, URLs, agents, …) that came most often in one window, with their errors and
 * traffic, in bounded memory. Adding a known key allocates nothing.
 *
 * Owns a copy of each key in its list, cut at `keyBytesMax`. Up to `slotsMax` different keys every
 * figure is exact. Beyond, a key without a slot is counted in one of a fixed number of cells, which it
 * shares with others, until the cell has as much as the least slot; then it gets that slot (Homem and
 * Carvalho, "Finding top-k elements in data streams", 2010). So the long tail of keys that come a few
 * times costs an addition each and throws nobody out. The count of the cell is the key's possible
 * error: `count` is too great by at most `countError`, and its errors and traffic go back to the moment
 * it got its slot only. The bounds are those of space-saving.ts: with n keys counted in m slots, no
 * error is greater than n / m, and a key that came more often than n / m times has a slot.
 */
import {
  KEY_HIGH,
  KEY_HINT,
  KEY_LENGTH,
  KEY_LOW,
  KEY_WORDS,
} from '../../request/keys/key-words.ts';
import type { CountedRows } from './counted-rows.ts';
import { grown, SpaceSaving, type SpaceSavingSnapshot } from '../sketch/space-saving.ts';

/** Of a hint (key-words.ts), so many bits are the slot of the key. */
export const HINT_SLOT_BITS = 16;

const TOP_KEY_BYTES_MAX = 200;
const CELLS_PER_SLOT = 4;

export interface TopEntry {
  /** Text as the client sent it, invalid UTF-8 replaced. Not safe to print. */
  readonly key: string;
  readonly count: number;
  /** By how much `count` may be too great. */
  readonly countError: number;
  readonly errors: number;
  readonly traffic: number;
}

export interface TopListSnapshot {
  readonly saving: SpaceSavingSnapshot;
  /** Per slot: the key's bytes in base64, upper lane of the hash, errors, traffic. */
  readonly keys: readonly (readonly [key: string, high: number, errors: number, traffic: number])[];
  /** The cells as 32-bit numbers in base64; empty while no key has gone without a slot. */
  readonly cells: string;
}

const decoder = new TextDecoder();
const NO_CELLS = new Uint32Array(0);

export class TopList {
  readonly #saving: SpaceSaving;
  readonly #keyBytesMax: number;
  #keys: Uint8Array<ArrayBuffer>;
  #keysView: DataView;
  #lengths: Int32Array;
  #high: Int32Array;
  #errors: Float64Array;
  #traffic: Float64Array;
  /** Of keys without a slot; none before all slots are taken. */
  #cells = NO_CELLS;
  /** Those from before `clear()`. */
  #spareCells = NO_CELLS;
  /** The bytes that a key came from last, mostly always the same, and a view of them. */
  #lastBytes: Uint8Array | undefined;
  #lastView: DataView;

  /** `slotsMax` must be a power of two, at least 16. */
  constructor(slotsMax: number, keyBytesMax: number = TOP_KEY_BYTES_MAX) {
    this.#saving = new SpaceSaving(slotsMax);
    this.#keyBytesMax = keyBytesMax;
    const { capacity } = this.#saving;
    this.#keys = new Uint8Array(capacity * keyBytesMax);
    this.#keysView = new DataView(this.#keys.buffer);
    this.#lastView = this.#keysView;
    this.#lengths = new Int32Array(capacity);
    this.#high = new Int32Array(capacity);
    this.#errors = new Float64Array(capacity);
    this.#traffic = new Float64Array(capacity);
  }

  get keyBytesMax(): number {
    return this.#keyBytesMax;
  }

  /** Bytes of memory that it holds. */
  get heldBytes(): number {
    const cells = this.#cells.byteLength + this.#spareCells.byteLength;
    return this.#saving.capacity * (this.#keyBytesMax + 60) + cells;
  }

  /** As new, but with the memory it has. */
  clear(): void {
    this.#saving.clear();
    if (this.#cells.length > 0) this.#spareCells = this.#cells;
    this.#cells = NO_CELLS;
  }

  /**
   * Counts the key of `length` bytes at `bytes[start]`, at most `keyBytesMax`, once. `low` and `high`
   * are the lanes of its hash. Returns its slot, for `addTo()`, or -1 when it has none.
   */
  count(bytes: Uint8Array, start: number, length: number, low: number, high: number): number {
    const saving = this.#saving;
    if (bytes !== this.#lastBytes) this.#look(bytes);
    let slot = saving.first(low);
    while (slot >= 0) {
      if (this.#high[slot] === high && this.#isAt(slot, start, length)) break;
      slot = saving.following(slot, low);
    }
    if (slot < 0) {
      if (saving.isFull && !this.#hasPassed(high)) return -1;
      slot = this.#admit(bytes, start, length, low, high);
    }
    saving.counts[slot] = (saving.counts[slot] ?? 0) + 1;
    return slot;
  }

  /**
   * Counts the keys of the rows from index `from` on by what `words` has of them (key-words.ts), and
   * stops at the first whose bytes are needed: that may be new to the list, or is not known. Returns
   * its index, for `count()` and `addTo()`, or the number of rows. `mark` is what a hint of this list
   * has above the slot; the hash of a row's site is added to that of its key.
   */
  countRows(
    from: number,
    words: Int32Array,
    mark: number,
    { length, at: places, sites, errors, traffic }: CountedRows,
    siteHashes: Int32Array,
  ): number {
    const saving = this.#saving;
    const { counts } = saving;
    const highs = this.#high;
    const lengths = this.#lengths;
    const ownErrors = this.#errors;
    const ownTraffic = this.#traffic;
    for (let i = from; i < length; i++) {
      const word = KEY_WORDS * (places[i] ?? 0);
      const keyBytes = words[word + KEY_LENGTH] ?? 0;
      if (keyBytes === 0) continue;
      if (keyBytes < 0) return i;
      const siteHash = siteHashes[sites[i] ?? 0] ?? 0;
      const low = (words[word + KEY_LOW] ?? 0) ^ siteHash;
      const high = ((words[word + KEY_HIGH] ?? 0) + siteHash) | 0;
      const hint = (words[word + KEY_HINT] ?? 0) ^ mark;
      // Its bytes were compared when the hint was made; the hash tells whether the slot still has it.
      if (
        hint >>> HINT_SLOT_BITS === 0 &&
        highs[hint] === high &&
        lengths[hint] === keyBytes &&
        saving.hashAt(hint) === low
      ) {
        counts[hint] = (counts[hint] ?? 0) + 1;
        ownErrors[hint] = (ownErrors[hint] ?? 0) + (errors[i] ?? 0);
        ownTraffic[hint] = (ownTraffic[hint] ?? 0) + (traffic[i] ?? 0);
        continue;
      }
      if (!this.#countTail(low, high)) return i;
    }
    return length;
  }

  /** Counts a key that certainly has no slot and gets none; false when its bytes are needed. */
  #countTail(low: number, high: number): boolean {
    const saving = this.#saving;
    if (!saving.isFull) return false;
    for (let slot = saving.first(low); slot >= 0; slot = saving.following(slot, low)) {
      if (this.#high[slot] === high) return false;
    }
    return !this.#hasPassed(high);
  }

  addTo(slot: number, errors: number, traffic: number): void {
    this.#errors[slot] = (this.#errors[slot] ?? 0) + errors;
    this.#traffic[slot] = (this.#traffic[slot] ?? 0) + traffic;
  }

  #look(bytes: Uint8Array): void {
    this.#lastBytes = bytes;
    this.#lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Four bytes at a time: half of what a comparison byte by byte takes. */
  #isAt(slot: number, at: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const own = this.#keysView;
    const other = this.#lastView;
    const key = slot * this.#keyBytesMax;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      if (own.getInt32(key + i, true) !== other.getInt32(at + i, true)) return false;
    }
    for (; i < length; i++) {
      if (own.getUint8(key + i) !== other.getUint8(at + i)) return false;
    }
    return true;
  }

  /** Whether a key without a slot may have come as often as the one with the least; else counts it. */
  #hasPassed(high: number): boolean {
    if (this.#cells.length === 0) this.#cells = this.#newCells();
    const cells = this.#cells;
    const cell = high & (cells.length - 1);
    const count = cells[cell] ?? 0;
    if (this.#saving.isLeast(count)) return true;
    cells[cell] = count + 1;
    return false;
  }

  #newCells(): Uint32Array<ArrayBuffer> {
    const cells = CELLS_PER_SLOT * this.#saving.capacity;
    const spare = this.#spareCells;
    return spare.length === cells ? spare.fill(0) : new Uint32Array(cells);
  }

  #admit(bytes: Uint8Array, start: number, length: number, low: number, high: number): number {
    const saving = this.#saving;
    const slot = saving.take(low);
    const cells = this.#cells;
    if (cells.length > 0) {
      // What the leaving key was counted is the bound of its cell now, and of the new key.
      cells[(this.#high[slot] ?? 0) & (cells.length - 1)] = saving.counts[slot] ?? 0;
    }
    if (this.#lengths.length < this.#saving.capacity) this.#grow();
    const key = slot * this.#keyBytesMax;
    for (let i = 0; i < length; i++) this.#keys[key + i] = bytes[start + i] ?? 0;
    this.#lengths[slot] = length;
    this.#high[slot] = high;
    this.#errors[slot] = 0;
    this.#traffic[slot] = 0;
    return slot;
  }

  #grow(): void {
    const { capacity } = this.#saving;
    this.#keys = grown(this.#keys, new Uint8Array(capacity * this.#keyBytesMax));
    this.#keysView = new DataView(this.#keys.buffer);
    this.#lengths = grown(this.#lengths, new Int32Array(capacity));
    this.#high = grown(this.#high, new Int32Array(capacity));
    this.#errors = grown(this.#errors, new Float64Array(capacity));
    this.#traffic = grown(this.#traffic, new Float64Array(capacity));
  }

  /**
   * The first `ranks` by count; keys of one count in the order of their bytes. Only slots for which
   * `takes` says so, if it is given.
   */
  top(ranks: number, takes: (slot: number) => boolean = () => true): TopEntry[] {
    const { counts, errors, size } = this.#saving;
    const taken = Array.from({ length: size }, (_, slot) => slot).filter(takes);
    const least = Float64Array.from(taken, (slot) => counts[slot] ?? 0)
      .sort()
      .at(-ranks);
    // The bytes are compared of those only that can be among the first.
    const slots = taken.filter((slot) => (counts[slot] ?? 0) >= (least ?? 0));
    slots.sort((a, b) => {
      const byCount = (counts[b] ?? 0) - (counts[a] ?? 0);
      return byCount === 0 ? Buffer.compare(this.#key(a), this.#key(b)) : byCount;
    });
    return slots.slice(0, ranks).map((slot) => ({
      key: decoder.decode(wholeCharacters(this.#key(slot), this.#keyBytesMax)),
      count: counts[slot] ?? 0,
      countError: errors[slot] ?? 0,
      errors: this.#errors[slot] ?? 0,
      traffic: this.#traffic[slot] ?? 0,
    }));
  }

  #key(slot: number): Uint8Array<ArrayBuffer> {
    const at = slot * this.#keyBytesMax;
    return this.#keys.subarray(at, at + (this.#lengths[slot] ?? 0));
  }

  snapshot(): TopListSnapshot {
    return {
      saving: this.#saving.snapshot(),
      keys: Array.from({ length: this.#saving.size }, (_, slot) => [
        Buffer.from(this.#key(slot)).toString('base64'),
        this.#high[slot] ?? 0,
        this.#errors[slot] ?? 0,
        this.#traffic[slot] ?? 0,
      ]),
      cells: Buffer.from(this.#cells.buffer).toString('base64'),
    };
  }

  /** Takes up a snapshot; only on a new instance of the same size. */
  restore({ saving, keys, cells }: TopListSnapshot): void {
    this.#saving.restore(saving);
    this.#grow();
    this.#cells = new Uint32Array(new Uint8Array(Buffer.from(cells, 'base64')).buffer);
    keys.slice(0, this.#saving.size).forEach(([key, high, errors, traffic], slot) => {
      const bytes = Buffer.from(key, 'base64').subarray(0, this.#keyBytesMax);
      this.#keys.set(bytes, slot * this.#keyBytesMax);
      this.#lengths[slot] = bytes.length;
      this.#high[slot] = high;
      this.#errors[slot] = errors;
      this.#traffic[slot] = traffic;
    });
  }
}

/** A key that fills its place may have been cut inside a UTF-8 character; the rest of it goes. */
function wholeCharacters(key: Uint8Array, keyBytesMax: number): Uint8Array {
  if (key.length < keyBytesMax) return key;
  let at = key.length - 1;
  while (at > key.length - 4 && ((key[at] ?? 0) & 0xc0) === 0x80) at--;
  const lead = key[at] ?? 0;
  const bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at + bytes > key.length ? key.subarray(0, at) : key;
}
