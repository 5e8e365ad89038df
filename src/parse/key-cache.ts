/**
 * Remembers, for the byte strings that come again and again (paths, user agents), which slot their
 * answer stands in, so that the answer is worked out once: 30 to 40 ns for a known key, nothing
 * allocated.
 *
 * Owns a fixed number of slots in sets of four; a key is cut at `keyBytesMax`, so its answer must
 * depend on that many bytes only. A new key takes the slot of its set that has gone unused for the
 * longest round. What is forgotten is only work: the answers are functions of the key, so the cache
 * is in no checkpoint.
 */
import type { ByteHash } from './byte-hash.ts';

const WAYS = 4;

export class KeyCache {
  readonly slots: number;
  readonly keyBytesMax: number;
  /** Keys that were not there, since the process started. */
  misses = 0;
  readonly #hash: ByteHash;
  readonly #setMask: number;
  readonly #keysAt: number;
  /** -1: the slot is free. */
  readonly #lengths: Int32Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  /** Used since the last round of its set. */
  readonly #used: Uint8Array;

  /** `slots` must be a power of two, at least 4; takes `keyCacheBytes()` out of the hash's region. */
  constructor(hash: ByteHash, slots: number, keyBytesMax: number) {
    this.slots = slots;
    this.keyBytesMax = keyBytesMax;
    this.#hash = hash;
    this.#setMask = slots / WAYS - 1;
    this.#keysAt = hash.reserve(keyCacheBytes(slots, keyBytesMax));
    this.#lengths = new Int32Array(slots).fill(-1);
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
    this.#used = new Uint8Array(slots);
  }

  /**
   * The slot of `bytes[start, end)`. A key that was not there gets one, and the result is `~slot`
   * (negative): the caller then puts the answer for the key into that slot.
   */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, this.keyBytesMax);
    const hash = this.#hash;
    const at = hash.addressOf(bytes, start, start + length);
    const low = hash.hashAt(at, length);
    const high = hash.lanes[1] ?? 0;
    const first = (low & this.#setMask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#low[slot] !== low || this.#high[slot] !== high) continue;
      if (this.#lengths[slot] !== length) continue;
      if (hash.same(at, this.#keysAt + slot * this.keyBytesMax, length) === 0) continue;
      this.#used[slot] = 1;
      return slot;
    }
    const slot = this.#victim(first, high);
    const to = this.#keysAt + slot * this.keyBytesMax;
    hash.memory.copyWithin(to, at, at + length);
    this.#lengths[slot] = length;
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.misses++;
    return ~slot;
  }

  #victim(first: number, high: number): number {
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#lengths[slot] === -1) return slot;
    }
    // The hash of the new key says where to begin, so that no way of the set is always the first.
    for (let i = 0; i < WAYS; i++) {
      const slot = first + (((high >>> 3) + i) & (WAYS - 1));
      if (this.#used[slot] === 0) return slot;
    }
    this.#used.fill(0, first, first + WAYS);
    return first + ((high >>> 3) & (WAYS - 1));
  }
}

/** Bytes of the hash's region that a cache of this size takes. */
export function keyCacheBytes(slots: number, keyBytesMax: number): number {
  return slots * keyBytesMax;
}
