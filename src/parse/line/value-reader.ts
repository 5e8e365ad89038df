/**
 * Finds the end of a value from its own bytes, and puts what it means into the columns.
 *
 * Owns the caches of the times and the length of a line's upstream lists. `attach` lends bytes and
 * columns until the next one. All positions are indexes into the bytes; -1 means "no such value".
 */
import {
  OP_ADDRESS,
  OP_BEFORE_SLASH,
  OP_BYTES,
  OP_CLIENT,
  OP_HOST,
  OP_LIST,
  OP_LOWER,
  OP_MSEC,
  OP_PORT,
  OP_REQUEST,
  OP_REQUEST_LENGTH,
  OP_REQUEST_MS,
  OP_REQUEST_TIME,
  OP_SECONDS,
  OP_SITE,
  OP_STATUS,
  OP_TARGET,
  OP_TIMES,
  OP_TIME_ANY,
  OP_TIME_ISO8601,
  OP_TIME_LOCAL,
  OP_TOKEN,
  OP_UPPER,
} from '../format/ops.ts';
import type { RecordBatch } from '../record-batch.ts';
import { AnyTime } from './any-time.ts';
import { areTimes, lettersEnd, isAddress, isRequest, isTarget } from './value-forms.ts';
import { TIME_ISO8601_LENGTH, TIME_LOCAL_LENGTH, TimestampReader } from './timestamp.ts';

const SPACE = 0x20;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
/** Where the colon of the zone stands in `$time_iso8601`. */
const ISO8601_COLON_AT = 22;
const DIGIT_0 = 0x30;
const BRACKET = 0x5b;
/** 2^53 has 16 digits; more are no count of bytes. */
const DIGITS_MAX = 16;
const COUNT_MAX = 2 ** 53;
const MILLISECONDS_MAX = 2 ** 31 - 1;
/** Later than the year 33 000 is no time. */
const SECONDS_MAX = 1e12;

