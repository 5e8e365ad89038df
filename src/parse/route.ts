/**
 * The routes of request targets: own rules first, in their order, else the template of the path.
 *
 * Owns a cache from paths to routes (key-cache.ts), because the same paths come again and again: a
 * known one costs about 50 ns and allocates nothing. What the cache forgets is worked out again with
 * the same result, so it is in no checkpoint.
 */
import type { ByteHash } from './byte-hash.ts';
import { KeyCache, keyCacheBytes } from './key-cache.ts';
import { firstMatch, type PathRule } from './path-rule.ts';
import { PATH_BYTES_MAX, RequestPath } from './request-path.ts';
import { RouteTemplate } from './route-template.ts';

/** The route of a request without a path: an empty or binary request, `OPTIONS *`, `CONNECT`. */
export const NO_ROUTE = '-';

const SLOTS = 8192;
const QUESTION = 0x3f;

/** Bytes that a RouteTable takes out of the region of its ByteHash. */
export const ROUTE_TABLE_BYTES = keyCacheBytes(SLOTS, PATH_BYTES_MAX);

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
  readonly names: string[] = new Array<string>(SLOTS).fill('');
  /** Per slot: a hash of the route's name, signed. */
  readonly hashes = new Int32Array(SLOTS);
  /** Per slot: 1 when the path is to be ignored. */
  readonly ignored = new Uint8Array(SLOTS);
  readonly #options: RouteTableOptions;
  readonly #cache: KeyCache;
  readonly #path = new RequestPath();
  readonly #template = new RouteTemplate();
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();

  constructor(options: RouteTableOptions) {
    this.#options = options;
    this.#cache = new KeyCache(options.hash, SLOTS, PATH_BYTES_MAX);
  }

  /** Paths that were not in the cache. */
  get misses(): number {
    return this.#cache.misses;
  }

  /** The slot of the target in `bytes[start, end)`; good until the next call. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const until = Math.min(end, start + PATH_BYTES_MAX);
    const pathEnd = this.#options.hash.indexOf(bytes, start, until, QUESTION);
    const slot = this.#cache.find(bytes, start, pathEnd);
    return slot < 0 ? this.#enter(~slot, bytes, start, pathEnd) : slot;
  }

  #enter(slot: number, bytes: Uint8Array, start: number, end: number): number {
    const path = this.#path;
    path.read(bytes, start, end);
    const { ignored, safeName } = this.#options;
    const name = safeName(this.#nameOf(path));
    const encoded = this.#encoder.encode(name);
    this.names[slot] = name;
    this.hashes[slot] = this.#options.hash.hash(encoded, 0, encoded.length);
    this.ignored[slot] = firstMatch(ignored, path) >= 0 ? 1 : 0;
    return slot;
  }

  #nameOf(path: RequestPath): string {
    if (!path.isPath) return NO_ROUTE;
    const { routes } = this.#options;
    const rule = routes[firstMatch(routes, path)];
    if (rule !== undefined) return rule.text;
    const template = this.#template;
    template.make(path);
    return this.#decoder.decode(template.bytes.subarray(0, template.length));
  }
}
