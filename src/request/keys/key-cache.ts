/**
 * Remembers, for the byte strings that come again and again (paths, user agents), which slot their
 * answer stands in, so that the answer is worked out once. Known keys of many rows are looked up in
 * one call (byte-hash.wat): 10 to 20 ns a row, nothing allocated.
 *
 * Owns a fixed number of slots in sets of four; a key is cut at `keyBytesMax`, so its answer must
 * depend on that many bytes only. A new key takes the slot of a key of its set that has come once
 * only, else of the one that has gone unused for longest; so keys that come once push each other out.
 * What is forgotten is only work: the answers are functions of the key, so the cache is in no
 * checkpoint.
 *
 * For many rows: fill `spans`, then `findRows()`. What it has found holds until the next call.
 */
import { ELSEWHERE, reservedBytes, type ByteHash } from '../../wasm/byte-hash.ts';

/** Rows that are looked up in one go. */
export const ROWS_MAX = 512;

const WAYS = 4;
/**
 * Per slot, in 32-bit words: both lanes of the key's hash, its length or FREE, and the turn of its last
 * use, an even number, or, with the lowest bit set, of its coming.
 */
const ENTRY_WORDS = 4;
const LENGTH = 2;
const USED_AT = 3;
const FREE = -1;
const CAME_ONCE = 1;

/** What byte-hash.wat needs to know, in 32-bit words; the names are those of the fields. */
const HEAD = {
  setMask: 0,
  entriesAt: 1,
  keysAt: 2,
  keyBytesMax: 3,
  turn: 4,
  spansAt: 5,
  foundAt: 6,
  cutAt: 7,
  keyStrideBytes: 8,
  freshCount: 9,
  freshAt: 10,
  notesAt: 11,
  /** Written by byte-hash.wat, for nobody. */
  fetched: 12,
};
const HEAD_WORDS = 13;
/** Per row, for the time of a search: hash and length of its key. */
const NOTE_BYTES = 16;
const NO_CUT = -1;
/** Keys are copied in such pieces. */
const PIECE_BYTES = 16;
/** Long keys stand so much further apart, so that their beginnings do not compete for one part of the processor's cache. */
const LONG_KEY_BYTES = 128;
const LONG_KEY_GAP_BYTES = 64;
/** Head and entries begin at a line of the processor's cache: a set is one line. */
const HEAD_BYTES = 64;

export interface KeyCacheOptions {
  /** A power of two, at least 4. */
  readonly slots: number;
  readonly keyBytesMax: number;
  /** The most rows of one `findRows()`; 0 if not given. */
  readonly rowsMax?: number;
  /** A key ends before the first of these bytes. */
  readonly cutAt?: number;
}

export class KeyCache {
  /** Per row start and end of its key, indexes into the bytes; end < start is not allowed. */
  readonly spans: Int32Array;
  /** Per row the slot that was found. */
  readonly found: Int32Array;
  /** Keys that were not there, since the process started. */
  misses = 0;
  readonly #hash: ByteHash;
  readonly #keyBytesMax: number;
  readonly #cutAt: number;
  readonly #setMask: number;
  readonly #head: Int32Array;
  readonly #headAt: number;
  readonly #keysAt: number;
  readonly #keyStrideBytes: number;
  /** Rows whose key was new in the last `findRows()`, `freshCount` of them. */
  readonly #fresh: Int32Array;
  readonly #entries: Int32Array;
  /** Of the key that was looked for last. */
  #low = 0;
  #high = 0;
  #at = 0;
  #length = 0;

