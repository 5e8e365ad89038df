/**
 * Turns values back into what was sent, so that one agent or path has one key however its log is
 * written: `\x22` of nginx's escape=default, `\"`, `\/`, `\n` and `\u00e9` of JSON, and what Apache
 * has of both. One reader for all of them, because no writer that escapes at all leaves a backslash
 * of the value as it is; in a log with escape=none (`isRaw`) a backslash is a backslash.
 *
 * What comes out may hold any byte, line ends and half characters included: it has to go through the
 * rule for tag values (tag-value.ts) before anybody sees it. Only values with a backslash cost time.
 *
 * Owns the bytes of the value that was read last.
 */

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const LETTER_X = 0x78;
const REPLACEMENT = 0xfffd;

/** By the letter behind the backslash: the byte, 0 where there is none. */
const SHORT = new Uint8Array(256);
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t', 'v\v']) {
  SHORT[letter?.charCodeAt(0) ?? 0] = meaning?.charCodeAt(0) ?? 0;
}

export class Unescaper {
  /** The log's values stand as they were sent. */
  isRaw = false;
  /** The bytes of the result, `length` of them; valid until the next `copy()`, or `read()` that finds an escape. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  /** Of a longer result only `bytesMax` bytes are made. */
  constructor(bytesMax: number) {
    this.bytes = new Uint8Array(bytesMax);
  }

  /** False: `value[start, end)` holds no escape and is itself the result. */
  read(value: Uint8Array, start: number, end: number): boolean {
    let at = this.isRaw ? end : start;
    while (at < end && value[at] !== BACKSLASH) at++;
    if (at === end) return false;
    this.length = 0;
    for (at = start; at < end && this.length < this.bytes.length; ) {
      if (value[at] === BACKSLASH) at = this.#readEscape(value, at, end);
      else this.#put(value[at++] ?? 0);
    }
    return true;
  }

  /** Makes the result of a value that holds no escape. */
  copy(value: Uint8Array, start: number, end: number): void {
    this.length = Math.min(end - start, this.bytes.length);
    this.bytes.set(value.subarray(start, start + this.length));
  }

  /** Reads the escape at `at` and returns where it ends; a backslash that begins none stays. */
  #readEscape(value: Uint8Array, at: number, end: number): number {
    const letter = at + 1 < end ? (value[at + 1] ?? 0) : 0;
    const short = SHORT[letter] ?? 0;
    if (short !== 0) {
      this.#put(short);
      return at + 2;
    }
    const digits = letter === LETTER_X ? 2 : letter === LETTER_U ? 4 : 0;
    const code = digits === 0 ? -1 : hexAt(value, at + 2, digits, end);
    if (code < 0) {
      this.#put(BACKSLASH);
      return at + 1;
    }
    if (digits === 2) this.#put(code);
    else return this.#readUnit(value, at + 6, end, code);
    return at + 4;
  }

  /** Puts the character of a UTF-16 unit, and of the one in the escape behind it if they are a pair. */
  #readUnit(value: Uint8Array, at: number, end: number, unit: number): number {
    if (unit < 0xd800 || unit > 0xdfff) {
      this.#putCharacter(unit);
      return at;
    }
    const isEscape = at + 1 < end && value[at] === BACKSLASH && value[at + 1] === LETTER_U;
    const low = isEscape && unit < 0xdc00 ? hexAt(value, at + 2, 4, end) : -1;
    if (low < 0xdc00 || low > 0xdfff) {
      this.#putCharacter(REPLACEMENT);
      return at;
    }
    this.#putCharacter(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff));
    return at + 6;
  }

  /** In UTF-8. */
  #putCharacter(code: number): void {
    if (code < 0x80) {
      this.#put(code);
      return;
    }
    const following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const lead = (0xff00 >> (following + 1)) & 0xff;
    this.#put(lead | (code >> (6 * following)));
    for (let i = following - 1; i >= 0; i--) this.#put(0x80 | ((code >> (6 * i)) & 0x3f));
  }

  #put(byte: number): void {
    if (this.length < this.bytes.length) this.bytes[this.length++] = byte;
  }
}

/** The number in `digits` hexadecimal digits at `at`, or -1. */
function hexAt(value: Uint8Array, at: number, digits: number, end: number): number {
  if (at + digits > end) return -1;
  let number = 0;
  for (let i = at; i < at + digits; i++) {
    const byte = value[i] ?? 0;
    const lower = byte | 0x20;
    let digit = -1;
    if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) digit = lower - 0x61 + 10;
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}
