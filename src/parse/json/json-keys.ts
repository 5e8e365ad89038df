/**
 * Which keys of a JSON log mean which variable of nginx, and the table that finds them by their
 * bytes.
 *
 * A key within an object is a path with dots: `http.status` is `{"http":{"status":200}}` as well as
 * `{"http.status":200}`. Keys are compared byte by byte, so a key written with escapes
 * (`"statu\u0073"`) is unknown.
 */
import { isTime, variableKind } from '../format/variables.ts';

/** One variable of a record. What is read into a column comes first; then variables by their names. */
export const SLOT_TIME = 0; // in any of the forms that are known, whatever its key
export const SLOT_STATUS = 1;
export const SLOT_BODY_BYTES = 2;
export const SLOT_BYTES = 3;
export const SLOT_REQUEST_LENGTH = 4;
export const SLOT_REQUEST_S = 5;
export const SLOT_REQUEST_MS = 6;
export const SLOT_REQUEST_US = 7;
export const SLOT_SERVER_NAME = 8;
export const SLOT_HOST = 9;
const SLOT_VARIABLES: readonly string[] = [
  'time_iso8601',
  'status',
  'body_bytes_sent',
  'bytes_sent',
  'request_length',
  'request_time',
  'request_time_ms',
  'request_time_us',
  'server_name',
  'host',
];

/** A key and the variable it stands for. */
export interface JsonKey {
  /** With dots between the names of nested objects. */
  readonly path: string;
  /** Without `$`; also `request_time_ms` and `request_time_us`, for times in other units than nginx's. */
  readonly variable: string;
  /** Of several keys of one variable in one line the least counts; of equals the first in the line. */
  readonly rank: number;
}

/**
 * Keys that logs use for nginx's variables beside their names, the most exact first. Times are
 * seconds unless their name says otherwise. Sources: the formats that nginx's users and those of
 * other servers publish; the Elastic Common Schema for the names with dots.
 */
const COMMON_KEYS: readonly (readonly [variable: string, paths: string])[] = [
  [
    'time_iso8601',
    `msec time_iso8601 time_local time @timestamp timestamp ts datetime date_time date
     request.time_iso8601 request.timestamp start_time`,
  ],
  [
    'status',
    `status status_code http_status response_status response_code statusCode code response
     http.response.status_code http.status http.status_code response.status response.status_code
     nginx.status nginx.access.response_code`,
  ],
  [
    'body_bytes_sent',
    `body_bytes_sent body_bytes bytes_body http.response.body.bytes response.body_bytes_sent
     response.body_bytes nginx.body_bytes_sent nginx.access.body_sent.bytes`,
  ],
  [
    'bytes_sent',
    `bytes_sent bytes size bytes_out response_size response_length http.response.bytes
     http.bytes_sent http.bytes response.bytes response.size response.length response.bytes_sent`,
  ],
  [
    'request_length',
    'request_length request_size bytes_in http.request.bytes http.request_length request.length request.size request.bytes',
  ],
  [
    'request_time',
    `request_time duration response_time elapsed took request_duration http.request_time
     http.duration request.time request.duration response.time nginx.request_time`,
  ],
  ['request_time_ms', 'request_time_ms duration_ms response_time_ms elapsed_ms took_ms latency_ms'],
  ['request_time_us', 'request_time_us duration_us response_time_us elapsed_us took_us latency_us'],
  ['server_name', 'server_name vhost virtual_host site server.name nginx.server_name'],
  ['host', 'host http_host domain hostname_requested http.host request.host url.domain'],
  [
    'remote_addr',
    `remote_addr client_ip clientip client client_addr remote_ip remote_address ip source_ip
     client.ip client.address source.ip source.address http.client_ip http.remote_addr
     request.client_ip request.remote_addr request.remote_ip nginx.remote_addr`,
  ],
  ['remote_user', 'remote_user user username user.name'],
  ['request', 'request request_line http_request http.request request.line nginx.request'],
  [
    'request_method',
    'request_method method http_method verb http.request.method http.method request.method',
  ],
  [
    'request_uri',
    `request_uri uri url path request_url request_path http.request_uri http.uri http.url
     http.path request.uri request.url request.path url.original url.path`,
  ],
  ['uri', 'normalized_uri document_uri'],
  [
    'server_protocol',
    'server_protocol protocol http_version http.version http.protocol request.protocol',
  ],
  [
    'http_user_agent',
    `http_user_agent user_agent agent useragent userAgent ua user_agent.original http.user_agent
     http.useragent request.user_agent nginx.http_user_agent`,
  ],
  [
    'http_referer',
    `http_referer http_referrer referer referrer http.referer http.referrer http.request.referrer
     request.referer request.referrer`,
  ],
  [
    'http_x_forwarded_for',
    'http_x_forwarded_for x_forwarded_for xff forwarded_for http.x_forwarded_for request.x_forwarded_for',
  ],
  ['http_cf_connecting_ip', 'http_cf_connecting_ip cf_connecting_ip'],
  ['upstream_addr', 'upstream_addr upstream upstream_address upstream.addr upstream.address'],
  [
    'upstream_response_time',
    'upstream_response_time upstream_time upstream.response_time upstream.time',
  ],
  ['upstream_connect_time', 'upstream_connect_time upstream.connect_time'],
  ['upstream_header_time', 'upstream_header_time upstream.header_time'],
  ['upstream_status', 'upstream_status upstream.status'],
  ['upstream_cache_status', 'upstream_cache_status cache_status cache upstream.cache_status'],
  ['ssl_protocol', 'ssl_protocol tls_protocol tls_version tls.version ssl.protocol tls.protocol'],
  ['scheme', 'scheme http_scheme url.scheme request.scheme'],
];

