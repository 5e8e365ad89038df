/**
 * Takes the path of a request target apart into segments, over bytes: the form in which routes and
 * rules look at it. A target is what a client sent, so everything about it has a bound.
 *
 * Owns the segments of the path that was read last; they are valid until the next `read()`.
 *
 * - Query and fragment are left out, as are path parameters (`;jsessionid=…`) and empty segments.
 * - `http://host/path` (RFC 9112, 3.2.2) counts as `/path`; `*` and `host:443` have no path.
 * - Percent-encoded bytes are decoded once, but for those that would give the path another shape:
 *   control characters, `/`, `%`, `?`, `#`, `;` and `\`. A bare control character becomes `_`. What
 *   the log has escaped must have been turned back before (unescaper.ts).
 */

/** Of a longer target only so many bytes are looked at. */
export const PATH_BYTES_MAX = 256;
/** Segments that are told apart; a deeper path is cut. */
export const PATH_SEGMENTS_MAX = 12;

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HASH = 0x23;
const SEMICOLON = 0x3b;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;

/** 1: not simply a letter of the segment. */
const IS_SPECIAL = new Uint8Array(256).fill(1, 0, 0x20);
for (const byte of [SLASH, QUESTION, HASH, SEMICOLON, PERCENT, 0x7f]) IS_SPECIAL[byte] = 1;

export class RequestPath {
  /** False: the target has no path. */
  isPath = false;
  /** Segments in use. */
  length = 0;
  /** The path goes on beyond the segments. */
  isCut = false;
  /** The path ends with a slash (or is only one). */
  hasTrailingSlash = false;
  /** The decoded bytes of all segments, one after the other. */
  readonly bytes = new Uint8Array(PATH_BYTES_MAX);
  /** Span [start, end) of a segment in `bytes`. */
  readonly starts = new Int32Array(PATH_SEGMENTS_MAX);
  readonly ends = new Int32Array(PATH_SEGMENTS_MAX);

  /** Reads the target in `target[start, end)`; `isCut` when that is the beginning of a longer one. */
  read(target: Uint8Array, start: number, end: number, isCut: boolean = false): void {
    const until = Math.min(end, start + PATH_BYTES_MAX);
    let at = pathStart(target, start, until);
    this.isPath = at < until;
    this.length = 0;
    this.isCut = isCut || end - start >= PATH_BYTES_MAX;
    this.hasTrailingSlash = false;
    if (!this.isPath) return;
    let to = 0;
    while (at < until) {
      const byte = target[at] ?? 0;
      if (byte === QUESTION || byte === HASH) {
        // Only what stands before it can have been cut.
        this.isCut = false;
        return;
      }
      this.hasTrailingSlash = byte === SLASH;
      if (byte === SLASH) {
        at++;
        continue;
      }
      if (this.length === PATH_SEGMENTS_MAX) {
        this.isCut = true;
        return;
      }
      this.starts[this.length] = to;
      at = this.#readSegment(target, at, until, to);
      to = this.ends[this.length] ?? 0;
      if (to > (this.starts[this.length] ?? 0)) this.length++;
    }
  }

  /** Decodes one segment to `bytes[to]` and returns where in the target it ends. */
  #readSegment(target: Uint8Array, from: number, until: number, start: number): number {
    let to = start;
    let at = from;
    let isParameter = false;
    while (at < until) {
      const byte = target[at] ?? 0;
      if (IS_SPECIAL[byte] === 0 && !isParameter) {
        this.bytes[to++] = byte;
        at++;
        continue;
      }
      if (byte === SLASH || byte === QUESTION || byte === HASH) break;
      if (byte === SEMICOLON) isParameter = true;
      if (isParameter) {
        at++;
        continue;
      }
      const decoded = byte === PERCENT ? decodedAt(target, at, until) : -1;
      const isControl = byte < 0x20 || byte === 0x7f;
      this.bytes[to++] = decoded >= 0 ? decoded : isControl ? UNDERSCORE : byte;
      at += decoded < 0 ? 1 : 3;
    }
    this.ends[this.length] = to;
    return at;
  }
}

/** Where the path of a target begins; `end` when it has none. */
function pathStart(target: Uint8Array, start: number, end: number): number {
  if (start >= end || target[start] === SLASH) return start;
  // http://host/path or https://host/path
  const first = (target[start] ?? 0) | 0x20;
  if (first !== 0x68) return end;
  let at = start;
  while (at < end && target[at] !== COLON && at - start < 6) at++;
  if (target[at] !== COLON || target[at + 1] !== SLASH || target[at + 2] !== SLASH) return end;
  at += 3;
  while (at < end && target[at] !== SLASH && target[at] !== QUESTION) at++;
  return at;
}

/** The byte that is percent-encoded at `at`, or -1. */
function decodedAt(target: Uint8Array, at: number, until: number): number {
  if (at + 2 >= until) return -1;
  const value = hexByte(target[at + 1] ?? 0, target[at + 2] ?? 0);
  return value < 0 || changesShape(value) ? -1 : value;
}

function changesShape(byte: number): boolean {
  if (byte < 0x20 || byte === 0x7f) return true;
  return (
    byte === SLASH ||
    byte === PERCENT ||
    byte === QUESTION ||
    byte === HASH ||
    byte === SEMICOLON ||
    byte === BACKSLASH
  );
}

function hexByte(high: number, low: number): number {
  const a = hexDigit(high);
  const b = hexDigit(low);
  return a < 0 || b < 0 ? -1 : a * 16 + b;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
