/**
 * What the top lists need of a key before they look at its bytes: both lanes of its hash, and its
 * length. By slot for all keys that a cache knows; by row for the rows that were looked up last,
 * because a list that goes from row to row would wait for the memory of a slot at each of them, and
 * `gather()` does not (byte-hash.wat).
 *
 * Owns a part of the hash's region.
 */
import { reservedBytes, type ByteHash } from '../../wasm/byte-hash.ts';
import { ROWS_MAX } from './key-cache.ts';

/**
 * Per slot and per row, in 32-bit words: both lanes of the key's hash, its length, and one in which a
 * list may note where it has the key (site-top-list.ts).
 */
export const KEY_WORDS = 4;
export const KEY_LOW = 0;
export const KEY_HIGH = 1;
export const KEY_LENGTH = 2;
export const KEY_HINT = 3;
/** In place of a length: the key is not known yet. */
export const ASK = -1;

const WORD_BYTES = 4;

export class KeyWords {
  /** KEY_WORDS words per slot. */
  readonly ofSlot: Int32Array;
  /** KEY_WORDS words per row. */
  readonly ofRow: Int32Array;
  readonly #hash: ByteHash;

  /** Nothing is known of the keys of `slots` slots. Takes `keyWordsBytes(slots)` of the region. */
  constructor(hash: ByteHash, slots: number) {
    const at = hash.reserve(ownBytes(slots));
    const { buffer } = hash.memory;
    this.#hash = hash;
    this.ofSlot = new Int32Array(buffer, at, KEY_WORDS * slots).fill(ASK);
    this.ofRow = new Int32Array(buffer, at + this.ofSlot.byteLength, KEY_WORDS * ROWS_MAX);
  }

  put(slot: number, length: number, low: number, high: number): void {
    const word = KEY_WORDS * slot;
    this.ofSlot[word + KEY_LOW] = low;
    this.ofSlot[word + KEY_HIGH] = high;
    this.ofSlot[word + KEY_LENGTH] = length;
  }

  /** The key is `bytes[start, end)`. */
  putKey(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const low = this.#hash.hash(bytes, start, end);
    this.put(slot, end - start, low, this.#hash.lanes[1] ?? 0);
  }

  /** Notes where a list has the key of a slot: saves time and nothing else. */
  hint(slot: number, hint: number): void {
    this.ofSlot[KEY_WORDS * slot + KEY_HINT] = hint;
  }

  /** Fills the first `rows` rows with what is known of their slots, `found`, which lies in the hash's memory. */
  gather(found: Int32Array, rows: number): void {
    this.#hash.gather(this.ofSlot.byteOffset, found.byteOffset, this.ofRow.byteOffset, rows);
  }
}

function ownBytes(slots: number): number {
  return WORD_BYTES * KEY_WORDS * (slots + ROWS_MAX);
}

/** Bytes of the hash's region that the words of so many slots take. */
export function keyWordsBytes(slots: number): number {
  return reservedBytes(ownBytes(slots));
}
