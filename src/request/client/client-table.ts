/**
 * What is counted of the address of a client: its bytes as they are or, where they are to be made less
 * personal, those of its network; and their hash.
 *
 * Owns a cache from addresses to these keys (key-cache.ts); what it forgets is worked out again, so it
 * is in no checkpoint.
 */
import type { ByteHash } from '../../wasm/byte-hash.ts';
import type { CountryTable } from './country.ts';
import { addressText, maskAddress, MASKED_BYTES_MAX } from './client-address.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from '../keys/key-cache.ts';
import {
  KEY_HIGH,
  KEY_LENGTH,
  KEY_LOW,
  KEY_WORDS,
  KeyWords,
  keyWordsBytes,
} from '../keys/key-words.ts';
import type { KeyColumn, TopKey } from '../keys/top-key.ts';

/** More than an address can have (45), so a text that is cut is never an address. */
const ADDRESS_BYTES_MAX = 48;
const SLOTS = 16_384;
const ADDRESSES: KeyCacheOptions = {
  slots: SLOTS,
  keyBytesMax: ADDRESS_BYTES_MAX,
  rowsMax: ROWS_MAX,
};

/** Bytes that a ClientTable takes out of the region of its ByteHash. */
export const CLIENT_TABLE_BYTES = keyCacheBytes(ADDRESSES) + keyWordsBytes(SLOTS);

export class ClientTable implements KeyColumn {
  /** Per slot: the number of the country; empty without a table of countries. */
  readonly countries: Uint16Array;
  readonly words: KeyWords;
  /** The bytes that `spans` point into. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly #cache: KeyCache;
  readonly #isMasked: boolean;
  readonly #countryTable: CountryTable | undefined;
  #countryVersion = 0;
  /** Per slot, where addresses are masked: the text of the network. */
  readonly #networks: Uint8Array;

  constructor(hash: ByteHash, isMasked: boolean, countries?: CountryTable) {
    this.#cache = new KeyCache(hash, ADDRESSES);
    this.words = new KeyWords(hash, SLOTS);
    this.#isMasked = isMasked;
    this.#countryTable = countries;
    this.countries = new Uint16Array(countries === undefined ? 0 : SLOTS);
    this.#networks = new Uint8Array(isMasked ? SLOTS * MASKED_BYTES_MAX : 0);
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
    this.bytes = bytes;
    if (this.#countryTable !== undefined && this.#countryTable.version !== this.#countryVersion) {
      this.#countryVersion = this.#countryTable.version;
      this.#cache.clear();
    }
    return this.#cache.findRows(bytes, rows, (slot, start, end) => {
      const until = Math.min(end, start + ADDRESS_BYTES_MAX);
      if (this.#isMasked && end > start) this.#mask(slot, bytes, start, until);
      else this.words.put(slot, until - start, this.#cache.lowOf(slot), this.#cache.highOf(slot));
      if (this.#countryTable !== undefined) this.#findCountry(slot, bytes, start, until);
    });
  }

  #mask(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const at = slot * MASKED_BYTES_MAX;
    const network = this.#networks.subarray(at, at + MASKED_BYTES_MAX);
    this.words.putKey(slot, network, 0, maskAddress(bytes, start, end, network));
  }

  /** Of a masked address the country of its network: nothing is asked that is not kept. */
  #findCountry(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const address = addressText(bytes, start, end, this.#isMasked);
    this.countries[slot] = address === '' ? 0 : (this.#countryTable?.numberOf(address) ?? 0);
  }

  read(at: number, into: TopKey): void {
    const slot = this.found[at] ?? 0;
    const word = KEY_WORDS * slot;
    const { ofSlot: words } = this.words;
    const length = words[word + KEY_LENGTH] ?? 0;
    const bytes = this.#isMasked ? this.#networks : this.bytes;
    const start = this.#isMasked ? slot * MASKED_BYTES_MAX : (this.spans[2 * at] ?? 0);
    into.set(bytes, start, length, words[word + KEY_LOW] ?? 0, words[word + KEY_HIGH] ?? 0);
  }
}
