/**
 * Understands the values of a JSON line, numbers and strings alike, and puts them into the columns.
 *
 * An empty value, `-` and `null` are absent, as in a text log. Numbers may have the forms of JSON
 * (`4.3e-2`). Times are told by their form, whatever their key, see any-time.ts.
 *
 * Owns the caches of the times; bytes and columns are borrowed from `attach` on.
 */
import type { RecordBatch } from '../record-batch.ts';
import { AnyTime } from '../line/any-time.ts';
import { isAddress } from '../line/value-forms.ts';
import { TIME_ISO8601_LENGTH, TIME_LOCAL_LENGTH, TimestampReader } from '../line/timestamp.ts';

const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const SLASH = 0x2f;
const COUNT_MAX = 2 ** 53;
const MILLISECONDS_MAX = 2 ** 31 - 1;
/** Beyond the year 5000 seconds are milliseconds, those microseconds, and those nanoseconds. */
const SECONDS_MAX = 1e11;
const EPOCH_NS_MAX = 1e20;
/** `2026-11-22 10:00:00` */
const DATE_TIME_BYTES = 19;
const UPPER_T = 0x54;
const NANOSECONDS_MIN = 1e6;

export class JsonValueReader {
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

  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.#bytes = bytes;
    this.#view = view;
    this.#timeS = into.timeS;
    this.#status = into.status;
    this.#bytesOut = into.bytesOut;
    this.#bytesIn = into.bytesIn;
    this.#requestMs = into.requestMs;
  }

  isAbsent(start: number, end: number): boolean {
    return start >= end || (end === start + 1 && this.#bytes[start] === DASH);
  }

  isAddress(start: number, end: number): boolean {
    return isAddress(this.#bytes, start, end);
  }

  readTime(start: number, end: number, row: number): boolean {
    const length = end - start;
    if (length === TIME_LOCAL_LENGTH && this.#bytes[start + 2] === SLASH) {
      if (!this.#local.read(this.#view, start)) return false;
      this.#timeS[row] = this.#local.seconds;
      return true;
    }
    const zone = this.#bytes[end - 6];
    if (length === TIME_ISO8601_LENGTH && (zone === PLUS || zone === DASH)) {
      if (this.#bytes[start + 10] === UPPER_T && this.#iso.read(this.#view, start)) {
        this.#timeS[row] = this.#iso.seconds;
        return true;
      }
    }
    if (length >= DATE_TIME_BYTES && this.#any.read(this.#view, start, end) === end) {
      this.#timeS[row] = this.#any.seconds;
      return true;
    }
    const number = this.#number(start, end);
    if (!(number >= 0 && number < EPOCH_NS_MAX)) return false;
    let seconds = number;
    while (seconds >= SECONDS_MAX) seconds /= 1e3;
    this.#timeS[row] = Math.floor(seconds);
    return true;
  }

  /** One to three digits: 9 is HTTP/0.9's 009. */
  readStatus(start: number, end: number, row: number): boolean {
    if (end <= start || end - start > 3) return false;
    let status = 0;
    for (let p = start; p < end; p++) {
      const digit = (this.#bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) return false;
      status = 10 * status + digit;
    }
    this.#status[row] = status;
    return true;
  }

  readBytesOut(start: number, end: number, row: number): boolean {
    return this.#readCount(start, end, this.#bytesOut, row);
  }

  readBytesIn(start: number, end: number, row: number): boolean {
    return this.#readCount(start, end, this.#bytesIn, row);
  }

  #readCount(start: number, end: number, column: Float64Array, row: number): boolean {
    const count = this.isAbsent(start, end) ? 0 : this.#number(start, end);
    if (!(count >= 0 && count <= COUNT_MAX) || !Number.isInteger(count)) return false;
    column[row] = count;
    return true;
  }

  /** To whole milliseconds, the rest cut. `perSecond`: how many of the unit are a second. */
  readRequestTime(start: number, end: number, perSecond: number, row: number): boolean {
    if (this.isAbsent(start, end)) {
      this.#requestMs[row] = -1;
      return true;
    }
    let value = this.#number(start, end);
    if (!(value >= 0)) return false;
    // No request takes eleven days: a bare duration like this is one in nanoseconds.
    const isWhole = value >= NANOSECONDS_MIN && Number.isInteger(value);
    if (perSecond === 1 && isWhole && !this.#bytes.subarray(start, end).includes(DOT)) value /= 1e9;
    // 0.043 s is 42.999… ms in binary; nothing that is measured lies so close below a millisecond.
    const milliseconds = Math.floor((1000 * value) / perSecond + 1e-6);
    this.#requestMs[row] = milliseconds < MILLISECONDS_MAX ? milliseconds : MILLISECONDS_MAX;
    return true;
  }

  /** A number from 0 on that fills `[start, end)`, or NaN. */
  #number(start: number, end: number): number {
    const bytes = this.#bytes;
    let whole = 0;
    let p = start;
    for (; p < end; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      whole = 10 * whole + digit;
    }
    if (p === start) return Number.NaN;
    if (p === end) return whole;
    let fraction = 0;
    let scale = 1;
    if (bytes[p] === DOT) {
      const from = ++p;
      for (; p < end; p++) {
        const digit = (bytes[p] ?? 0) - DIGIT_0;
        if (digit < 0 || digit > 9) break;
        // Beyond 15 decimals nothing changes, and the sum would lose its first ones.
        if (scale > 1e14) continue;
        fraction = 10 * fraction + digit;
        scale *= 10;
      }
      if (p === from) return Number.NaN;
    }
    const value = whole + fraction / scale;
    return p === end ? value : value * this.#powerOfTen(p, end);
  }

  /** `e-3`, or NaN. */
  #powerOfTen(at: number, end: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return Number.NaN;
    const sign = bytes[at + 1];
    const isSigned = sign === PLUS || sign === DASH;
    const from = isSigned ? at + 2 : at + 1;
    if (from >= end || end - from > 3) return Number.NaN;
    let exponent = 0;
    for (let p = from; p < end; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) return Number.NaN;
      exponent = 10 * exponent + digit;
    }
    return 10 ** (sign === DASH ? -exponent : exponent);
  }
}