  /** Takes `keyCacheBytes()` out of the hash's region. */
  constructor(hash: ByteHash, options: KeyCacheOptions) {
    const { slots, keyBytesMax, rowsMax = 0, cutAt = NO_CUT } = options;
    const { buffer } = hash.memory;
    this.#hash = hash;
    this.#keyBytesMax = keyBytesMax;
    this.#cutAt = cutAt;
    this.#setMask = slots / WAYS - 1;
    const at = hash.reserve(ownBytes(options));
    const entriesAt = at + HEAD_BYTES;
    const spansAt = entriesAt + 4 * ENTRY_WORDS * slots;
    const foundAt = spansAt + 8 * rowsMax;
    const freshAt = foundAt + 4 * rowsMax;
    this.#headAt = at;
    const notesAt = freshAt + 4 * rowsMax;
    this.#keysAt = notesAt + NOTE_BYTES * rowsMax;
    this.#keyStrideBytes = keyStride(keyBytesMax);
    this.#fresh = new Int32Array(buffer, freshAt, rowsMax);
    this.#head = new Int32Array(buffer, at, HEAD_WORDS);
    this.#entries = new Int32Array(buffer, entriesAt, ENTRY_WORDS * slots).fill(0);
    this.clear();
    this.spans = new Int32Array(buffer, spansAt, 2 * rowsMax);
    this.found = new Int32Array(buffer, foundAt, rowsMax);
    this.#head[HEAD.setMask] = this.#setMask;
    this.#head[HEAD.entriesAt] = entriesAt;
    this.#head[HEAD.keysAt] = this.#keysAt;
    this.#head[HEAD.keyBytesMax] = keyBytesMax;
    this.#head[HEAD.turn] = 0;
    this.#head[HEAD.spansAt] = spansAt;
    this.#head[HEAD.foundAt] = foundAt;
    this.#head[HEAD.cutAt] = cutAt;
    this.#head[HEAD.keyStrideBytes] = this.#keyStrideBytes;
    this.#head[HEAD.freshAt] = freshAt;
    this.#head[HEAD.notesAt] = notesAt;
  }

  /** Forgets all keys. */
  clear(): void {
    const entries = this.#entries;
    for (let at = LENGTH; at < entries.length; at += ENTRY_WORDS) entries[at] = FREE;
  }

  /** The lanes of the hash of the key in a slot. */
  lowOf(slot: number): number {
    return this.#entries[ENTRY_WORDS * slot] ?? 0;
  }

  highOf(slot: number): number {
    return this.#entries[ENTRY_WORDS * slot + 1] ?? 0;
  }

  /**
   * The slot of `bytes[start, end)`. A key that was not there gets one, and the result is `~slot`
   * (negative): the caller then puts the answer for the key into that slot.
   */
  find(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#lookUp(bytes, start, end);
    if (slot >= 0) return slot;
    const given = this.#enter(true);
    this.#nextTurn();
    return ~given;
  }

