/**
 * Reads a time whose form is not known beforehand, told by its first bytes:
 *
 * - `22/Nov/2026:10:00:00 +0000`, also with a space in place of the colon, with a fraction, without zone
 * - `2026-11-22T10:00:00+00:00`, also with `/` or a space, a fraction, `Z`, `+0000`, `+00`, without zone
 * - `Sunday, 22-Nov-2026 10:00:00 GMT`, as `$date_gmt` is unless configured
 * - seconds since the epoch with or without fraction, milliseconds, microseconds, nanoseconds
 *
 * A fraction is cut. A time without a zone is of the meter's own zone (`TZ`).
 */
import { readClock, readDashedDate, readLocalDate, twoDigits } from './timestamp.ts';

const SPACE = 0x20;
const PLUS = 0x2b;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const UPPER_T = 0x54;
const DIGITS_MIN = 9;
const DIGITS_MAX = 19;
/** Beyond the year 5000 seconds are milliseconds, and so on. */
const SECONDS_MAX = 1e11;

export class AnyTime {
  /** Epoch seconds of the last time that `read` took. */
  seconds = 0;
  #hourS = Number.NaN;
  #offsetS = 0;

  /** Where the time that begins at `at` ends, by `to` at the latest; -1 when there is none. */
  read(view: DataView, at: number, to: number): number {
    if (to - at < DIGITS_MIN) return -1;
    if (to - at >= 19) {
      if (view.getUint8(at + 2) === SLASH) return this.#readDate(view, at, to, true);
      const mark = view.getUint8(at + 4);
      if (mark === DASH || mark === SLASH) return this.#readDate(view, at, to, false);
    }
    const first = view.getUint8(at);
    return isDigit(first) ? this.#readEpoch(view, at, to) : this.#readWeekday(view, at, to);
  }

  #readDate(view: DataView, at: number, to: number, isLocal: boolean): number {
    const clockAt = at + (isLocal ? 12 : 11);
    if (clockAt + 8 > to) return -1;
    const separator = view.getUint8(clockAt - 1);
    if (separator !== SPACE && separator !== (isLocal ? COLON : UPPER_T)) return -1;
    const midnightS = isLocal ? readLocalDate(view, at) : readDashedDate(view, at);
    return this.#readClockAndZone(view, midnightS, clockAt, to);
  }

  /** `Sunday, 22-Nov-2026 10:00:00 GMT` */
  #readWeekday(view: DataView, at: number, to: number): number {
    let p = at;
    while (p < to && p - at < 10 && view.getUint8(p) !== COMMA) p++;
    const date = p + 2;
    if (p + 22 > to || view.getUint8(p) !== COMMA || view.getUint8(date + 2) !== DASH) return -1;
    const midnightS = readLocalDate(view, date);
    const end = this.#readClockAndZone(view, midnightS, date + 12, to);
    const isNamed = end >= 0 && end + 4 <= to && view.getUint8(end) === SPACE;
    if (!isNamed) return end;
    // GMT and UTC are the zones that a name is safe to tell of.
    const zone = view.getUint32(end, false) & 0xff_ffff;
    if (zone !== 0x47_4d_54 && zone !== 0x55_54_43) return -1;
    this.seconds = midnightS + readClock(view, date + 12);
    return end + 4;
  }

  #readClockAndZone(view: DataView, midnightS: number, clockAt: number, to: number): number {
    const clockS = readClock(view, clockAt);
    if (clockS < 0 || Number.isNaN(midnightS)) return -1;
    let p = clockAt + 8;
    if (p + 1 < to && isPoint(view.getUint8(p)) && isDigit(view.getUint8(p + 1))) {
      p++;
      while (p < to && isDigit(view.getUint8(p))) p++;
    }
    const wallS = midnightS + clockS;
    const zoneAt = p < to && view.getUint8(p) === SPACE ? p + 1 : p;
    const sign = zoneAt < to ? view.getUint8(zoneAt) : 0;
    if ((sign | 0x20) === 0x7a && zoneAt === p) {
      this.seconds = wallS;
      return p + 1;
    }
    const zone = sign === PLUS || sign === DASH ? readOffset(view, zoneAt, to) : undefined;
    if (zone === undefined) {
      this.seconds = wallS - this.#ownOffset(wallS);
      return p;
    }
    this.seconds = wallS - zone.offsetS;
    return zone.end;
  }

  #readEpoch(view: DataView, at: number, to: number): number {
    let number = 0;
    let p = at;
    for (; p < to && p - at <= DIGITS_MAX; p++) {
      const digit = view.getUint8(p) - 0x30;
      if (digit < 0 || digit > 9) break;
      number = 10 * number + digit;
    }
    if (p - at < DIGITS_MIN || p - at > DIGITS_MAX) return -1;
    while (number >= SECONDS_MAX) number /= 1000;
    this.seconds = Math.floor(number);
    if (p + 1 < to && view.getUint8(p) === DOT && isDigit(view.getUint8(p + 1))) {
      p++;
      while (p < to && isDigit(view.getUint8(p))) p++;
    }
    return p;
  }

  /** Seconds east of UTC in the meter's zone; asked once an hour of the log. */
  #ownOffset(wallS: number): number {
    const hourS = wallS - (wallS % 900);
    if (hourS !== this.#hourS) {
      this.#hourS = hourS;
      const wall = new Date(1000 * hourS);
      const own = new Date(
        wall.getUTCFullYear(),
        wall.getUTCMonth(),
        wall.getUTCDate(),
        wall.getUTCHours(),
        wall.getUTCMinutes(),
      );
      this.#offsetS = -60 * own.getTimezoneOffset();
    }
    return this.#offsetS;
  }
}

/** `+05:30`, `+0530` or `+05`. */
function readOffset(
  view: DataView,
  at: number,
  to: number,
): { readonly offsetS: number; readonly end: number } | undefined {
  if (at + 3 > to) return undefined;
  const hours = twoDigits(view, at + 1);
  let end = at + 3;
  let minutes = 0;
  const colon = end < to && view.getUint8(end) === COLON ? 1 : 0;
  if (end + colon + 2 <= to && isDigit(view.getUint8(end + colon))) {
    minutes = twoDigits(view, end + colon);
    end += colon + 2;
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return { offsetS: (view.getUint8(at) === PLUS ? 1 : -1) * (3600 * hours + 60 * minutes), end };
}

function isPoint(byte: number): boolean {
  return byte === DOT || byte === COMMA;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
