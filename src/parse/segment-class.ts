/**
 * Tells whether a segment of a path names a thing (a number, a hash, a slug) or belongs to the site's
 * own words, from its bytes alone: the same segment is always judged alike, so a route never changes
 * its meaning. What cannot be told from one segment is left as it is; there the choice by traffic
 * bounds what is kept.
 */

/** Longer segments are no words of a site. */
const WORD_BYTES_MAX = 48;
/** Words in a row that make a title. */
const TITLE_WORDS_MIN = 5;

const DIGIT = 1;
const LOWER = 2;
const UPPER = 4;
/** Stands between the words of a slug. */
const SEPARATOR = 8;
/** Stands in dates, times, ranges and version numbers. */
const NUMBER_MARK = 16;
const HEX = 32;
const WIDE = 64;

const KINDS = new Uint8Array(256);
function mark(kind: number, characters: string): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    KINDS[code] = (KINDS[code] ?? 0) | kind;
  }
}
mark(DIGIT | HEX, '0123456789');
mark(LOWER, 'abcdefghijklmnopqrstuvwxyz');
mark(UPPER, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
mark(HEX, 'abcdefABCDEF');
mark(SEPARATOR, '-_.~+,: !()\'"|');
mark(NUMBER_MARK, '-_.,:+TZ~');
KINDS.fill(WIDE, 0x80);

const AT = 0x40;
const HYPHEN = 0x2d;
const EQUALS = 0x3d;
const LETTER_V = 0x76;

/** What one pass over a segment finds. Reused, so that nothing is allocated per segment. */
interface Features {
  digits: number;
  letters: number;
  hexDigits: number;
  hyphens: number;
  separators: number;
  /** Words that hold a letter. */
  words: number;
  /** Two words or more, one of them all digits. */
  hasNumber: boolean;
  /** A word of letters and digits that is no word. */
  hasToken: boolean;
  /** Digits, and what stands in dates and versions, alone. */
  isNumeric: boolean;
  hasAt: boolean;
  endsPadded: boolean;
}

const features: Features = {
  digits: 0,
  letters: 0,
  hexDigits: 0,
  hyphens: 0,
  separators: 0,
  words: 0,
  hasNumber: false,
  hasToken: false,
  isNumeric: false,
  hasAt: false,
  endsPadded: false,
};

/** Whether `bytes[start, end)`, one decoded segment without extension, is variable. */
export function isVariable(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > WORD_BYTES_MAX) return true;
  const found = look(bytes, start, end);
  if (found.digits === length || found.hasAt) return true;
  if (isVersion(bytes, start, end)) return false;
  if (found.isNumeric || found.hasNumber || found.hasToken) return true;
  if (found.endsPadded && length >= 12) return true;
  const isHex = found.hexDigits + found.hyphens === length;
  if (isHex && found.hexDigits >= 8 && (found.digits > 0 || length >= 16)) return true;
  return found.words >= TITLE_WORDS_MIN;
}

/** Words of letters in a segment, separated by what stands in a slug. */
export function wordsOf(bytes: Uint8Array, start: number, end: number): number {
  return look(bytes, start, end).words;
}

function look(bytes: Uint8Array, start: number, end: number): Features {
  const found = features;
  found.digits = 0;
  found.letters = 0;
  found.hexDigits = 0;
  found.hyphens = 0;
  found.separators = 0;
  found.words = 0;
  found.hasNumber = false;
  found.hasToken = false;
  found.hasAt = false;
  found.endsPadded = bytes[end - 1] === EQUALS;
  found.isNumeric = ((KINDS[bytes[start] ?? 0] ?? 0) & DIGIT) !== 0;
  let wordStart = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    const kind = KINDS[byte] ?? 0;
    if ((kind & DIGIT) !== 0) found.digits++;
    if ((kind & (LOWER | UPPER | WIDE)) !== 0) found.letters++;
    if ((kind & HEX) !== 0) found.hexDigits++;
    if ((kind & (DIGIT | NUMBER_MARK)) === 0) found.isNumeric = false;
    if (byte === AT) found.hasAt = true;
    if (byte === HYPHEN) found.hyphens++;
    if ((kind & SEPARATOR) === 0) continue;
    found.separators++;
    lookAtWord(bytes, wordStart, at, found);
    wordStart = at + 1;
  }
  lookAtWord(bytes, wordStart, end, found);
  if (found.separators === 0) found.hasNumber = false;
  return found;
}

function lookAtWord(bytes: Uint8Array, start: number, end: number, found: Features): void {
  let digits = 0;
  let letters = 0;
  let uppers = 0;
  /** Changes between letter and digit. */
  let changes = 0;
  /** Lower-case letters alone between others, and capitals side by side: camelCase has few. */
  let lone = 0;
  let paired = 0;
  let run = 0;
  let before = 0;
  for (let at = start; at < end; at++) {
    const kind = (KINDS[bytes[at] ?? 0] ?? 0) & (DIGIT | LOWER | UPPER | WIDE);
    if ((kind & DIGIT) !== 0) digits++;
    else if (kind !== 0) letters++;
    if ((kind & UPPER) !== 0) uppers++;
    if (before !== 0 && ((kind ^ before) & DIGIT) !== 0) changes++;
    if (kind === before) run++;
    else {
      if (run === 1 && before === LOWER) lone++;
      if (run > 1 && before === UPPER) paired++;
      run = 1;
    }
    before = kind;
  }
  if (letters > 0) found.words++;
  else if (digits > 0) found.hasNumber = true;
  const length = end - start;
  const isMixed = letters > 0 && (digits >= 3 || changes >= 3);
  const isCoded = length >= 10 && digits >= 2 && uppers >= 2 && letters > uppers;
  if (isMixed || isCoded || isScrambled(length, lone, paired)) found.hasToken = true;
}

/** Letters of both cases as in base64: without the rhythm of words put together. */
function isScrambled(length: number, lone: number, paired: number): boolean {
  return length >= 16 && lone >= 1 && paired >= 1 && lone + paired >= 4;
}

/** `v1`, `v2.1`, `v1beta2`: part of an interface's name. */
function isVersion(bytes: Uint8Array, start: number, end: number): boolean {
  if (((bytes[start] ?? 0) | 0x20) !== LETTER_V || end - start > 10) return false;
  return ((KINDS[bytes[start + 1] ?? 0] ?? 0) & DIGIT) !== 0 && end - start > 1
    ? isDigitsThenSuffix(bytes, start + 1, end)
    : false;
}

function isDigitsThenSuffix(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && at - start < 3 && ((KINDS[bytes[at] ?? 0] ?? 0) & DIGIT) !== 0) at++;
  if (at === end) return true;
  // `.1`, `beta2`, `alpha`, `rc1`
  const rest = String.fromCharCode(...bytes.subarray(at, end));
  return /^(?:\.\d{1,2}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?$/u.test(rest);
}

/** A language tag: `en`, `en-US`, `pt_BR`, `zh-Hans`, `es-419` (RFC 5646). */
export function isLocale(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 2 || length > 10) return false;
  return /^[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Za-z]{2}|\d{3})){0,2}$/u.test(
    String.fromCharCode(...bytes.subarray(start, end)),
  );
}
