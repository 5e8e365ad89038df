/**
 * Which keys of a JSON log mean which variable of nginx, and the table that finds them by their
 * bytes.
 *
 * A key within an object is a path with dots: `http.status` is `{"http":{"status":200}}` as well as
 * `{"http.status":200}`. Keys are compared byte by byte, so a key written with escapes
 * (`"statu\u0073"`) is unknown.
 */
import type { JsonKey } from './common-keys.ts';
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
export const SLOT_REQUEST_NS = 10;
export const SLOT_HTTP_HOST = 11;
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
  'request_time_ns',
  'http_host',
];

/** Slots from 12 on are for `names`, in that order. */
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
