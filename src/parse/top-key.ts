import type { ByteHash } from './byte-hash.ts';
import { Redactor } from './redact.ts';
import { PATH_BYTES_MAX } from './request-path.ts';

/**
 * Keys of the top lists: bytes with their hash, borrowed until the next line.
 *
 * What goes into a list has been made fit to be stored before it is counted, so that neither a
 * checkpoint nor a point holds what should not be kept.
 */

/** Of a longer key only so many bytes count. */
export const TOP_KEY_BYTES_MAX = 200;

const MADE_ANEW = 0;
const UNKNOWN = -1;

export class TopKey {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  /** 0: there is none. */
  length = 0;
  low = 0;
  high = 0;
  /** A small number that mostly stands for this key, where the key came out of a cache; else -1. */
  id = -1;

  clear(): void {
    this.length = 0;
    this.low = 0;
    this.high = 0;
  }

  /** Points at `length` bytes whose hash is known. */
  set(bytes: Uint8Array, start: number, length: number, low: number, high: number): void {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.low = low;
    this.high = high;
  }

  /** Points at the beginning of a span. */
  setHashed(hash: ByteHash, bytes: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, TOP_KEY_BYTES_MAX);
    const low = hash.hash(bytes, start, start + length);
    this.id = -1;
    this.set(bytes, start, length, low, hash.lanes[1] ?? 0);
  }
}

/**
 * The key of a URL, from the slot that a cache has for the part of it that counts. Most URLs hold
 * nothing to take out; of those the slot remembers length and hash, and the bytes are used where they
 * are. The others are made anew each time.
 */
export class UrlKeys {
  readonly #hash: ByteHash;
  readonly #redactor: Redactor;
  readonly #keepQuery: boolean;
  /** Per slot: bytes of the key; MADE_ANEW; UNKNOWN. */
  readonly #lengths: Int16Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  constructor(hash: ByteHash, slots: number, keepQuery: boolean) {
    this.#hash = hash;
    this.#redactor = new Redactor(TOP_KEY_BYTES_MAX, keepQuery);
    this.#keepQuery = keepQuery;
    this.#lengths = new Int16Array(slots).fill(UNKNOWN);
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
  }

  /** The slot belongs to another URL from now on. */
  forget(slot: number): void {
    this.#lengths[slot] = UNKNOWN;
  }

  read(slot: number, bytes: Uint8Array, start: number, end: number, into: TopKey): void {
    const known = this.#lengths[slot] ?? UNKNOWN;
    if (known > 0) {
      into.set(bytes, start, known, this.#low[slot] ?? 0, this.#high[slot] ?? 0);
      into.id = slot;
      return;
    }
    const redactor = this.#redactor;
    const isClean = redactor.redact(bytes, start, end);
    into.setHashed(this.#hash, redactor.bytes, 0, redactor.length);
    if (known !== UNKNOWN) return;
    // What a cache cuts off, or queries, may differ from URL to URL of one slot.
    const isWhole = end - start < PATH_BYTES_MAX && !this.#keepQuery;
    this.#lengths[slot] = isClean && isWhole ? into.length : MADE_ANEW;
    this.#low[slot] = into.low;
    this.#high[slot] = into.high;
  }
}