export class ValueReader {
  readonly #local = new TimestampReader('time-local');
  readonly #iso = new TimestampReader('time-iso8601');
  readonly #any = new AnyTime();
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #timeS: Float64Array = new Float64Array(0);
  #status: Int32Array = new Int32Array(0);
  #bytesOut: Float64Array = new Float64Array(0);
  #bytesIn: Float64Array = new Float64Array(0);
  #requestMs: Int32Array = new Int32Array(0);
  /** Number of upstreams in the line's first list, and which variable that is. */
  #listLength = 0;
  #listVariable = -1;
  #partsRead = 0;
  /** What `#digits` and `#decimals` have read. */
  #number = 0;

  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.#bytes = bytes;
    this.#view = view;
    this.#timeS = into.timeS;
    this.#status = into.status;
    this.#bytesOut = into.bytesOut;
    this.#bytesIn = into.bytesIn;
    this.#requestMs = into.requestMs;
  }

  /** The first list of the next line says how long its lists are. */
  beginLine(): void {
    this.#listVariable = -1;
  }

  /** End of the value of variable `v`, of kind `op`, if one begins at `at` and ends by `to`. */
  read(op: number, v: number, at: number, to: number, row: number): number {
    switch (op) {
      case OP_TOKEN:
        return this.token(at, to);
      case OP_STATUS:
        return this.#readStatus(at, to, row);
      case OP_BYTES:
        return this.#readCount(at, to, this.#bytesOut, row);
      case OP_TIME_LOCAL:
        if (at + TIME_LOCAL_LENGTH > to || !this.#local.read(this.#view, at)) return -1;
        this.#timeS[row] = this.#local.seconds;
        return at + TIME_LOCAL_LENGTH;
      case OP_REQUEST_TIME:
        return this.#readRequestTime(at, to, row);
      case OP_REQUEST_LENGTH:
        return this.#readCount(at, to, this.#bytesIn, row);
      case OP_LIST:
        return this.#list(v, at, to);
      case OP_TIME_ISO8601:
        return this.#readIso(at, to, row);
      case OP_TIME_ANY:
        return this.#readAnyTime(at, to, row);
      case OP_MSEC:
        return this.#readMsec(at, to, row);
      case OP_HOST:
        return this.#host(at, to);
      case OP_ADDRESS:
        return at < to && this.#bytes[at] === DASH ? -1 : this.token(at, to);
      case OP_PORT:
        return this.#port(at, to);
      default:
        return this.#rarer(op, v, at, to, row);
    }
  }

  #rarer(op: number, v: number, at: number, to: number, row: number): number {
    const bytes = this.#bytes;
    switch (op) {
      case OP_BEFORE_SLASH:
        return this.#beforeSlash(at, to);
      case OP_UPPER:
      case OP_LOWER:
        return lettersEnd(bytes, at, to, op === OP_LOWER);
      case OP_SITE: {
        const end = this.#host(at, to);
        const isNone = bytes[at] === BRACKET || (end === at + 1 && bytes[at] === DASH);
        return end < 0 || isNone || isAddress(bytes, at, end) ? -1 : end;
      }
      case OP_CLIENT: {
        const end = this.token(at, to);
        return isAddress(bytes, at, end) ? end : -1;
      }
      case OP_REQUEST_MS:
        return this.#readMilliseconds(at, to, row);
      case OP_SECONDS:
        return at < to && bytes[at] === DASH ? -1 : this.#readRequestTime(at, to, row);
      case OP_TIMES: {
        const end = this.#list(v, at, to);
        return areTimes(bytes, at, end) ? end : -1;
      }
      case OP_REQUEST:
        return isRequest(bytes, at, to) ? to : -1;
      case OP_TARGET:
        return isTarget(bytes, at, to) ? to : -1;
      default:
        return -1;
    }
  }

  #readIso(at: number, to: number, row: number): number {
    const end = at + TIME_ISO8601_LENGTH;
    const mark = end <= to ? this.#bytes[at + ISO8601_COLON_AT] : 0;
    if (mark !== COLON || !this.#iso.read(this.#view, at)) return this.#readAnyTime(at, to, row);
    this.#timeS[row] = this.#iso.seconds;
    return end;
  }

  #readAnyTime(at: number, to: number, row: number): number {
    const end = this.#any.read(this.#view, at, to);
    if (end >= 0) this.#timeS[row] = this.#any.seconds;
    return end;
  }

  /** The first slash from `at` on, which begins the value that touches this one; never beyond a space. */
  #beforeSlash(at: number, to: number): number {
    const bytes = this.#bytes;
    let p = at;
    while (p < to && bytes[p] !== SLASH && bytes[p] !== SPACE) p++;
    return p;
  }

  /** The first space from `at` on, or `to`. Four bytes a step: `x - 1 & ~x & 80` is not 0 where x is 0. */
  token(at: number, to: number): number {
    const view = this.#view;
    let p = at;
    for (; p + 4 <= to; p += 4) {
      const x = view.getInt32(p, true) ^ 0x20202020;
      const zero = (x - 0x01010101) & ~x & 0x80808080;
      // The lowest bit set is of the first space; higher ones may be carries.
      if (zero !== 0) return p + ((31 - Math.clz32(zero & -zero)) >> 3);
    }
    const bytes = this.#bytes;
    while (p < to && bytes[p] !== SPACE) p++;
    return p;
  }

  /** A token, and -1 for one with a port: this is how `$host` is told from `$server_name:$server_port`. */
  #host(at: number, to: number): number {
    const end = this.token(at, to);
    const bytes = this.#bytes;
    if (bytes[at] === BRACKET) return end;
    for (let p = at; p < end; p++) if (bytes[p] === COLON) return -1;
    return end;
  }

  /** Digits; none for a socket of the file system. */
  #port(at: number, to: number): number {
    const bytes = this.#bytes;
    let p = at;
    while (p < to && (bytes[p] ?? 0) >= DIGIT_0 && (bytes[p] ?? 0) <= DIGIT_0 + 9) p++;
    return p;
  }

  /**
   * `a, b : c`: `, ` between upstreams tried, ` : ` between groups after an internal redirect, with
   * nothing after it when the last group has tried none. nginx writes all lists of a line with the
   * same number of parts, so a client's text after one cannot pass for one part more.
   */
  #list(v: number, at: number, to: number): number {
    if (this.#listVariable >= 0 && v > this.#listVariable)
      return this.list(at, to, this.#listLength);
    this.#listVariable = v;
    const end = this.list(at, to, to);
    this.#listLength = this.#partsRead;
    return end;
  }

  /** End of the longest list from `at` on with at most `partsMax` parts. */
  list(at: number, to: number, partsMax: number): number {
    const bytes = this.#bytes;
    let parts = 1;
    let p = at;
    for (;;) {
      while (p < to && bytes[p] !== SPACE && bytes[p] !== COMMA) p++;
      if (parts >= partsMax || p + 1 >= to) break;
      if (bytes[p] === COMMA && bytes[p + 1] === SPACE) p += 2;
      else if (p + 2 < to && bytes[p] === SPACE && bytes[p + 1] === COLON && bytes[p + 2] === SPACE)
        p += 3;
      else break;
      parts++;
    }
    this.#partsRead = parts;
    return p;
  }

  /** Three digits; nginx pads: 009 for HTTP/0.9. */
  #readStatus(at: number, to: number, row: number): number {
    if (at + 3 > to) return -1;
    const bytes = this.#bytes;
    const a = (bytes[at] ?? 0) - DIGIT_0;
    const b = (bytes[at + 1] ?? 0) - DIGIT_0;
    const c = (bytes[at + 2] ?? 0) - DIGIT_0;
    if (a < 0 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return -1;
    this.#status[row] = 100 * a + 10 * b + c;
    return at + 3;
  }

  /** A whole number up to 2^53, or `-`, which counts as 0. */
  #readCount(at: number, to: number, column: Float64Array, row: number): number {
    const end = this.#digits(at, to);
    if (end < 0) {
      if (at >= to || this.#bytes[at] !== DASH) return -1;
      column[row] = 0;
      return at + 1;
    }
    if (this.#number > COUNT_MAX) return -1;
    column[row] = this.#number;
    return end;
  }

  /** Seconds with decimals, or `-`; to whole milliseconds without rounding errors, further decimals cut. */
  #readRequestTime(at: number, to: number, row: number): number {
    const end = this.#digits(at, to);
    if (end < 0) {
      if (at >= to || this.#bytes[at] !== DASH) return -1;
      this.#requestMs[row] = -1;
      return at + 1;
    }
    const seconds = this.#number;
    const decimalsEnd = this.#decimals(end, to);
    const milliseconds = 1000 * seconds + this.#number;
    this.#requestMs[row] = milliseconds < MILLISECONDS_MAX ? milliseconds : MILLISECONDS_MAX;
    return decimalsEnd;
  }

  /** Whole milliseconds; decimals are cut. */
  #readMilliseconds(at: number, to: number, row: number): number {
    const end = this.#digits(at, to);
    if (end < 0) {
      if (at >= to || this.#bytes[at] !== DASH) return -1;
      this.#requestMs[row] = -1;
      return at + 1;
    }
    this.#requestMs[row] = Math.min(this.#number, MILLISECONDS_MAX);
    return this.#decimals(end, to);
  }

  /** `1795374000.123` */
  #readMsec(at: number, to: number, row: number): number {
    const end = this.#digits(at, to);
    if (end < 0 || this.#number >= SECONDS_MAX) return -1;
    this.#timeS[row] = this.#number;
    return this.#decimals(end, to);
  }

  /** Reads 1 to DIGITS_MAX digits into `#number`; -1 when there are none or more. */
  #digits(at: number, to: number): number {
    const bytes = this.#bytes;
    const limit = to - at > DIGITS_MAX ? at + DIGITS_MAX + 1 : to;
    let number = 0;
    let p = at;
    for (; p < limit; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      number = 10 * number + digit;
    }
    this.#number = number;
    return p === at || p - at > DIGITS_MAX ? -1 : p;
  }

  /** Passes over `.` and digits if they are there; the first three are in `#number` as thousandths. */
  #decimals(at: number, to: number): number {
    const bytes = this.#bytes;
    this.#number = 0;
    if (at + 1 >= to || bytes[at] !== DOT) return at;
    let thousandths = 0;
    let p = at + 1;
    for (let scale = 100; p < to; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      thousandths += scale * digit;
      scale = scale > 1 ? scale / 10 : 0;
    }
    this.#number = thousandths;
    return p === at + 1 ? at : p;
  }
}
