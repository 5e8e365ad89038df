/**
 * Finds the values of the known keys of one JSON line.
 *
 * Steps from quote to quote of the scanner's table: what stands within strings is never looked at,
 * but for the backslashes in front of a quote. A value that is missing where one belongs is absent,
 * as nginx leaves an unquoted variable without a value. No JSON.parse, string or object per line.
 *
 * What a log_format makes by hand need not be JSON. An unquoted value that holds commas or spaces (a
 * list of upstreams, a time) goes up to the next key or the end of the object; a comma too many or
 * missing is passed over. Clients can do neither: nginx escapes their quotes.
 *
 * Owns the places of the values of the line that was walked last; bytes are borrowed.
 */
import type { KeyTable } from './json-keys.ts';

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** No key of the slot has been found. */
export const NO_RANK = 255;
/** Objects within objects that are looked into. */
const DEPTH_MAX = 8;

/** What of the form a line should have had where the walk stopped. */
export type JsonForm = 'object' | 'key' | 'colon' | 'value' | 'string-end' | 'comma' | 'end';

export class JsonWalker {
  /** Where the last walk stopped, and what was missing there. */
  stoppedAt = 0;
  missing: JsonForm = 'object';
  /** By slot: rank of the value that was found (NO_RANK: none), and its place without its quotes. */
  readonly ranks: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #table: KeyTable;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #quotes: Int32Array = new Int32Array(0);
  #quote = 0;
  #lastQuote = 0;
  #valueStart = 0;
  #valueEnd = 0;
  readonly #parents = new Int32Array(DEPTH_MAX + 1);

  constructor(table: KeyTable) {
    this.#table = table;
    this.ranks = new Uint8Array(table.slotCount);
    this.starts = new Int32Array(table.slotCount);
    this.ends = new Int32Array(table.slotCount);
  }

  attach(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /** Whether `[start, end)` is one object; its quotes are `quotes` from `firstQuote` to `lastQuote`. */
  walk(
    start: number,
    end: number,
    quotes: Int32Array,
    firstQuote: number,
    lastQuote: number,
  ): boolean {
    this.#quotes = quotes;
    this.#quote = firstQuote;
    this.#lastQuote = lastQuote;
    this.ranks.fill(NO_RANK);
    return this.#walk(start, end);
  }

  #fails(at: number, missing: JsonForm): false {
    this.stoppedAt = at;
    this.missing = missing;
    return false;
  }

