/**
 * Values that come from a client or an upstream but are told apart only if they are in a short list:
 * methods, protocols, TLS versions, cache states. Everything else is one value, so nobody can invent
 * values; an absent one (empty or `-`) is `-`. Some writers of JSON escape the slash, `HTTP\/1.1`.
 *
 * Lists: the methods of RFC 9110, RFC 5789 (PATCH) and RFC 4918 (WebDAV);
 * $server_protocol, $ssl_protocol and $upstream_cache_status as nginx writes them.
 */
const ABSENT = 0;
const OTHER = 1;
const HYPHEN = 0x2d;

/** One way of writing a value. */
interface Form {
  readonly index: number;
  readonly bytes: Uint8Array;
}

export class ClosedSet {
  /** Index = what `find()` returns; the first two are `-` and `OTHER`. */
  readonly values: readonly string[];
  /** By length: the bytes of a value, and its index. */
  readonly #byLength: readonly (readonly Form[])[];

  constructor(values: readonly string[]) {
    this.values = ['-', 'OTHER', ...values];
    const forms = values.flatMap((value, i): Form[] =>
      [...new Set([value, value.replaceAll('/', String.raw`\/`)])].map((form) => ({
        index: OTHER + 1 + i,
        bytes: new TextEncoder().encode(form),
      })),
    );
    const longest = Math.max(...forms.map(({ bytes }) => bytes.length));
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) =>
      forms.filter(({ bytes }) => bytes.length === length),
    );
  }

  /** Index of `bytes[start, end)` in `values`. Letters count as they are: methods are case-sensitive. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0 || (length === 1 && bytes[start] === HYPHEN)) return ABSENT;
    const candidates = this.#byLength[length];
    if (candidates === undefined) return OTHER;
    for (let i = 0; i < candidates.length; i++) {
      const form = candidates[i];
      let at = 0;
      while (at < length && form?.bytes[at] === bytes[start + at]) at++;
      if (at === length) return form?.index ?? OTHER;
    }
    return OTHER;
  }
}

export const METHODS = new ClosedSet([
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
  'SEARCH',
  'PURGE',
]);

export const PROTOCOLS = new ClosedSet([
  'HTTP/1.1',
  'HTTP/2.0',
  'HTTP/3.0',
  'HTTP/1.0',
  'HTTP/0.9',
]);

export const TLS_VERSIONS = new ClosedSet([
  'TLSv1.3',
  'TLSv1.2',
  'TLSv1.1',
  'TLSv1',
  'SSLv3',
  'SSLv2',
]);

export const CACHE_STATES = new ClosedSet([
  'HIT',
  'MISS',
  'BYPASS',
  'EXPIRED',
  'STALE',
  'UPDATING',
  'REVALIDATED',
  'SCARCE',
]);
