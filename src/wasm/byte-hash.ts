/**
 * Hashes, compares and searches spans of bytes by WebAssembly (byte-hash.wat): 9 ns for 13 bytes and
 * 18 ns for 110, where a JavaScript loop takes 20 and 170.
 *
 * The hash depends on the bytes alone, never on the process: a log read again must give the same
 * windows, and HyperLogLog registers of different hosts must be mergeable. So somebody who wants to
 * can find two spans with one hash; whoever counts by it compares the bytes as well.
 *
 * Owns a region of WebAssembly memory of fixed size: the two lanes of the last hash, a staging area
 * for bytes that lie elsewhere, and keys that `reserve()` has given away. Spans that already lie in
 * the same memory (the follower's read buffer) are not copied.
 */
import { BYTE_HASH_WASM } from './byte-hash-wasm.ts';

/** Of a longer span only so many bytes count, and its length. */
export const HASHED_BYTES_MAX = 4096;

const PAGE_BYTES = 64 * 1024;
/** `find` reads up to 15 bytes beyond a span. */
const PADDING_BYTES = 16;
const LANES_BYTES = 8;
/** Instead of an address: the bytes lie in another memory. */
export const ELSEWHERE = -1;
/** What is reserved begins at a line of the processor's cache. */
const ALIGNMENT_BYTES = 64;
/** What a ByteHash needs besides the bytes to reserve. */
export const BYTE_HASH_OWN_BYTES = LANES_BYTES + HASHED_BYTES_MAX + PADDING_BYTES;

