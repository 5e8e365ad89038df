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
const HEX_SHIFT = 5;
const WIDE = 64;
/** `@`, in addresses and names of users. */
const AT_SIGN = 128;

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
mark(AT_SIGN, '@');
KINDS.fill(WIDE, 0x80);

const EQUALS = 0x3d;
const HYPHEN = 0x2d;
const LETTER_V = 0x76;

/** What a look at a segment finds. Reused, so that nothing is allocated per segment. */
interface Features {
  /** Words that hold a letter. */
  words: number;
  /** Two words or more, one of them all digits. */
  hasNumber: boolean;
  /** A word of letters and digits that is no word. */
  hasToken: boolean;
  /** So many words that they are a title, and nothing else. */
  isTitle: boolean;
}

const features: Features = { words: 0, hasNumber: false, hasToken: false, isTitle: false };

/** Whether `bytes[start, end)`, one decoded segment without extension, is variable. */
export function isVariable(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  const found = features;
  found.words = 1;
  found.hasNumber = false;
  found.hasToken = false;
  found.isTitle = false;
  if (length > WORD_BYTES_MAX) return true;
  let any = 0;
  let digits = 0;
  let hexDigits = 0;
  let numberBytes = 0;
  for (let at = start; at < end; at++) {
    const kind = KINDS[bytes[at] ?? 0] ?? 0;
    any |= kind;
    digits += kind & DIGIT;
    hexDigits += (kind >> HEX_SHIFT) & 1;
    numberBytes += (kind & (DIGIT | NUMBER_MARK)) === 0 ? 0 : 1;
  }
  if (digits === length || (any & AT_SIGN) !== 0) return true;
  // One word of letters, as most segments are. It may still be 16 letters that are all hex.
  if ((any & (DIGIT | UPPER | SEPARATOR | WIDE)) === 0) {
    return hexDigits === length && length >= 16;
  }
  if (numberBytes === length && (firstKind(bytes, start) & DIGIT) !== 0) return true;
  if (hexDigits >= 8 && (digits > 0 || length >= 16) && isHex(bytes, start, end)) return true;
  if (bytes[end - 1] === EQUALS && length >= 12) return true;
  if (isVersion(bytes, start, end)) return false;
  lookAtWords(bytes, start, end, (any & SEPARATOR) !== 0);
  if (found.hasNumber || found.hasToken) return true;
  found.isTitle = found.words >= TITLE_WORDS_MIN;
  return found.isTitle;
}

/** The segment that was asked about last is variable for the number of its words alone. */
export function isTitleOfLast(): boolean {
  return features.isTitle;
}

/** Words with letters, separated by what stands in a slug, in the segment that was asked about last. */
export function wordsOfLast(): number {
  return features.words;
}

function firstKind(bytes: Uint8Array, start: number): number {
  return KINDS[bytes[start] ?? 0] ?? 0;
}

/** Hexadecimal digits, also in groups. */
function isHex(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== HYPHEN && ((KINDS[byte] ?? 0) & HEX) === 0) return false;
  }
  return true;
}

function lookAtWords(bytes: Uint8Array, start: number, end: number, hasMany: boolean): void {
  const found = features;
  found.words = 0;
  let wordStart = start;
  for (let at = start; hasMany && at < end; at++) {
    if (((KINDS[bytes[at] ?? 0] ?? 0) & SEPARATOR) === 0) continue;
    lookAtWord(bytes, wordStart, at, found);
    wordStart = at + 1;
  }
  lookAtWord(bytes, wordStart, end, found);
  if (!hasMany) found.hasNumber = false;
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
  let letters = 0;
  while (letters < length && ((KINDS[bytes[start + letters] ?? 0] ?? 0) & LOWER) !== 0) letters++;
  if (letters < 2 || letters > 3) return false;
  if (letters === length) return true;
  if (((KINDS[bytes[start + letters] ?? 0] ?? 0) & SEPARATOR) === 0) return false;
  return /^[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Za-z]{2}|\d{3})){0,2}$/u.test(
    String.fromCharCode(...bytes.subarray(start, end)),
  );
}