  /** Slots that were in use may be given away from now on. */
  #nextTurn(): void {
    this.#head[HEAD.turn] = ((this.#head[HEAD.turn] ?? 0) + 2) | 0;
  }

  /**
   * Finds the slots of the first `rows` rows, whose keys are spans of `bytes`. For a key that was not
   * there it calls `enter` with the slot and the row's span, and the callee puts the answer into that
   * slot. Returns how many rows it has found: fewer, but at least one, when the keys of one run need
   * more slots of a set than there are.
   */
  findRows(
    bytes: Uint8Array,
    rows: number,
    enter: (slot: number, start: number, end: number) => void,
  ): number {
    this.#nextTurn();
    const base = this.#hash.baseOf(bytes);
    if (base === ELSEWHERE) return this.#findElsewhere(bytes, rows, enter);
    const done = this.#hash.findAll(this.#headAt, base, rows);
    const fresh = this.#head[HEAD.freshCount] ?? 0;
    this.misses += fresh;
    for (let i = 0; i < fresh; i++) {
      const row = this.#fresh[i] ?? 0;
      enter(this.found[row] ?? 0, this.spans[2 * row] ?? 0, this.spans[2 * row + 1] ?? 0);
    }
    return done;
  }

  /** The same for bytes that lie in another memory, row by row. */
  #findElsewhere(
    bytes: Uint8Array,
    rows: number,
    enter: (slot: number, start: number, end: number) => void,
  ): number {
    for (let row = 0; row < rows; row++) {
      const start = this.spans[2 * row] ?? 0;
      const end = this.spans[2 * row + 1] ?? 0;
      const known = this.#lookUp(bytes, start, end);
      const slot = known >= 0 ? known : this.#enter(row === 0);
      if (slot < 0) return row;
      this.found[row] = slot;
      if (known < 0) enter(slot, start, end);
    }
    return rows;
  }

  #lookUp(bytes: Uint8Array, start: number, end: number): number {
    const hash = this.#hash;
    let until = Math.min(end, start + this.#keyBytesMax);
    if (this.#cutAt !== NO_CUT) until = hash.indexOf(bytes, start, until, this.#cutAt);
    const length = until - start;
    const at = hash.addressOf(bytes, start, until);
    const low = hash.hashAt(at, length);
    const high = hash.lanes[1] ?? 0;
    this.#low = low;
    this.#high = high;
    this.#at = at;
    this.#length = length;
    const entries = this.#entries;
    const first = (low & this.#setMask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      const entry = ENTRY_WORDS * slot;
      if (entries[entry] !== low || entries[entry + 1] !== high) continue;
      if (entries[entry + LENGTH] !== length) continue;
      if (hash.same(at, this.#keysAt + slot * this.#keyStrideBytes, length) === 0) continue;
      entries[entry + USED_AT] = this.#head[HEAD.turn] ?? 0;
      return slot;
    }
    return -1;
  }

  /** Gives the key that was looked for last a slot, or -1 when all that may be given away are in use. */
  #enter(mayTakeUsed: boolean): number {
    const slot = this.#victim(mayTakeUsed);
    if (slot < 0) return slot;
    const to = this.#keysAt + slot * this.#keyStrideBytes;
    this.#hash.memory.copyWithin(to, this.#at, this.#at + this.#length);
    const entry = ENTRY_WORDS * slot;
    const entries = this.#entries;
    entries[entry] = this.#low;
    entries[entry + 1] = this.#high;
    entries[entry + LENGTH] = this.#length;
    entries[entry + USED_AT] = (this.#head[HEAD.turn] ?? 0) | CAME_ONCE;
    this.misses++;
    return slot;
  }

  #victim(mayTakeUsed: boolean): number {
    const turn = this.#head[HEAD.turn] ?? 0;
    const first = (this.#low & this.#setMask) * WAYS;
    let victim = -1;
    let victimRank = -1;
    for (let i = 0; i < WAYS; i++) {
      // The hash of the new key says where to begin, so that no way of the set is always the first.
      const slot = first + (((this.#high >>> 3) + i) & (WAYS - 1));
      const entry = ENTRY_WORDS * slot;
      if (this.#entries[entry + LENGTH] === FREE) return slot;
      const usedAt = this.#entries[entry + USED_AT] ?? 0;
      const age = (turn - (usedAt & ~CAME_ONCE)) >>> 0;
      if (age === 0 && !mayTakeUsed) continue;
      const rank = (usedAt & CAME_ONCE) === 0 ? age : age + 2 ** 32;
      if (rank <= victimRank) continue;
      victim = slot;
      victimRank = rank;
    }
    return victim;
  }
}

/** From the beginning of one key to that of the next. */
function keyStride(keyBytesMax: number): number {
  const bytes = PIECE_BYTES * Math.ceil(keyBytesMax / PIECE_BYTES);
  return bytes < LONG_KEY_BYTES ? bytes : bytes + LONG_KEY_GAP_BYTES;
}

function ownBytes({ slots, keyBytesMax, rowsMax = 0 }: KeyCacheOptions): number {
  return (
    HEAD_BYTES + slots * (4 * ENTRY_WORDS + keyStride(keyBytesMax)) + (16 + NOTE_BYTES) * rowsMax
  );
}

/** Bytes of the hash's region that a cache of this size takes. */
export function keyCacheBytes(options: KeyCacheOptions): number {
  return reservedBytes(ownBytes(options));
}