/** WebAssembly.Memory; the ES libraries of TypeScript do not declare it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface Exports {
  readonly hash: (at: number, length: number, out: number) => number;
  readonly find: (at: number, end: number, byte: number) => number;
  readonly same: (a: number, b: number, length: number) => number;
  readonly findAll: (cache: number, base: number, rows: number) => number;
  readonly gather: (from: number, found: number, to: number, rows: number) => void;
}

interface WebAssemblyApi {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: object };
}

export class ByteHash {
  /** The lower and the upper 32 bits of the last hash, signed. */
  readonly lanes: Int32Array<ArrayBuffer>;
  /** The whole memory; addresses are indexes into it. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly #shared: WasmMemory;
  readonly #buffer: ArrayBuffer;
  readonly #wasm: Exports;
  readonly #lanesAt: number;
  readonly #stagingAt: number;
  readonly #regionEnd: number;
  #freeAt: number;
  #lastBytes: Uint8Array | undefined;
  #lastBase = ELSEWHERE;

  /** `at` must be a multiple of 8; [at, at + bytes) belongs to this object alone from now on. */
  constructor(memory: WasmMemory, wasm: Exports, at: number, bytes: number) {
    this.#shared = memory;
    this.#buffer = memory.buffer;
    this.memory = new Uint8Array(memory.buffer);
    this.#wasm = wasm;
    this.#lanesAt = at;
    this.lanes = new Int32Array(memory.buffer, at, 2);
    this.#stagingAt = at + LANES_BYTES;
    this.#freeAt = at + BYTE_HASH_OWN_BYTES;
    this.#regionEnd = at + bytes;
  }

  /** The lower 32 bits, signed; all 64 are in `lanes` until the next call. */
  hash(bytes: Uint8Array, start: number, end: number): number {
    return this.hashAt(this.addressOf(bytes, start, end), end - start);
  }

  /** The same for a span that `addressOf()` has placed. */
  hashAt(at: number, length: number): number {
    const wasm = this.#wasm;
    if (length <= HASHED_BYTES_MAX) return wasm.hash(at, length, this.#lanesAt);
    wasm.hash(at, HASHED_BYTES_MAX, this.#lanesAt);
    const { lanes } = this;
    lanes[0] = Math.imul((lanes[0] ?? 0) ^ length, 0x9e3779b1);
    return lanes[0];
  }

  /** 1 when both spans hold the same bytes, else 0. */
  same(a: number, b: number, length: number): number {
    return this.#wasm.same(a, b, length);
  }

  /** The index of the first `byte` in `bytes[start, end)`, or `end`. */
  indexOf(bytes: Uint8Array, start: number, end: number, byte: number): number {
    const base = this.baseOf(bytes);
    if (base !== ELSEWHERE) return this.#wasm.find(base + start, base + end, byte) - base;
    let at = start;
    while (at < end && bytes[at] !== byte) at++;
    return at;
  }

  /**
   * The address of a span; one from another memory is copied to the staging area first, cut at
   * HASHED_BYTES_MAX, and stays there until the next call.
   */
  addressOf(bytes: Uint8Array, start: number, end: number): number {
    const base = this.baseOf(bytes);
    return base === ELSEWHERE ? this.#stage(bytes, start, end) : base + start;
  }

  /** The address of `bytes[0]`, or ELSEWHERE. Lines come from one array; asking it for its buffer takes 20 ns. */
  baseOf(bytes: Uint8Array): number {
    if (bytes === this.#lastBytes) return this.#lastBase;
    this.#lastBytes = bytes;
    this.#lastBase = bytes.buffer === this.#buffer ? bytes.byteOffset : ELSEWHERE;
    return this.#lastBase;
  }

  #stage(bytes: Uint8Array, start: number, end: number): number {
    const { memory } = this;
    const length = Math.min(end - start, HASHED_BYTES_MAX);
    const to = this.#stagingAt;
    if (length > 64) memory.set(bytes.subarray(start, start + length), to);
    else for (let i = 0; i < length; i++) memory[to + i] = bytes[start + i] ?? 0;
    return to;
  }

  /** Finds or makes slots for `rows` keys in the cache at that address, see key-cache.ts; for how many it could. */
  findAll(cache: number, base: number, rows: number): number {
    return this.#wasm.findAll(cache, base, rows);
  }

  /** Copies the 16 bytes that `from` has for each of the slots at `found` to `to`; all are addresses. */
  gather(from: number, found: number, to: number, rows: number): void {
    this.#wasm.gather(from, found, to, rows);
  }

  /** What another compiled module (base64) exports, on the same memory. */
  instantiate(module: string): object {
    return instantiate(module, this.#shared);
  }

  /**
   * Gives `bytes` bytes of the region away, for good, and returns their address, a multiple of 64.
   * What is given away takes `reservedBytes()` of the region.
   */
  reserve(bytes: number): number {
    const at = ALIGNMENT_BYTES * Math.ceil(this.#freeAt / ALIGNMENT_BYTES);
    if (at + bytes > this.#regionEnd) {
      throw new RangeError(`The region of the hash has no ${bytes} bytes left.`);
    }
    this.#freeAt = at + bytes;
    return at;
  }
}

/** Bytes of the region that `reserve(bytes)` takes at most. */
export function reservedBytes(bytes: number): number {
  return bytes + ALIGNMENT_BYTES;
}

/**
 * A hash in a memory of its own, or in `shared.memory` from `shared.at` on, where the
 * BYTE_HASH_OWN_BYTES and `reserveBytes` behind it must be free.
 */
export function createByteHash(
  reserveBytes: number,
  shared?: { memory: WasmMemory; at: number },
): ByteHash {
  const bytes = BYTE_HASH_OWN_BYTES + reserveBytes;
  const pages = Math.ceil((bytes + PADDING_BYTES) / PAGE_BYTES);
  const memory = shared?.memory ?? new (webAssembly().Memory)({ initial: pages, maximum: pages });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the edge to untyped WebAssembly
  const wasm = instantiate(BYTE_HASH_WASM, memory) as Exports;
  return new ByteHash(memory, wasm, shared?.at ?? 0, bytes);
}

function instantiate(module: string, memory: WasmMemory): object {
  const { Module, Instance } = webAssembly();
  const compiled = new Module(Buffer.from(module, 'base64'));
  return new Instance(compiled, { env: { memory } }).exports;
}

function webAssembly(): WebAssemblyApi {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}
