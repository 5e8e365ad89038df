/**
 * Makes a URL fit to be stored in a top list: without its query, or, when queries are kept, with
 * secrets and e-mail addresses taken out (`***`). Works on bytes and allocates only for names.
 *
 * A value is a secret by its name (`token`, `password`, … alone or as a part: `access_token`,
 * `X-Amz-Signature`), by its place (what follows `/reset-password/`), or by its form: an e-mail
 * address, a JSON Web Token, user and password before a host. What none of these tells stays;
 * therefore queries are not kept unless asked for.
 */

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HASH = 0x23;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const AT = 0x40;
const DOT = 0x2e;
const COLON = 0x3a;
const STAR = 0x2a;
const STARS = 3;
const JSON_WEB_TOKEN_BYTES_MIN = 20;
const PATH_SECRET_BYTES_MIN = 8;
const NAME_BYTES_MAX = 64;

/** Parts of names, in lower case, with nothing but letters and digits. */
const SECRET_PARTS = [
  'token',
  'password',
  'passwd',
  'secret',
  'apikey',
  'accesskey',
  'privatekey',
  'authkey',
  'authorization',
  'signature',
  'credential',
  'session',
  'jwt',
  'bearer',
  'captcha',
  'verifier',
  'email',
];
const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/u));
/** Names that are secrets only as a whole. */
const SECRET_NAMES = words(
  `key pass pwd pw auth sig sid code otp pin nonce hash hmac state mail ssn phone tel sessid
   phpsessid jsessionid cvv cvc iban card`,
);
/** A long segment behind one of these lets whoever has it in. */
const SECRET_FOLDERS = words(
  `reset resetpassword passwordreset password passwords recover confirm confirmation verify
   verification verifyemail activate activation invite invites invitation invitations magic
   magiclink login token tokens auth unsubscribe unlock share shared`,
);

export class Redactor {
  /** The bytes of the result, `length` of them; valid until the next call. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  readonly #keepQuery: boolean;
  #isClean = true;

  /** Of a longer result only `bytesMax` bytes are made. */
  constructor(bytesMax: number, keepQuery: boolean) {
    this.bytes = new Uint8Array(bytesMax);
    this.#keepQuery = keepQuery;
  }

  /**
   * Makes the result of a path or a whole URL in `url[start, end)`. True when nothing was taken out
   * of it, so that it is the beginning of the URL.
   */
  redact(url: Uint8Array, start: number, end: number): boolean {
    this.length = 0;
    this.#isClean = true;
    let at = this.#copyOrigin(url, start, end);
    let folderStart = at;
    let folderEnd = at;
    while (at < end && url[at] !== QUESTION && url[at] !== HASH) {
      const from = url[at] === SLASH ? at + 1 : at;
      const until = pathPieceEnd(url, from, end);
      this.#copy(url, at, from);
      if (url[from - 1] === SEMICOLON) this.#pair(url, from, until);
      else {
        const isSecretPlace =
          isLong(url, from, until) && SECRET_FOLDERS.has(nameIn(url, folderStart, folderEnd));
        this.#value(url, from, until, isSecretPlace);
        folderStart = from;
        folderEnd = until;
      }
      at = until;
      if (url[at] === SEMICOLON && at < end) this.#copy(url, at, ++at);
    }
    if (!this.#keepQuery) return this.#isClean;
    while (at < end) {
      const until = queryPieceEnd(url, at + 1, end);
      this.#copy(url, at, at + 1);
      this.#pair(url, at + 1, until);
      at = until;
    }
    return this.#isClean;
  }

  /** `https://user:password@host` without user and password; nothing where a path begins at once. */
  #copyOrigin(url: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && url[at] !== COLON && url[at] !== SLASH && url[at] !== QUESTION) at++;
    if (at + 3 > end || url[at] !== COLON) return start;
    if (url[at + 1] !== SLASH || url[at + 2] !== SLASH) return start;
    const hostStart = at + 3;
    let hostEnd = hostStart;
    let userEnd = hostStart;
    for (; hostEnd < end; hostEnd++) {
      const byte = url[hostEnd];
      if (byte === SLASH || byte === QUESTION || byte === HASH) break;
      if (byte === AT) userEnd = hostEnd;
    }
    this.#copy(url, start, hostStart);
    this.#value(url, hostStart, userEnd, userEnd > hostStart);
    this.#copy(url, userEnd, hostEnd);
    return hostEnd;
  }