/** The keys that a JSON log is read by when its format is not given. */
export function commonKeys(): JsonKey[] {
  return COMMON_KEYS.flatMap(([variable, paths]) =>
    // 0 is for keys that somebody has named, and a variable's own name for a text key never loses.
    paths.split(/\s+/u).map((path, i) => ({ path, variable, rank: i + 1 })),
  );
}

/** Variables that can be read from a JSON log, beside the one that tells the client. */
export const JSON_VARIABLES: readonly string[] = [
  ...COMMON_KEYS.map(([variable]) => variable),
  'time_local',
  'msec',
];

/** Slots from 10 on are for `names`, in that order. */
export class KeyTable {
  /** Slots in use: those of the columns and one for each further variable of a span. */
  readonly slotCount: number;
  readonly #spanSlots: readonly number[];
  readonly #entryOf: Int32Array;
  readonly #mask: number;
  readonly #hashes: number[] = [];
  readonly #keys: Uint8Array[] = [];
  readonly #parents: number[] = [];
  readonly #slots: number[] = [];
  readonly #ranks: number[] = [];
  readonly #childParents: number[] = [];

  /** `spanVariables`: those that the rows shall have the spans of; keys of others are left out. */
  constructor(keys: readonly JsonKey[], spanVariables: readonly string[]) {
    const names = [...SLOT_VARIABLES];
    for (const name of spanVariables) if (!names.includes(name)) names.push(name);
    this.slotCount = names.length;
    this.#spanSlots = spanVariables.map((name) => slotOf(name, names));
    const wanted = keys.filter(({ variable }) => slotOf(variable, names) >= 0);
    const size = 2 ** Math.ceil(Math.log2(16 * (wanted.length + 1)));
    this.#mask = size - 1;
    this.#entryOf = new Int32Array(size).fill(-1);
    for (const { path, variable, rank } of wanted) {
      this.#addPath(0, path, slotOf(variable, names), rank);
    }
  }

  /** The slot of the span variable with this index. */
  slotOfSpan(index: number): number {
    return this.#spanSlots[index] ?? -1;
  }

  /** The entry of the key `bytes[start, end)` within the object `parent` (0: the record), or -1. */
  find(bytes: Uint8Array, view: DataView, start: number, end: number, parent: number): number {
    const hash = hashKey(view, start, end, parent);
    for (let i = hash & this.#mask; ; i = (i + 1) & this.#mask) {
      const entry = this.#entryOf[i] ?? -1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#isKey(entry, bytes, start, end, parent)) {
        return entry;
      }
    }
  }

  /** The slot that a value under this key fills, or -1. */
  slot(entry: number): number {
    return this.#slots[entry] ?? -1;
  }

  rank(entry: number): number {
    return this.#ranks[entry] ?? 0;
  }

  /** The parent that keys of an object under this key have, or -1 when none of them is known. */
  childParent(entry: number): number {
    return this.#childParents[entry] ?? -1;
  }

  #isKey(entry: number, bytes: Uint8Array, start: number, end: number, parent: number): boolean {
    const key = this.#keys[entry];
    if (key === undefined || key.length !== end - start || this.#parents[entry] !== parent) {
      return false;
    }
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
    return true;
  }

  /** `a.b.c` is the key `a.b.c`, and `b.c` within `a`, and `c` within `b` within `a`. */
  #addPath(parent: number, path: string, slot: number, rank: number): void {
    const entry = this.#entry(parent, path);
    if ((this.#slots[entry] ?? -1) < 0) {
      this.#slots[entry] = slot;
      this.#ranks[entry] = rank;
    }
    const dot = path.indexOf('.');
    if (dot <= 0 || dot === path.length - 1) return;
    const outer = this.#entry(parent, path.slice(0, dot));
    if ((this.#childParents[outer] ?? -1) < 0) this.#childParents[outer] = outer + 1;
    this.#addPath(outer + 1, path.slice(dot + 1), slot, rank);
  }

  #entry(parent: number, name: string): number {
    // Framed as in a line, because the hash takes the quotes in.
    const framed = new TextEncoder().encode(`"${name}"    `);
    const view = new DataView(framed.buffer);
    const end = framed.length - 5;
    const found = this.find(framed, view, 1, end, parent);
    if (found >= 0) return found;
    const entry = this.#keys.push(framed.slice(1, end)) - 1;
    const hash = hashKey(view, 1, end, parent);
    this.#hashes[entry] = hash;
    this.#parents[entry] = parent;
    this.#slots[entry] = -1;
    this.#ranks[entry] = 0;
    this.#childParents[entry] = -1;
    let i = hash & this.#mask;
    while ((this.#entryOf[i] ?? -1) >= 0) i = (i + 1) & this.#mask;
    this.#entryOf[i] = entry;
    return entry;
  }
}

/** Any of the times fills the one slot of the time. */
function slotOf(variable: string, names: readonly string[]): number {
  return isTime(variableKind(variable)) ? SLOT_TIME : names.indexOf(variable);
}

/** Of the first and last bytes and the length, quotes included: cheap, and the table compares in full. */
function hashKey(view: DataView, start: number, end: number, parent: number): number {
  const length = end - start;
  // A key of one letter has no four bytes of its own and its quotes.
  const first = length > 1 ? view.getInt32(start - 1, true) : view.getUint8(start);
  const last = length > 1 ? view.getInt32(end - 3, true) : 0;
  let hash = Math.imul(first, 0x85ebca6b) ^ Math.imul(last, 0xc2b2ae35);
  hash ^= Math.imul(length + 64 * parent, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
