/**
 * The server that answered, from nginx's `$upstream_addr` (ngx_http_upstream_module): the addresses
 * of all tries, `a, b` where nginx went on to another server, `a : b` after an internal redirect to
 * another group. The last one answered; each comma is a retry.
 *
 * Owns a cache from lists to answers (key-cache.ts); what it forgets is worked out again.
 */
import type { ByteHash } from '../wasm/byte-hash.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './keys/key-cache.ts';
import { Unescaper } from '../text/unescaper.ts';

const SLOTS = 512;
/** A longer list is cut at its beginning: the last address is what counts. */
const LIST_BYTES_MAX = 256;
const LISTS: KeyCacheOptions = { slots: SLOTS, keyBytesMax: LIST_BYTES_MAX, rowsMax: ROWS_MAX };
const ZERO = 0x30;
const DOT = 0x2e;
const MS_DIGITS = 3;
/** What a column of 32 bits holds. */
const TIME_MS_MAX = 2 ** 31 - 1;
const COMMA = 0x2c;
const SPACE = 0x20;
const ABSENT = '-';

/** Bytes that an UpstreamTable takes out of the region of its ByteHash. */
export const UPSTREAM_TABLE_BYTES = keyCacheBytes(LISTS);

export class UpstreamTable {
  /** Per slot: the last address as a tag value, empty when the last try had none. */
  readonly names: string[] = new Array<string>(SLOTS).fill('');
  /** Per slot: a hash of the name, signed. */
  readonly hashes = new Int32Array(SLOTS);
  readonly retries = new Uint8Array(SLOTS);
  readonly #hash: ByteHash;
  readonly #safeName: (text: string) => string;
  readonly #cache: KeyCache;
  readonly #unescaper = new Unescaper(LIST_BYTES_MAX);
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();

  constructor(hash: ByteHash, safeName: (text: string) => string) {
    this.#hash = hash;
    this.#safeName = safeName;
    this.#cache = new KeyCache(hash, LISTS);
  }

  /** Lists are of a log that escapes nothing (or of one that does) from now on. */
  startAnew(isRaw: boolean): void {
    this.#unescaper.isRaw = isRaw;
    this.#cache.clear();
  }

  /** Per row, after `findRows()`: the slot of its list. */
  get found(): Int32Array {
    return this.#cache.found;
  }

  /** Per row start and end of its list. */
  get spans(): Int32Array {
    return this.#cache.spans;
  }

  /** Finds the slots of the lists of the first `rows` rows, at most ROWS_MAX; returns of how many. */
  findRows(bytes: Uint8Array, rows: number): number {
    const { spans } = this.#cache;
    for (let at = 0; at < rows; at++) {
      spans[2 * at] = Math.max(spans[2 * at] ?? 0, (spans[2 * at + 1] ?? 0) - LIST_BYTES_MAX);
    }
    return this.#cache.findRows(bytes, rows, (slot, start, end) => {
      const unescaper = this.#unescaper;
      if (!unescaper.read(bytes, start, end)) this.#enter(slot, bytes, start, end);
      else this.#enter(slot, unescaper.bytes, 0, unescaper.length);
    });
  }

  #enter(slot: number, bytes: Uint8Array, start: number, end: number): void {
    let last = end;
    while (last > start && bytes[last - 1] !== SPACE) last--;
    let retries = 0;
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) retries++;
    const address = this.#decoder.decode(bytes.subarray(last, end));
    const name = address === '' || address === ABSENT ? '' : this.#safeName(address);
    this.names[slot] = name;
    const encoded = this.#encoder.encode(name);
    this.hashes[slot] = this.#hash.hash(encoded, 0, encoded.length);
    this.retries[slot] = Math.min(retries, 255);
  }
}

/**
 * The last of the times in a list such as nginx's `$upstream_response_time`, `0.100, 0.052 : 1.3`: that
 * of the server which answered. In ms, -1 where it is none.
 */
export function lastTimeMs(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] !== SPACE) at--;
  if (at === end) return -1;
  let ms = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === DOT && decimals < 0) {
      decimals = 0;
      continue;
    }
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9 || ms > TIME_MS_MAX) return -1;
    // Beyond milliseconds nothing counts.
    if (decimals === MS_DIGITS) continue;
    ms = 10 * ms + digit;
    if (decimals >= 0) decimals++;
  }
  for (let i = Math.max(0, decimals); i < MS_DIGITS; i++) ms *= 10;
  return ms > TIME_MS_MAX ? -1 : ms;
}