  /** `name=value` or a bare word. */
  #pair(url: Uint8Array, start: number, end: number): void {
    let equals = start;
    while (equals < end && url[equals] !== EQUALS) equals++;
    const valueStart = equals === end ? start : equals + 1;
    this.#copy(url, start, valueStart);
    const isNamed = valueStart > start && isSecretName(nameIn(url, start, equals));
    this.#value(url, valueStart, end, isNamed || holdsPair(url, valueStart, end));
  }

  #value(url: Uint8Array, start: number, end: number, isSecret: boolean): void {
    if (start >= end || (!isSecret && !isSecretForm(url, start, end))) {
      this.#copy(url, start, end);
      return;
    }
    this.#isClean = false;
    for (let i = 0; i < STARS && this.length < this.bytes.length; i++) {
      this.bytes[this.length++] = STAR;
    }
  }

  #copy(url: Uint8Array, from: number, to: number): void {
    const { bytes } = this;
    for (let at = from; at < to && this.length < bytes.length; at++) {
      bytes[this.length++] = url[at] ?? 0;
    }
  }
}

function pathPieceEnd(url: Uint8Array, from: number, end: number): number {
  let at = from;
  for (; at < end; at++) {
    const byte = url[at];
    if (byte === SLASH || byte === SEMICOLON || byte === QUESTION || byte === HASH) break;
  }
  return at;
}

function queryPieceEnd(url: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && url[at] !== AMPERSAND && url[at] !== SEMICOLON) at++;
  return at;
}

/** Letters in lower case and digits of a name, percent-encoded ones decoded. */
function nameIn(url: Uint8Array, start: number, end: number): string {
  let name = '';
  for (let at = start; at < end && name.length < NAME_BYTES_MAX; at++) {
    let code = url[at] ?? 0;
    if (code === PERCENT && at + 2 < end) {
      const hex = String.fromCharCode(url[at + 1] ?? 0, url[at + 2] ?? 0);
      if (/^[0-9a-f]{2}$/iu.test(hex)) {
        code = Number.parseInt(hex, 16);
        at += 2;
      }
    }
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    if (isLetter || (lower >= 0x30 && lower <= 0x39)) name += String.fromCharCode(lower);
  }
  return name;
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name) || SECRET_PARTS.some((part) => name.includes(part));
}

/** A URL as a value may hold secrets of its own: `?next=https%3A%2F%2Fhost%2F%3Ftoken%3Dabc`. */
function holdsPair(url: Uint8Array, start: number, end: number): boolean {
  let name = start;
  for (let at = start; at < end; at++) {
    const isEncoded =
      url[at] === PERCENT && url[at + 1] === 0x33 && ((url[at + 2] ?? 0) | 0x20) === 0x64;
    if (url[at] !== EQUALS && !isEncoded) continue;
    if (at > name && isSecretName(nameIn(url, Math.max(name, at - NAME_BYTES_MAX), at)))
      return true;
    name = at + 1;
  }
  return false;
}

function isLong(url: Uint8Array, start: number, end: number): boolean {
  if (end - start < PATH_SECRET_BYTES_MIN) return false;
  if (end - start >= 2 * PATH_SECRET_BYTES_MIN) return true;
  for (let at = start; at < end; at++) {
    const byte = url[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) return true;
  }
  return false;
}

/** An e-mail address, also with `%40`, or a JSON Web Token, which begins with `{"` in base64. */
function isSecretForm(url: Uint8Array, start: number, end: number): boolean {
  let mark = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const byte = url[i];
    const isEncoded = byte === PERCENT && url[i + 1] === 0x34 && url[i + 2] === 0x30;
    if ((byte === AT || isEncoded) && i > start) mark = i;
    if (byte !== DOT) continue;
    dots++;
    if (mark >= 0 && i > mark + 1 && i + 1 < end) return true;
  }
  const isJson = url[start] === 0x65 && url[start + 1] === 0x79 && url[start + 2] === 0x4a;
  return isJson && dots === 2 && end - start >= JSON_WEB_TOKEN_BYTES_MIN;
}
