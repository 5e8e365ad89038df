/**
 * What is counted of the address of a client: its bytes as they are or, where they are to be made less
 * personal, those of its network; and their hash.
 *
 * Owns a cache from addresses to these keys (key-cache.ts); what it forgets is worked out again, so it
 * is in no checkpoint.
 */
import type { ByteHash } from './byte-hash.ts';
import { maskAddress, MASKED_BYTES_MAX } from './client-address.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './key-cache.ts';
import type { TopKey } from './top-key.ts';

/** More than an address can have (45), so that one that is cut is none. */
const ADDRESS_BYTES_MAX = 48;
const SLOTS = 16_384;
const ADDRESSES: KeyCacheOptions = {
  slots: SLOTS,
  keyBytesMax: ADDRESS_BYTES_MAX,
  rowsMax: ROWS_MAX,
};

/** Bytes that a ClientTable takes out of the region of its ByteHash. */
export const CLIENT_TABLE_BYTES = keyCacheBytes(ADDRESSES);

export class ClientTable {
  readonly #hash: ByteHash;
  readonly #cache: KeyCache;
  readonly #isMasked: boolean;
  /** Per slot, where addresses are masked: the network, the length of its text, its hash. */
  readonly #networks: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  constructor(hash: ByteHash, isMasked: boolean) {
    const slots = isMasked ? SLOTS : 0;
    this.#hash = hash;
    this.#cache = new KeyCache(hash, ADDRESSES);
    this.#isMasked = isMasked;
    this.#networks = new Uint8Array(slots * MASKED_BYTES_MAX);
    this.#lengths = new Uint8Array(slots);
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
  }

  /** Per row start and end of its address, and after `findRows()` its slot. */
  get spans(): Int32Array {
    return this.#cache.spans;
  }

  get found(): Int32Array {
    return this.#cache.found;
  }

  /** Finds the slots of the first `rows` rows, at most ROWS_MAX; returns of how many. */
  findRows(bytes: Uint8Array, rows: number): number {
    return this.#cache.findRows(bytes, rows, (slot, start, end) => {
      if (this.#isMasked) this.#mask(slot, bytes, start, Math.min(end, start + ADDRESS_BYTES_MAX));
    });
  }

  #mask(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const at = slot * MASKED_BYTES_MAX;
    const network = this.#networks.subarray(at, at + MASKED_BYTES_MAX);
    const length = maskAddress(bytes, start, end, network);
    this.#lengths[slot] = length;
    this.#low[slot] = this.#hash.hash(network, 0, length);
    this.#high[slot] = this.#hash.lanes[1] ?? 0;
  }

  /** The key of the address `bytes[start, end)`, which has been found in `slot`. */
  read(slot: number, bytes: Uint8Array, start: number, end: number, into: TopKey): void {
    if (this.#isMasked) {
      const at = slot * MASKED_BYTES_MAX;
      const low = this.#low[slot] ?? 0;
      into.set(this.#networks, at, this.#lengths[slot] ?? 0, low, this.#high[slot] ?? 0);
      into.id = -1;
      return;
    }
    const length = Math.min(end - start, ADDRESS_BYTES_MAX);
    into.set(bytes, start, length, this.#cache.lowOf(slot), this.#cache.highOf(slot));
    into.id = slot;
  }
}
