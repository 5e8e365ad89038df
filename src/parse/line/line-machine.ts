/**
 * Runs the usual course of a log format over many lines at once, by WebAssembly (line-machine.wat):
 * a fifth of the instructions that plan.ts takes. What does not fit on that course is left to plan.ts,
 * which knows every course; so this is a short way and never a second opinion.
 *
 * Owns a place for the code of one format at a time and a table of the times that were read last, both
 * in the scanner's memory. Nothing in here belongs to a log.
 */
import type { WasmMemory } from '../../wasm/byte-hash.ts';
import { LINE_MACHINE_WASM } from '../../wasm/line-machine-wasm.ts';
import type { Program } from '../format/log-format.ts';
import {
  OP_ADDRESS,
  OP_BYTES,
  OP_CLIENT,
  OP_FREE,
  OP_HOST,
  OP_LIST,
  OP_PORT,
  OP_REQUEST_LENGTH,
  OP_REQUEST_MS,
  OP_REQUEST_TIME,
  OP_SEARCHED_MAX,
  OP_SECONDS,
  OP_SITE,
  OP_STATUS,
  OP_TIME_ISO8601,
  OP_TIME_LOCAL,
  OP_TIMES,
  OP_TOKEN,
  OP_WORD,
} from '../format/ops.ts';
import type { RecordBatch, SpanColumn } from '../record-batch.ts';
import { TIME_ISO8601_LENGTH, TIME_LOCAL_LENGTH, TimestampReader } from './timestamp.ts';

/** What line-machine.wat does; the order is that of its table. */
const ACCEPT = 0;
const SEGMENT = 1;
const LITERAL = 2;
const TOKEN = 3;
const SEARCH = 4;
const WORD = 5;
const REST = 6;
const STATUS = 7;
const COUNT = 8;
const REQUEST_TIME = 9;
const TIME = 10;
const TAKE = 11;
const AT_END = 12;
const HOST = 13;
const PORT = 14;
const LIST = 15;
const ADDRESS = 16;
const MILLISECONDS = 17;

/** Words of the head, before the code. */
const HEAD_WORDS = 16;
const TIME_LENGTH = 10;
const TIME_POSITION = 11;
const CODE_WORDS_MAX = 4096;
const LITERAL_BYTES_MAX = 4;

const TIMES = 4;
const TIME_ENTRY_BYTES = 48;
const TIME_SECONDS_AT = 32;
const TIMES_BYTES = TIMES * TIME_ENTRY_BYTES;
/** Where in a time the last digit of its seconds is. */
const LOCAL_DIGIT_AT = 19;
const ISO8601_DIGIT_AT = 18;

/** What a LineMachine needs of the memory. */
export const LINE_MACHINE_BYTES = 4 * (HEAD_WORDS + CODE_WORDS_MAX) + 2 * TIMES_BYTES;

type RunFunction = (
  code: number,
  base: number,
  at: number,
  line: number,
  found: number,
  firstQuote: number,
  row: number,
) => number;

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: { run: RunFunction } };
}

/** Code for one format and one batch, head included. */
export type LineCode = Int32Array;

export class LineMachine {
  readonly #buffer: ArrayBuffer;
  readonly #view: DataView;
  readonly #at: number;
  readonly #words: Int32Array;
  readonly #tables: { readonly quotesAt: number; readonly linesAt: number };
  readonly #lines: Int32Array;
  readonly #run: RunFunction;
  readonly #local = new TimestampReader('time-local');
  readonly #iso = new TimestampReader('time-iso8601');
  #loaded: LineCode | undefined;

