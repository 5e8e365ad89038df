/**
 * The routes of request targets: own rules first, in their order, else the template of the path.
 *
 * Owns a cache from paths to routes (key-cache.ts), because the same paths come again and again: a
 * known one allocates nothing. What the cache forgets is worked out again with
 * the same result, so it is in no checkpoint.
 */
import type { ByteHash } from '../../wasm/byte-hash.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from '../keys/key-cache.ts';
import { firstMatch, type PathRule } from './path-rule.ts';
import { PATH_BYTES_MAX, RequestPath } from '../request-path.ts';
import { ROUTE_BYTES_MAX, RouteTemplate } from './route-template.ts';
import { Unescaper } from '../../text/unescaper.ts';

/** The route of a request without a path: an empty or binary request, `OPTIONS *`, `CONNECT`. */
export const NO_ROUTE = '-';

/** Targets whose route is remembered. */
export const ROUTE_SLOTS = 8192;
const QUESTION = 0x3f;
const PATHS: KeyCacheOptions = {
  slots: ROUTE_SLOTS,
  keyBytesMax: PATH_BYTES_MAX,
  rowsMax: ROWS_MAX,
  cutAt: QUESTION,
};
const TEMPLATE_SLOTS = 2048;
const TEMPLATES: KeyCacheOptions = { slots: TEMPLATE_SLOTS, keyBytesMax: ROUTE_BYTES_MAX };

/** Bytes that a RouteTable takes out of the region of its ByteHash. */
export const ROUTE_TABLE_BYTES = keyCacheBytes(PATHS) + keyCacheBytes(TEMPLATES);

export interface RouteTableOptions {
  readonly hash: ByteHash;
  /** The first that fits names the route. */
  readonly routes: readonly PathRule[];
  /** Paths whose requests are not counted. */
  readonly ignored: readonly PathRule[];
  /** Makes text from a client safe as a tag value; called for new paths only. */
  readonly safeName: (text: string) => string;
}

export class RouteTable {
  /** Per slot: the route. */
  readonly names: string[] = new Array<string>(ROUTE_SLOTS).fill('');
  /** Per slot: a hash of the route's name, signed. */
  readonly hashes = new Int32Array(ROUTE_SLOTS);
  /** Per slot: 1 when the path is to be ignored. */
  readonly ignored = new Uint8Array(ROUTE_SLOTS);
  readonly #options: RouteTableOptions;
  readonly #cache: KeyCache;
  /** New paths mostly have known routes. */
  readonly #templates: KeyCache;
  readonly #templateNames: string[] = new Array<string>(TEMPLATE_SLOTS).fill('');
  readonly #templateHashes = new Int32Array(TEMPLATE_SLOTS);
  /** The routes of the own rules, then NO_ROUTE. */
  readonly #fixed: readonly { readonly name: string; readonly hash: number }[];
  readonly #path = new RequestPath();
  readonly #unescaper = new Unescaper(PATH_BYTES_MAX);
  readonly #template = new RouteTemplate();
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();

  constructor(options: RouteTableOptions) {
    this.#options = options;
    this.#cache = new KeyCache(options.hash, PATHS);
    this.#templates = new KeyCache(options.hash, TEMPLATES);
    this.#fixed = [...options.routes.map(({ text }) => text), NO_ROUTE].map((text) => {
      const name = options.safeName(text);
      return { name, hash: this.#hashOf(name) };
    });
  }

  /** Targets are of a log that escapes nothing (or of one that does) from now on. */
  startAnew(isRaw: boolean): void {
    this.#unescaper.isRaw = isRaw;
    this.#cache.clear();
  }

  /** Per row start and end of its target, and after `findRows()` its slot. */
  get spans(): Int32Array {
    return this.#cache.spans;
  }

  get found(): Int32Array {
    return this.#cache.found;
  }

  /**
   * Finds the slots of the targets of the first `rows` rows, at most ROWS_MAX, and returns of how
   * many; good until the next call. `isNew` is called for a slot that has another path than before,
   * with the span of the target.
   */
  findRows(
    bytes: Uint8Array,
    rows: number,
    isNew: (slot: number, start: number, end: number) => void,
  ): number {
    return this.#cache.findRows(bytes, rows, (slot, start, end) => {
      this.#enter(slot, bytes, start, end);
      isNew(slot, start, end);
    });
  }

  #enter(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const until = Math.min(end, start + PATH_BYTES_MAX);
    const path = this.#path;
    const pathEnd = this.#options.hash.indexOf(bytes, start, until, QUESTION);
    const unescaper = this.#unescaper;
    if (unescaper.read(bytes, start, pathEnd)) {
      path.read(unescaper.bytes, 0, unescaper.length, pathEnd - start === PATH_BYTES_MAX);
    } else path.read(bytes, start, pathEnd);
    this.#name(slot, path);
    this.ignored[slot] = firstMatch(this.#options.ignored, path) >= 0 ? 1 : 0;
  }

  #name(slot: number, path: RequestPath): void {
    const rule = firstMatch(this.#options.routes, path);
    if (rule >= 0 || !path.isPath) {
      this.#put(slot, rule >= 0 ? rule : this.#options.routes.length);
      return;
    }
    const template = this.#template;
    template.make(path);
    const found = this.#templates.find(template.bytes, 0, template.length);
    if (found < 0) this.#enterTemplate(~found);
    const at = found < 0 ? ~found : found;
    this.names[slot] = this.#templateNames[at] ?? NO_ROUTE;
    this.hashes[slot] = this.#templateHashes[at] ?? 0;
  }

  #put(slot: number, fixed: number): void {
    const { name, hash } = this.#fixed[fixed] ?? { name: NO_ROUTE, hash: 0 };
    this.names[slot] = name;
    this.hashes[slot] = hash;
  }

  #enterTemplate(at: number): void {
    const { bytes, length } = this.#template;
    const name = this.#options.safeName(this.#decoder.decode(bytes.subarray(0, length)));
    this.#templateNames[at] = name;
    this.#templateHashes[at] = this.#hashOf(name);
  }

  /** Of the name, not of the bytes: different bytes may be made safe to one name. */
  #hashOf(name: string): number {
    const encoded = this.#encoder.encode(name);
    return this.#options.hash.hash(encoded, 0, encoded.length);
  }
}
