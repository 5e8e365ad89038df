import type { ByteHash } from '../../wasm/byte-hash.ts';
import { ASK, KEY_HIGH, KEY_LENGTH, KEY_LOW, KEY_WORDS, KeyWords } from './key-words.ts';
import { Redactor } from './redact.ts';
import { PATH_BYTES_MAX } from '../request-path.ts';
import { Unescaper } from '../../text/unescaper.ts';

/**
 * Keys of the top lists: bytes with their hash, borrowed until the next line.
 *
 * What goes into a list has lost its escapes and been made fit to be stored before it is counted, so
 * that neither a checkpoint nor a point holds what should not be kept, and no escape hides it.
 */

/** Of a longer key only so many bytes count. */
export const TOP_KEY_BYTES_MAX = 200;

/** Secrets are looked for in so many bytes of a URL: as long as nginx takes a request line to be. */
const URL_BYTES_MAX = 8192;
const QUESTION = 0x3f;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const DELETE = 0x7f;

/** In place of a length: the key is not the same for all that share the slot. */
const MADE_ANEW = -2;

/**
 * Makes `bytes[0, length)` what it is stored as, so that two keys that would be shown alike are
 * counted as one: control characters and backslashes become `_`, spaces at the end go. Returns the length.
 */
export function storableLength(bytes: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) if (isUnsafe(bytes[i] ?? 0)) bytes[i] = UNDERSCORE;
  let end = length;
  while (end > 0 && bytes[end - 1] === SPACE) end--;
  return end;
}

/** Whether `storableLength()` would change nothing in `bytes[start, end)`. */
export function isStorable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (isUnsafe(bytes[at] ?? 0)) return false;
  return end === start || bytes[end - 1] !== SPACE;
}

function isUnsafe(byte: number): boolean {
  return byte < SPACE || byte === DELETE || byte === BACKSLASH;
}

/** The bytes of one key; length 0: there is none. */
export class TopKey {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;
  low = 0;
  high = 0;

  clear(): void {
    this.length = 0;
  }

  /** Points at `length` bytes whose hash is known. */
  set(bytes: Uint8Array, start: number, length: number, low: number, high: number): void {
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.low = low;
    this.high = high;
  }
}

/** The keys of the rows that were looked up last, by the slots of a cache. */
export interface KeyColumn {
  /** Per row: the slot of its key. */
  readonly found: Int32Array;
  /** A length of 0 stands for no key, one below for having to ask `read()`. */
  readonly words: KeyWords;
  /** The key of a row with its bytes, borrowed until the next call. */
  read(at: number, into: TopKey): void;
}

/**
 * The keys of URLs, by the slots that a cache has for the part of them that counts. Most URLs hold
 * nothing to take out; of those the slot remembers length and hash, and the bytes are used where they
 * are. The others are made anew each time.
 */
export class UrlKeys implements KeyColumn {
  readonly found: Int32Array;
  readonly words: KeyWords;
  /** The bytes that `spans` point into. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly #spans: Int32Array;
  readonly #hash: ByteHash;
  readonly #redactor: Redactor;
  readonly #unescaper = new Unescaper(URL_BYTES_MAX);
  readonly #keepQuery: boolean;

  /** `spans` and `found` are those of the cache, of `slots` slots. */
  constructor(
    hash: ByteHash,
    { spans, found }: { readonly spans: Int32Array; readonly found: Int32Array },
    slots: number,
    keepQuery: boolean,
  ) {
    this.found = found;
    this.words = new KeyWords(hash, slots);
    this.#spans = spans;
    this.#hash = hash;
    this.#redactor = new Redactor(TOP_KEY_BYTES_MAX, keepQuery);
    this.#keepQuery = keepQuery;
  }

  /** URLs are of a log that escapes nothing (or of one that does) from now on; all slots are new. */
  startAnew(isRaw: boolean): void {
    this.#unescaper.isRaw = isRaw;
    this.words.ofSlot.fill(ASK);
  }

  /** The slot belongs to another URL from now on. */
  forget(slot: number, start: number, end: number): void {
    this.words.ofSlot[KEY_WORDS * slot + KEY_LENGTH] = start === end ? 0 : ASK;
  }

  read(at: number, into: TopKey): void {
    const start = this.#spans[2 * at] ?? 0;
    const end = this.#spans[2 * at + 1] ?? 0;
    const slot = this.found[at] ?? 0;
    const word = KEY_WORDS * slot;
    const { ofSlot: words } = this.words;
    const known = words[word + KEY_LENGTH] ?? ASK;
    if (known >= 0) {
      into.set(this.bytes, start, known, words[word + KEY_LOW] ?? 0, words[word + KEY_HIGH] ?? 0);
      return;
    }
    const redactor = this.#redactor;
    // A log that escapes nothing, or little as JSON does, may hold what is not stored as it is.
    const isClean = this.#redact(start, end) && isStorable(redactor.bytes, 0, redactor.length);
    const length = isClean ? redactor.length : storableLength(redactor.bytes, redactor.length);
    const low = this.#hash.hash(redactor.bytes, 0, length);
    into.set(redactor.bytes, 0, length, low, this.#hash.lanes[1] ?? 0);
    if (known !== ASK) return;
    // What a cache cuts off, or queries, may differ from URL to URL of one slot.
    const isWhole = end - start < PATH_BYTES_MAX && !this.#keepQuery;
    this.words.put(slot, isClean && isWhole && length > 0 ? length : MADE_ANEW, low, into.high);
  }

  /** True when the result is the beginning of the URL as it stands in `bytes`. */
  #redact(start: number, end: number): boolean {
    const { bytes } = this;
    // Queries that are not kept need not be read, whatever they hold.
    const until = this.#keepQuery ? end : this.#hash.indexOf(bytes, start, end, QUESTION);
    const unescaper = this.#unescaper;
    if (!unescaper.read(bytes, start, until)) return this.#redactor.redact(bytes, start, until);
    this.#redactor.redact(unescaper.bytes, 0, unescaper.length);
    return false;
  }
}