  /** `at` is a multiple of 8, with LINE_MACHINE_BYTES behind it; the tables are the scanner's. */
  constructor(
    { buffer }: WasmMemory,
    run: RunFunction,
    at: number,
    tables: { readonly quotesAt: number; readonly linesAt: number },
    lines: Int32Array,
  ) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer);
    this.#at = at;
    this.#words = new Int32Array(buffer, at, HEAD_WORDS + CODE_WORDS_MAX);
    this.#tables = tables;
    this.#lines = lines;
    this.#run = run;
    // No time in the log is equal to an entry whose digit belongs to another one.
    for (let i = 0; i < TIMES; i++) {
      const next = (i + 1) & (TIMES - 1);
      this.#view.setUint8(this.#localAt + i * TIME_ENTRY_BYTES + LOCAL_DIGIT_AT, next);
      this.#view.setUint8(this.#isoAt + i * TIME_ENTRY_BYTES + ISO8601_DIGIT_AT, next);
    }
  }

  get #localAt(): number {
    return this.#at + 4 * (HEAD_WORDS + CODE_WORDS_MAX);
  }

  get #isoAt(): number {
    return this.#localAt + TIMES_BYTES;
  }

  /** Whether these bytes can be read here. */
  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#buffer;
  }

  /**
   * Fits the lines [line, found) of the scanner's last scan, of which the first begins at `at` and has
   * its quotes from `firstQuote` on, and fills the rows from `row` on. Returns the first line that
   * does not fit on the usual course, or `found`.
   */
  fit(
    code: LineCode,
    base: number,
    at: number,
    line: number,
    found: number,
    firstQuote: number,
    row: number,
  ): number {
    if (this.#loaded !== code) {
      this.#words.set(code);
      this.#loaded = code;
    }
    const lines = this.#lines;
    let done = this.#run(this.#at, base, at, line, found, firstQuote, row);
    // A line has few times, so one that asks for more is left alone.
    for (let learned = 0; learned < 2 && this.#learnTime(base); learned++) {
      const before = done;
      const from = done === line ? at : (lines[2 * done - 2] ?? 0) + 1;
      const quote = done === line ? firstQuote : (lines[2 * done - 1] ?? 0);
      done = this.#run(this.#at, base, from, done, found, quote, row + done - line);
      if (done > before) learned = -1;
    }
    return done;
  }

  /** Reads the time that the last run has stopped at, if it did and there is one. */
  #learnTime(base: number): boolean {
    const length = this.#words[TIME_LENGTH] ?? 0;
    if (length === 0) return false;
    const isLocal = length === TIME_LOCAL_LENGTH;
    const reader = isLocal ? this.#local : this.#iso;
    const view = this.#view;
    const at = base + (this.#words[TIME_POSITION] ?? 0);
    if (!reader.read(view, at)) return false;
    const digit = view.getUint8(at + (isLocal ? LOCAL_DIGIT_AT : ISO8601_DIGIT_AT));
    const entry =
      (isLocal ? this.#localAt : this.#isoAt) + (digit & (TIMES - 1)) * TIME_ENTRY_BYTES;
    for (let i = 0; i < 24; i++) view.setUint8(entry + i, view.getUint8(at + i));
    for (let i = 0; i < 8; i++) view.setUint8(entry + 24 + i, view.getUint8(at + length - 8 + i));
    view.setFloat64(entry + TIME_SECONDS_AT, reader.seconds, true);
    return true;
  }

  /**
   * Code for a program whose values go into `into` and the columns `columnOf` names; of its segments
   * only those listed are checked. Undefined where the format needs plan.ts, or the batch lies in
   * another memory.
   */
  assemble(
    program: Program,
    segments: Int32Array,
    columnOf: Int32Array,
    columns: readonly SpanColumn[],
    into: RecordBatch,
  ): LineCode | undefined {
    if (program.quoteCount < 0 || into.timeS.buffer !== this.#buffer) return undefined;
    const words: number[] = new Array<number>(HEAD_WORDS).fill(0);
    words[0] = this.#tables.quotesAt;
    words[1] = this.#tables.linesAt;
    words[2] = program.quoteCount;
    words[3] = into.lineStart.byteOffset;
    words[4] = into.lineEnd.byteOffset;
    words[5] = into.reason.byteOffset;
    words[6] = into.timeS.byteOffset;
    for (const s of segments) {
      const { firstVariable, segmentCount, ops } = program;
      words.push(SEGMENT, s, s === program.quoteCount ? 1 : 0, 0);
      words.push(...literals(program, s));
      const last = (firstVariable[s + 1] ?? 0) - 1;
      for (let v = firstVariable[s] ?? 0; v <= last; v++) {
        const after = literals(program, segmentCount + v);
        const value = this.#valueOf(ops[v] ?? OP_FREE, v === last, after, into);
        if (value === undefined) return undefined;
        words.push(...value);
        const column = columns[columnOf[v] ?? -1];
        if (column !== undefined) {
          words.push(TAKE, column.start.byteOffset, column.end.byteOffset, 0);
        }
        words.push(...after);
      }
      words.push(AT_END, 0, 0, 0);
    }
    words.push(ACCEPT, 0, 0, 0);
    return words.length > this.#words.length ? undefined : Int32Array.from(words);
  }

  /** The instruction for one value. */
  #valueOf(
    op: number,
    isLast: boolean,
    after: readonly number[],
    into: RecordBatch,
  ): readonly number[] | undefined {
    const [, word = 0, mask = 0, length = 0] = after;
    if (op <= OP_SEARCHED_MAX && isLast) {
      if (op !== OP_FREE && op !== OP_WORD) return undefined;
      return [REST, lengthOf(after), op === OP_WORD ? 1 : 0, 0];
    }
    const bare = BARE_INSTRUCTIONS.get(op);
    if (bare !== undefined) return bare;
    switch (op) {
      case OP_FREE:
        return [SEARCH, word, mask, length];
      case OP_WORD:
        return [WORD, word, mask, length];
      case OP_STATUS:
        return [STATUS, into.status.byteOffset, 0, 0];
      case OP_BYTES:
        return [COUNT, into.bytesOut.byteOffset, 0, 0];
      case OP_REQUEST_LENGTH:
        return [COUNT, into.bytesIn.byteOffset, 0, 0];
      case OP_REQUEST_TIME:
        return [REQUEST_TIME, into.requestMs.byteOffset, 0, 0];
      case OP_SECONDS:
        return [REQUEST_TIME, into.requestMs.byteOffset, 1, 0];
      case OP_REQUEST_MS:
        return [MILLISECONDS, into.requestMs.byteOffset, 0, 0];
      case OP_TIME_LOCAL:
        return [TIME, TIME_LOCAL_LENGTH, LOCAL_DIGIT_AT, this.#localAt];
      case OP_TIME_ISO8601:
        return [TIME, TIME_ISO8601_LENGTH, ISO8601_DIGIT_AT, this.#isoAt];
      default:
        return undefined;
    }
  }
}

/** Of values that fill no column of their own; the second number asks for more than the form. */
const BARE_INSTRUCTIONS: ReadonlyMap<number, readonly number[]> = new Map([
  [OP_TOKEN, [TOKEN, 0, 0, 0]],
  [OP_LIST, [LIST, 0, 0, 0]],
  [OP_TIMES, [LIST, 1, 0, 0]],
  [OP_HOST, [HOST, 0, 0, 0]],
  [OP_SITE, [HOST, 1, 0, 0]],
  [OP_ADDRESS, [ADDRESS, 0, 0, 0]],
  [OP_CLIENT, [ADDRESS, 1, 0, 0]],
  [OP_PORT, [PORT, 0, 0, 0]],
]);

/** The instructions for a literal, four bytes each. */
function literals({ literalAt, literalLength, literals: bytes }: Program, index: number): number[] {
  const from = literalAt[index] ?? 0;
  const end = from + (literalLength[index] ?? 0);
  const words: number[] = [];
  for (let at = from; at < end; at += LITERAL_BYTES_MAX) {
    const piece = bytes.subarray(at, Math.min(end, at + LITERAL_BYTES_MAX));
    const word = piece.reduce((sum, byte, i) => sum | (byte << (8 * i)), 0);
    const mask = piece.reduce((sum, _, i) => sum | (0xff << (8 * i)), 0);
    words.push(LITERAL, word, mask, piece.length);
  }
  return words;
}

function lengthOf(instructions: readonly number[]): number {
  let length = 0;
  for (let i = 3; i < instructions.length; i += 4) length += instructions[i] ?? 0;
  return length;
}

/** A machine in `memory` from `at` on. */
export function createLineMachine(
  memory: WasmMemory,
  at: number,
  tables: { readonly quotesAt: number; readonly linesAt: number },
  lines: Int32Array,
): LineMachine {
  // The parse edge between untyped WebAssembly and TypeScript.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
    .WebAssembly;
  const module = new Module(Buffer.from(LINE_MACHINE_WASM, 'base64'));
  const { run } = new Instance(module, { env: { memory } }).exports;
  return new LineMachine(memory, run, at, tables, lines);
}
