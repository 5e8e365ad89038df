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
const COLON = 0x3a;
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
    const midnightS = this.#isLocal ? readLocalDate(view, at) : readIsoDate(view, at);
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

/**
 * Other forms of ISO 8601 in `[at, end)`, as JSON logs have them: a space for the `T`, a fraction
 * (cut), `Z`, `+0530` or `+05` for the zone. Epoch seconds, or NaN; a time without zone is none.
 */
export function readIsoSeconds(view: DataView, at: number, end: number): number {
  if (end - at < 20) return Number.NaN;
  const isSpaced = view.getUint8(at + 10) === 0x20;
  const midnightS = isSpaced ? readDashedDate(view, at) : readIsoDate(view, at);
  const clockS = readClock(view, at + 11);
  let p = at + 19;
  const point = view.getUint8(p);
  if (point === 0x2e || point === 0x2c) {
    do p++;
    while (p < end && isDigit(view.getUint8(p)));
    if (p === at + 20) return Number.NaN;
  }
  const zoneS = readAnyZone(view, p, end);
  return clockS < 0 ? Number.NaN : midnightS + clockS - zoneS;
}

/** `Z`, `+05:30`, `+0530` or `+05` up to `end` → seconds east of UTC, or NaN. */
function readAnyZone(view: DataView, at: number, end: number): number {
  const length = end - at;
  const sign = length > 0 ? view.getUint8(at) : 0;
  if (length === 1) return sign === 0x5a || sign === 0x7a ? 0 : Number.NaN;
  if (length === 6) return readZone(view, at, false);
  if ((sign !== 0x2b && sign !== 0x2d) || (length !== 3 && length !== 5)) return Number.NaN;
  const hours = twoDigits(view, at + 1);
  const minutes = length === 5 ? twoDigits(view, at + 3) : 0;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  return (sign === 0x2b ? 1 : -1) * (3600 * hours + 60 * minutes);
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_0 + 9;
}

/** `22/Nov/2026:` → epoch seconds of its midnight as if UTC, or NaN. */
function readLocalDate(view: DataView, at: number): number {
  const isShaped =
    view.getUint8(at + 2) === 0x2f &&
    view.getUint8(at + 6) === 0x2f &&
    view.getUint8(at + 11) === COLON;
  const key = monthKey(view.getUint8(at + 3), view.getUint8(at + 4), view.getUint8(at + 5));
  const year = 100 * twoDigits(view, at + 7) + twoDigits(view, at + 9);
  return isShaped ? midnight(year, MONTH_KEYS.indexOf(key), twoDigits(view, at)) : Number.NaN;
}

/** `2026-11-22T` → epoch seconds of its midnight as if UTC, or NaN. */
function readIsoDate(view: DataView, at: number): number {
  return view.getUint8(at + 10) === 0x54 ? readDashedDate(view, at) : Number.NaN;
}

/** `2026-11-22` → epoch seconds of its midnight as if UTC, or NaN. */
function readDashedDate(view: DataView, at: number): number {
  const isShaped = view.getUint8(at + 4) === 0x2d && view.getUint8(at + 7) === 0x2d;
  const year = 100 * twoDigits(view, at) + twoDigits(view, at + 2);
  const month = twoDigits(view, at + 5) - 1;
  return isShaped ? midnight(year, month, twoDigits(view, at + 8)) : Number.NaN;
}

/** `10:00:00` → seconds of the day, or -1. A leap second, :60, is the first second of the next minute. */
function readClock(view: DataView, at: number): number {
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
function twoDigits(view: DataView, at: number): number {
  const tens = view.getUint8(at) - DIGIT_0;
  const ones = view.getUint8(at + 1) - DIGIT_0;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1_000_000;
}

function monthKey(a: number, b: number, c: number): number {
  return (a << 16) | (b << 8) | c;
}
