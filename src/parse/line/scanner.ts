/**
 * Finds line ends and quotes by WebAssembly SIMD (scan.wat): 0.1 ns a byte where a JavaScript loop
 * takes 2.
 *
 * Owns one piece of WebAssembly memory of fixed size (it never grows: growth would detach the views
 * on it) with, in this order: the table of quotes, the table of lines, the machine that reads the
 * lines (line-machine.ts), a staging area, the read buffer, 64 bytes of padding, what was asked for as
 * `shared`, padding. Files are read straight into the read buffer, so their bytes are scanned where
 * they are; bytes from elsewhere are copied into the staging area piece by piece.
 * The tables are valid until the next `scan()`. One scanner serves any number of parsers, in turn.
 */
import type { WasmMemory } from '../../wasm/byte-hash.ts';
import { createLineMachine, LINE_MACHINE_BYTES, type LineMachine } from './line-machine.ts';
import { SCAN_WASM } from '../../wasm/scan-wasm.ts';

const PAGE_BYTES = 64 * 1024;
/** A line with more quotes than this is cut in the table of quotes and has the form of no format. */
export const QUOTES_MAX = 16 * 1024;
/** Lines of one scan: about as many bytes as the processor's first cache still holds afterwards. */
export const SCAN_LINES_MAX = 256;
const STAGING_BYTES = 64 * 1024;
const PADDING_BYTES = 64;
const LF = 0x0a;
const QUOTE = 0x22;

const QUOTES_AT = 0;
const QUOTES_END = QUOTES_AT + 4 * QUOTES_MAX;
const LINES_AT = QUOTES_END;
const LINES_END = LINES_AT + 8 * SCAN_LINES_MAX;
const MACHINE_AT = LINES_END;
const STAGING_AT = MACHINE_AT + LINE_MACHINE_BYTES;
const READ_BUFFER_AT = STAGING_AT + STAGING_BYTES;

export interface Scanner {
  /** Where to read files into. A view of the scanner's memory: bytes in here are not copied. */
  readonly readBuffer: Uint8Array<ArrayBuffer>;
  /** Where the `sharedBytes` that were asked for begin in the scanner's memory, for `createByteHash()`. */
  readonly shared: { readonly memory: WasmMemory; readonly at: number };
  /** Positions of the quotes of the lines found, in order. */
  readonly quotes: Int32Array;
  /** Per line found: the position of its LF, then the number of quotes from the scan's start to it. */
  readonly lines: Int32Array;
  /** Reads the lines that were found, where their bytes are in this memory. */
  readonly machine: LineMachine;
  /**
   * Looks for at most `linesMax` (and SCAN_LINES_MAX) lines in `bytes[start, end)`, `start` being the
   * beginning of a line, and returns how many it found: fewer than there are when a table is full,
   * but never 0 when there is one. Positions are indexes into `bytes`.
   */
  scan(bytes: Uint8Array, start: number, end: number, linesMax: number): number;
}

/** As scan.wat declares it. */
type ScanFunction = (
  at: number,
  end: number,
  bias: number,
  quotes: number,
  quotesEnd: number,
  lines: number,
  linesEnd: number,
) => number;

/** What of WebAssembly is used here; the ES libraries of TypeScript do not declare it. */
interface WebAssemblyApi {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: { scan: ScanFunction } };
}

export function createScanner(options: {
  readBufferBytes: number;
  /** Room for somebody else's data beside the read buffer; 0 if not given. */
  sharedBytes?: number;
}): Scanner {
  const { readBufferBytes, sharedBytes = 0 } = options;
  const sharedAt = 8 * Math.ceil((READ_BUFFER_AT + readBufferBytes + PADDING_BYTES) / 8);
  const pages = Math.ceil((sharedAt + sharedBytes + PADDING_BYTES) / PAGE_BYTES);
  // The parse edge between untyped WebAssembly and TypeScript.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
    .WebAssembly;
  const memory = new Memory({ initial: pages, maximum: pages });
  const module = new Module(Buffer.from(SCAN_WASM, 'base64'));
  const { scan } = new Instance(module, { env: { memory } }).exports;
  return new WasmScanner(memory, scan, readBufferBytes, sharedAt);
}

class WasmScanner implements Scanner {
  readonly readBuffer: Uint8Array<ArrayBuffer>;
  readonly shared: { readonly memory: WasmMemory; readonly at: number };
  readonly quotes: Int32Array;
  readonly lines: Int32Array;
  readonly machine: LineMachine;
  readonly #buffer: ArrayBuffer;
  readonly #memory: Uint8Array;
  readonly #scan: ScanFunction;

  constructor(memory: WasmMemory, scan: ScanFunction, readBufferBytes: number, sharedAt: number) {
    const { buffer } = memory;
    this.shared = { memory, at: sharedAt };
    this.#buffer = buffer;
    this.#scan = scan;
    this.#memory = new Uint8Array(buffer);
    this.readBuffer = new Uint8Array(buffer, READ_BUFFER_AT, readBufferBytes);
    this.quotes = new Int32Array(buffer, QUOTES_AT, QUOTES_MAX);
    this.lines = new Int32Array(buffer, LINES_AT, 2 * SCAN_LINES_MAX);
    const tables = { quotesAt: QUOTES_AT, linesAt: LINES_AT };
    this.machine = createLineMachine(memory, MACHINE_AT, tables, this.lines);
  }

  scan(bytes: Uint8Array, start: number, end: number, linesMax: number): number {
    if (start >= end || linesMax < 1) return 0;
    const linesEnd = LINES_AT + 8 * Math.min(linesMax, SCAN_LINES_MAX);
    let found: number;
    if (bytes.buffer === this.#buffer) {
      const base = bytes.byteOffset;
      found = this.#run(base + start, base + end, base, linesEnd);
    } else {
      const length = Math.min(end - start, STAGING_BYTES - PADDING_BYTES);
      this.#memory.set(bytes.subarray(start, start + length), STAGING_AT);
      found = this.#run(STAGING_AT, STAGING_AT + length, STAGING_AT - start, linesEnd);
    }
    return found > 0 ? found : this.#scanOneLine(bytes, start, end);
  }

  #run(at: number, end: number, bias: number, linesEnd: number): number {
    return this.#scan(at, end, bias, QUOTES_AT, QUOTES_END, LINES_AT, linesEnd);
  }

  /** For the rare line that has more quotes than the table or does not fit in the staging area. */
  #scanOneLine(bytes: Uint8Array, start: number, end: number): number {
    const lineFeed = bytes.indexOf(LF, start);
    if (lineFeed < 0 || lineFeed >= end) return 0;
    let count = 0;
    let quote = bytes.indexOf(QUOTE, start);
    while (quote >= 0 && quote < lineFeed && count < QUOTES_MAX) {
      this.quotes[count++] = quote;
      quote = bytes.indexOf(QUOTE, quote + 1);
    }
    this.lines[0] = lineFeed;
    this.lines[1] = count;
    return 1;
  }
}