  /** The entry of the key `[start, end)`, or -1; an empty one has none. */
  #entryOf(start: number, end: number, parent: number): number {
    return start === end ? -1 : this.#table.find(this.#bytes, this.#view, start, end, parent);
  }

  #walk(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const table = this.#table;
    let p = this.#skipSpace(start, end);
    if (p >= end || bytes[p] !== BRACE) return this.#fails(p, 'object');
    let depth = 0;
    this.#parents[0] = 0;
    p++;
    let isFirst = true;
    let entry = -1;
    for (;;) {
      p = this.#skipSpace(p, end);
      const byte = p < end ? bytes[p] : 0;
      if (byte === BRACE_END) {
        p = this.#skipSpace(p + 1, end);
        if (depth === 0) return p === end || this.#isLastComma(p, end) || this.#fails(p, 'end');
        depth--;
        isFirst = false;
        this.#valueStart = -1;
        continue;
      }
      if (byte === COMMA && !isFirst && bytes[p + 1] === QUOTE) p++;
      else {
        p = this.#toKey(p, end, entry, isFirst);
        if (p < 0) return false;
        if (bytes[p] !== QUOTE) continue;
      }
      isFirst = false;
      const keyEnd = this.#stringEnd();
      if (keyEnd < 0) return this.#fails(end, 'string-end');
      entry = this.#entryOf(p + 1, keyEnd, this.#parents[depth] ?? 0);
      p = this.#skipSpace(keyEnd + 1, end);
      if (p >= end || bytes[p] !== COLON) return this.#fails(p, 'colon');
      p = this.#skipSpace(p + 1, end);
      if (p < end && bytes[p] === BRACE) {
        const parent = entry < 0 ? -1 : table.childParent(entry);
        if (parent >= 0 && depth < DEPTH_MAX) {
          this.#parents[++depth] = parent;
          isFirst = true;
          p++;
          continue;
        }
      }
      p = this.#value(p, end);
      if (p < 0) return false;
      if (entry >= 0) this.#keep(entry);
    }
  }

  /** From behind a value to the quote of the next key, or to where else the walk goes on; -1 for nowhere. */
  #toKey(from: number, end: number, entry: number, isFirst: boolean): number {
    const bytes = this.#bytes;
    const byte = from < end ? bytes[from] : 0;
    if (byte === QUOTE) return from;
    const hasComma = !isFirst && byte === COMMA;
    if (hasComma) {
      const p = this.#skipSpace(from + 1, end);
      if (p < end && (bytes[p] === QUOTE || bytes[p] === BRACE_END)) return p;
    }
    const on = isFirst ? -1 : this.#goOn(from, end, entry);
    if (on < 0) this.#fails(from, isFirst || hasComma ? 'key' : 'comma');
    return on;
  }

  /**
   * Where the unquoted value that was read last ends indeed, when what follows it is neither a key nor
   * the end of the object; -1 when there was none.
   */
  #goOn(from: number, end: number, entry: number): number {
    const bytes = this.#bytes;
    const value = this.#valueStart;
    if (value < 0 || bytes[value - 1] === QUOTE || bytes[value] === BRACE) return -1;
    const quote = this.#quote < this.#lastQuote ? (this.#quotes[this.#quote] ?? 0) : end;
    let p = this.#skipBack(quote, from);
    if (quote < end) {
      // An escaped quote is part of a value, and so is one behind anything but a comma.
      if (p <= from || bytes[p - 1] !== COMMA) return -1;
      p = this.#skipBack(p - 1, from);
    }
    const beforeBraces = p;
    while (p > from && bytes[p - 1] === BRACE_END) p = this.#skipBack(p - 1, from);
    if (p === from || (quote >= end && p === beforeBraces)) return -1;
    const slot = entry < 0 ? -1 : this.#table.slot(entry);
    if (slot >= 0 && this.starts[slot] === this.#valueStart) this.ends[slot] = p;
    return p;
  }

  #skipBack(at: number, from: number): number {
    let p = at;
    while (p > from && (this.#bytes[p - 1] === SPACE || this.#bytes[p - 1] === TAB)) p--;
    return p;
  }

  /** Records put together to an array have a comma behind them. */
  #isLastComma(at: number, end: number): boolean {
    return at + 1 === end && this.#bytes[at] === COMMA;
  }

  /** Passes over the value that begins at `at`; its place without quotes is in `#valueStart/End`. */
  #value(at: number, end: number): number {
    const bytes = this.#bytes;
    const first = at < end ? bytes[at] : 0;
    if (first === QUOTE) {
      const close = this.#stringEnd();
      if (close < 0) {
        this.#fails(end, 'string-end');
        return -1;
      }
      this.#valueStart = at + 1;
      this.#valueEnd = close;
      return close + 1;
    }
    if (first === BRACE || first === BRACKET) {
      this.#valueStart = at;
      this.#valueEnd = at;
      if (first === BRACKET && bytes[at + 1] === QUOTE) return this.#list(at, end);
      return this.#nested(at, end, 0);
    }
    let p = at;
    while (p < end && !isScalarEnd(bytes[p] ?? 0)) p++;
    this.#valueStart = at;
    this.#valueEnd = isNull(bytes, at, p) ? at : p;
    if (p >= end) {
      this.#fails(p, 'value');
      return -1;
    }
    return p;
  }

  /** Of an array of strings the first counts: headers are logged so. */
  #list(at: number, end: number): number {
    const close = this.#stringEnd();
    if (close < 0) return this.#nested(end, end, 1);
    this.#valueStart = at + 2;
    this.#valueEnd = close;
    return this.#nested(close + 1, end, 1);
  }

  /** Passes over the rest of an object or array, `depthAtStart` of which have begun before. */
  #nested(at: number, end: number, depthAtStart: number): number {
    const bytes = this.#bytes;
    let depth = depthAtStart;
    let p = at;
    while (p < end) {
      const byte = bytes[p];
      if (byte === QUOTE) {
        const close = this.#stringEnd();
        if (close < 0) break;
        p = close;
      } else if (byte === BRACE || byte === BRACKET) {
        depth++;
      } else if (byte === BRACE_END || byte === BRACKET_END) {
        depth--;
        if (depth === 0) return p + 1;
      }
      p++;
    }
    this.#fails(end, 'value');
    return -1;
  }

  /** The end of the string that begins at the next quote, and moves on past it; -1 when there is none. */
  #stringEnd(): number {
    const bytes = this.#bytes;
    const quotes = this.#quotes;
    let q = this.#quote + 1;
    for (; q < this.#lastQuote; q++) {
      const close = quotes[q] ?? 0;
      if (bytes[close - 1] !== BACKSLASH || !isEscaped(bytes, close)) {
        this.#quote = q + 1;
        return close;
      }
    }
    return -1;
  }

  #keep(entry: number): void {
    const slot = this.#table.slot(entry);
    const rank = this.#table.rank(entry);
    if (slot < 0 || rank >= (this.ranks[slot] ?? 0)) return;
    this.ranks[slot] = rank;
    this.starts[slot] = this.#valueStart;
    this.ends[slot] = this.#valueEnd;
  }

  #skipSpace(at: number, end: number): number {
    const bytes = this.#bytes;
    let p = at;
    while (p < end && (bytes[p] === SPACE || bytes[p] === TAB)) p++;
    return p;
  }
}

/** Whether the backslashes before the quote at `at` are of an odd number. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  let p = at;
  while (p > 0 && bytes[p - 1] === BACKSLASH) p--;
  return (at - p) % 2 === 1;
}

/** A quote ends a scalar too: what follows is no comma then, and the line is malformed. */
function isScalarEnd(byte: number): boolean {
  return (
    byte === COMMA ||
    byte === BRACE_END ||
    byte === BRACKET_END ||
    byte === SPACE ||
    byte === TAB ||
    byte === QUOTE
  );
}

/** `null`, by its four letters. */
function isNull(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    bytes[start] === 0x6e &&
    bytes[start + 1] === 0x75 &&
    bytes[start + 2] === 0x6c &&
    bytes[start + 3] === 0x6c
  );
}
