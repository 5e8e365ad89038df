/**
 * Reads `$time_local` (22/Nov/2026:10:00:00 +0000), `$time_iso8601` (2026-11-22T10:00:00+00:00).
 *
 * Lines of one second carry the same bytes and lines of one day the same date and zone, so the last
 * of each is kept as 32-bit words: seven loads tell that nothing changed (instead of
 * 26 compared bytes), and only the time of day is read anew when nothing else did.
 * No Date: it would be an object per line, and its parser takes more than these forms.
 */

/** Bytes of $time_local. */
export const TIME_LOCAL_LENGTH = 26;
/** Bytes of $time_iso8601. */
export const TIME_ISO8601_LENGTH = 25;

const DAY_S = 86_400;
const DIGIT_0 = 0x30;
const DASH = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const UPPER_T = 0x54;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH_KEYS = MONTHS.map((name) =>
  monthKey(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)),
);
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export class TimestampReader {
  /** Epoch seconds of the last time that `read` took. */
  seconds = 0;
  readonly length: number;
  readonly #isLocal: boolean;
  readonly #clockAt: number;
  readonly #zoneAt: number;
  /** Epoch seconds of midnight of the cached date in the cached zone. */
  #midnightS = 0;
  /** Words of the cached date, time of day and zone. Always those of `seconds`: set together or not at all. */
  #date0 = 0;
  #date1 = 0;
  #date2 = 0;
  #clock0 = 0;
  #clock1 = 0;
  #zone0 = 0;
  #zone1 = 0;

  constructor(form: 'time-local' | 'time-iso8601') {
    this.#isLocal = form === 'time-local';
    this.length = this.#isLocal ? TIME_LOCAL_LENGTH : TIME_ISO8601_LENGTH;
    this.#clockAt = this.#isLocal ? 12 : 11;
    this.#zoneAt = this.length - 6;
    // An empty cache would take NUL bytes for a time, so it begins with a real one.
    const epoch = this.#isLocal ? '01/Jan/1970:00:00:00 +0000' : '1970-01-01T00:00:00+00:00';
    this.read(new DataView(new TextEncoder().encode(epoch).buffer), 0);
  }

  /** Whether `length` bytes from `at` on are a time; it is in `seconds` then. */
  read(view: DataView, at: number): boolean {
    const clockAt = at + this.#clockAt;
    const zoneAt = at + this.#zoneAt;
    const clock0 = view.getInt32(clockAt);
    const clock1 = view.getInt32(clockAt + 4);
    const isSameDay =
      view.getInt32(zoneAt) === this.#zone0 &&
      view.getInt32(zoneAt + 2) === this.#zone1 &&
      view.getInt32(at) === this.#date0 &&
      view.getInt32(at + 4) === this.#date1 &&
      view.getInt32(clockAt - 4) === this.#date2;
    if (isSameDay && clock0 === this.#clock0 && clock1 === this.#clock1) return true;
    const clockS = readClock(view, clockAt);
    if (clockS < 0 || (!isSameDay && !this.#readDateAndZone(view, at))) return false;
    this.#clock0 = clock0;
    this.#clock1 = clock1;
    this.seconds = this.#midnightS + clockS;
    return true;
  }

  #readDateAndZone(view: DataView, at: number): boolean {
    const zoneAt = at + this.#zoneAt;
    const isShaped = this.#isLocal
      ? view.getUint8(at + 2) === SLASH && view.getUint8(at + 11) === COLON
      : view.getUint8(at + 4) === DASH && view.getUint8(at + 10) === UPPER_T;
    if (!isShaped) return false;
    const midnightS = this.#isLocal ? readLocalDate(view, at) : readDashedDate(view, at);
    const zoneS = readZone(view, zoneAt, this.#isLocal);
    if (Number.isNaN(midnightS) || Number.isNaN(zoneS)) return false;
    this.#midnightS = midnightS - zoneS;
    this.#date0 = view.getInt32(at);
    this.#date1 = view.getInt32(at + 4);
    this.#date2 = view.getInt32(at + this.#clockAt - 4);
    this.#zone0 = view.getInt32(zoneAt);
    this.#zone1 = view.getInt32(zoneAt + 2);
    return true;
  }
}

/** `22/Nov/2026` or `22-Nov-2026` → epoch seconds of its midnight as if UTC, or NaN. */
export function readLocalDate(view: DataView, at: number): number {
  const mark = view.getUint8(at + 2);
  const isShaped = (mark === SLASH || mark === DASH) && view.getUint8(at + 6) === mark;
  const key = monthKey(view.getUint8(at + 3), view.getUint8(at + 4), view.getUint8(at + 5));
  const year = 100 * twoDigits(view, at + 7) + twoDigits(view, at + 9);
  return isShaped ? midnight(year, MONTH_KEYS.indexOf(key), twoDigits(view, at)) : Number.NaN;
}

/** `2026-11-22` or `2026/11/22` → epoch seconds of its midnight as if UTC, or NaN. */
export function readDashedDate(view: DataView, at: number): number {
  const mark = view.getUint8(at + 4);
  const isShaped = (mark === DASH || mark === SLASH) && view.getUint8(at + 7) === mark;
  const year = 100 * twoDigits(view, at) + twoDigits(view, at + 2);
  const month = twoDigits(view, at + 5) - 1;
  return isShaped ? midnight(year, month, twoDigits(view, at + 8)) : Number.NaN;
}

/** `10:00:00` → seconds of the day, or -1. A leap second, :60, is the first second of the next minute. */
export function readClock(view: DataView, at: number): number {
  const hour = twoDigits(view, at);
  const minute = twoDigits(view, at + 3);
  const second = twoDigits(view, at + 6);
  const isClock =
    hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
  if (!isClock || view.getUint8(at + 2) !== COLON || view.getUint8(at + 5) !== COLON) return -1;
  return 3600 * hour + 60 * minute + second;
}

/** ` +0530` or `+05:30` → seconds east of UTC, or NaN. */
function readZone(view: DataView, at: number, isLocal: boolean): number {
  const signAt = isLocal ? at + 1 : at;
  const hours = twoDigits(view, signAt + 1);
  const minutes = twoDigits(view, at + 4);
  const sign = view.getUint8(signAt);
  const isShaped = isLocal ? view.getUint8(at) === 0x20 : view.getUint8(at + 3) === COLON;
  const isSigned = sign === 0x2b || sign === 0x2d;
  if (!isShaped || !isSigned || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return Number.NaN;
  }
  return (sign === 0x2b ? 1 : -1) * (3600 * hours + 60 * minutes);
}

/** Gregorian date to epoch seconds; `month` from 0. NaN when there is no such day. */
function midnight(year: number, month: number, day: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthLength = (MONTH_LENGTHS[month] ?? 0) + (month === 1 && isLeap ? 1 : 0);
  if (year < 0 || day < 1 || day > monthLength) return Number.NaN;
  // Years from March on, so that the leap day is the last; eras of 400 years have 146 097 days.
  const marchYear = month < 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - 400 * era;
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return (146_097 * era + dayOfEra + dayOfYear - 719_468) * DAY_S;
}

/** 0…99, or a large negative number that stays negative in sums. */
export function twoDigits(view: DataView, at: number): number {
  const tens = view.getUint8(at) - DIGIT_0;
  const ones = view.getUint8(at + 1) - DIGIT_0;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1_000_000;
}

function monthKey(a: number, b: number, c: number): number {
  return (a << 16) | (b << 8) | c;
}
