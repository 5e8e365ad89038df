/**
 * Runs the program of a log format over the bytes of one line and fills one row of a RecordBatch.
 *
 * Every variable in a segment but the free ones has an end that follows from its own bytes. A free
 * one is tried with the leftmost end first and accepted only if the rest of the segment fits right
 * up to its end: so the user `x [22/Nov/2026:00:00:00 +0000] - y` of basic authentication cannot
 * pass for a time. No regular expression, string or object per line.
 *
 * Owns nothing but the time caches and a small stack; bytes, tables and columns are borrowed from
 * `attach` until the next one.
 */
import {
  OP_BYTES,
  OP_FREE,
  OP_LIST,
  OP_MSEC,
  OP_REQUEST_LENGTH,
  OP_REQUEST_TIME,
  OP_SEARCHED_MAX,
  OP_STATUS,
  OP_TIME_ISO8601,
  OP_TIME_LOCAL,
  OP_TOKEN,
  OP_WORD,
  type Program,
} from './log-format.ts';
import type { RecordBatch, SpanColumn } from './record-batch.ts';
import { TIME_ISO8601_LENGTH, TIME_LOCAL_LENGTH, TimestampReader } from './timestamp.ts';

const SPACE = 0x20;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const DIGIT_0 = 0x30;
/** 2^53 has 16 digits; more are no count of bytes. */
const DIGITS_MAX = 16;
const MILLISECONDS_MAX = 2 ** 31 - 1;

/** Where a line that does not fit stopped to fit; the furthest of all attempts. */
export interface Stop {
  /** Index into the bytes. */
  atByte: number;
  /** `value`: variable `variable` itself; `literal`: what follows it, or leads segment if -1; `end`: bytes too many. */
  expected: 'value' | 'literal' | 'end';
  segment: number;
  variable: number;
}

export class Plan {
  readonly program: Program;
  readonly #names: readonly string[];
  readonly #siteVariable: string | undefined;
  readonly #local = new TimestampReader('time-local');
  readonly #iso = new TimestampReader('time-iso8601');
  readonly #segmentsAll: Int32Array;
  /** Segments in which there is something to check or to take; the others are settled by their quotes. */
  #segments: Int32Array;
  /** Per variable the index of the column that takes its span, or -1. */
  readonly #columnOf: Int32Array;
  #columns: readonly SpanColumn[] = [];
  #into: RecordBatch | undefined;

  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #timeS: Float64Array = new Float64Array(0);
  #status: Int32Array = new Int32Array(0);
  #bytesOut: Float64Array = new Float64Array(0);
  #bytesIn: Float64Array = new Float64Array(0);
  #requestMs: Int32Array = new Int32Array(0);

  /** Free variables with the end that is being tried: variable, beginning, end. */
  readonly #tried: Int32Array;
  /** Number of upstreams in the line's first list and which variable that is; all lists of a line agree. */
  #listLength = 0;
  #listVariable = -1;
  /** Number that `#digits` has read. */
  #number = 0;
  #stop: Stop | undefined;

  constructor(program: Program, names: readonly string[], siteVariable: string | undefined) {
    this.program = program;
    this.#names = names;
    this.#siteVariable = siteVariable;
    this.#columnOf = new Int32Array(names.length).fill(-1);
    this.#tried = new Int32Array(3 * names.length);
    this.#segmentsAll = Int32Array.from(program.leadAt.keys());
    this.#segments = this.#segmentsAll;
  }

  /** Before `run`: the bytes of the lines (`view` over the same) and the batch that takes the rows. */
  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.#bytes = bytes;
    this.#view = view;
    if (into === this.#into) return;
    this.#into = into;
    this.#timeS = into.timeS;
    this.#status = into.status;
    this.#bytesOut = into.bytesOut;
    this.#bytesIn = into.bytesIn;
    this.#requestMs = into.requestMs;
    const site = { variable: this.#siteVariable ?? '', start: into.siteStart, end: into.siteEnd };
    this.#columns = [site, ...into.spans];
    this.#names.forEach((name, v) => {
      this.#columnOf[v] = this.#columns.findIndex(({ variable }) => variable === name);
    });
    this.#segments = this.#segmentsAll.filter((s) => !this.#isSettled(s));
  }

  #isSettled(s: number): boolean {
    const { firstVariable, leadLength, literalLength, ops } = this.program;
    const v = firstVariable[s] ?? 0;
    const isOne = firstVariable[s + 1] === v + 1 && leadLength[s] === 0 && literalLength[v] === 0;
    return isOne && ops[v] === OP_FREE && (this.#columnOf[v] ?? -1) < 0;
  }

  /**
   * Whether the line `[start, end)` has the form of the format; if so, row `row` is filled. `quotes`
   * from `firstQuote` on are its quotes, as many as `program.quoteCount` says.
   */
  run(start: number, end: number, quotes: Int32Array, firstQuote: number, row: number): boolean {
    const segments = this.#segments;
    const last = this.program.quoteCount;
    this.#listVariable = -1;
    for (let i = 0; i < segments.length; i++) {
      const s = segments[i] ?? 0;
      const from = s === 0 ? start : (quotes[firstQuote + s - 1] ?? 0) + 1;
      const to = s >= last ? end : (quotes[firstQuote + s] ?? 0);
      if (!this.#matches(s, from, to, row)) return false;
    }
    return true;
  }

  /** Whether `[start, end)` as a whole is a value of variable `v`. Fills its column in row 0. */
  isValue(v: number, start: number, end: number): boolean {
    return this.#end(v, start, end, 0) === end;
  }

  /** The slow way, over all segments and whatever quotes there are: where does the line stop to fit? */
  trace(start: number, end: number, quotes: Int32Array): Stop | undefined {
    const stop: Stop = { atByte: start - 1, expected: 'literal', segment: 0, variable: -1 };
    this.#stop = stop;
    this.#listVariable = -1;
    const last = this.program.quoteCount;
    for (const s of this.#segmentsAll) {
      const from = s === 0 ? start : (quotes[s - 1] ?? 0) + 1;
      const hasQuote = s < last && s < quotes.length;
      const fits = this.#matches(s, from, hasQuote ? (quotes[s] ?? 0) : end, 0);
      if (!fits || (s < last && !hasQuote)) {
        if (fits) this.#stopped(end, 'literal', s, (this.program.firstVariable[s + 1] ?? 0) - 1);
        break;
      }
      if (s >= last && last >= 0 && quotes.length > last) {
        this.#stopped(quotes[last] ?? 0, 'end', s, -1);
      }
    }
    this.#stop = undefined;
    return stop.atByte < start ? undefined : stop;
  }

  #stopped(atByte: number, expected: Stop['expected'], segment: number, variable: number): void {
    if (this.#stop === undefined || atByte <= this.#stop.atByte) return;
    Object.assign(this.#stop, { atByte, expected, segment, variable });
  }

  #matches(s: number, from: number, to: number, row: number): boolean {
    const { firstVariable, leadAt, leadLength, literalAt, literalLength, ops } = this.program;
    const last = firstVariable[s + 1] ?? 0;
    let v = firstVariable[s] ?? 0;
    let at = this.#literal(leadAt[s] ?? 0, leadLength[s] ?? 0, from, to);
    if (at < 0 || v === last) {
      if (at === to) return true;
      if (this.#stop !== undefined) this.#explainLiteral(s, -1, from, to);
      return false;
    }
    const tried = this.#tried;
    let depth = 0;
    let searchFrom = at;
    // More dead ends than bytes come only from lines made to have them.
    for (let deadEnds = 0; deadEnds <= 64 + 4 * (to - from); deadEnds++) {
      for (;;) {
        const isLast = v + 1 === last;
        let end: number;
        if (!isLast && (ops[v] ?? 0) <= OP_SEARCHED_MAX) {
          end = this.#find(v, searchFrom, to);
          if (end < 0) {
            if (this.#stop !== undefined) this.#stopped(at, 'literal', s, v);
            // What does not follow here follows nowhere further on: no other end before helps.
            if (ops[v] === OP_FREE) return false;
            break;
          }
          tried[depth++] = v;
          tried[depth++] = at;
          tried[depth++] = end;
        } else {
          end = isLast ? this.#lastEnd(v, at, to, row) : this.#end(v, at, to, row);
          if (end < 0) {
            if (this.#stop !== undefined) this.#stopped(at, 'value', s, v);
            break;
          }
        }
        const column = this.#columnOf[v] ?? -1;
        if (column >= 0) this.#take(column, at, end, row);
        const next = this.#literal(literalAt[v] ?? 0, literalLength[v] ?? 0, end, to);
        if (next < 0 || (isLast && next !== to)) {
          if (this.#stop !== undefined) this.#explainLiteral(s, v, end, to);
          break;
        }
        if (isLast) return true;
        at = next;
        searchFrom = at;
        v++;
      }
      if (depth === 0) return false;
      searchFrom = (tried[--depth] ?? 0) + 1;
      at = tried[--depth] ?? 0;
      v = tried[--depth] ?? 0;
    }
    return false;
  }

  /** End of the value of `v` if it begins at `at`, or -1. Fills its column. */
  #end(v: number, at: number, to: number, row: number): number {
    switch (this.program.ops[v] ?? OP_FREE) {
      case OP_TOKEN:
        return this.#token(at, to);
      case OP_LIST:
        return this.#list(v, at, to);
      case OP_STATUS:
        return this.#readStatus(at, to, row);
      case OP_BYTES:
        return this.#readCount(at, to, this.#bytesOut, row);
      case OP_REQUEST_LENGTH:
        return this.#readCount(at, to, this.#bytesIn, row);
      case OP_REQUEST_TIME:
        return this.#readRequestTime(at, to, row);
      case OP_TIME_LOCAL:
        if (at + TIME_LOCAL_LENGTH > to || !this.#local.read(this.#view, at)) return -1;
        this.#timeS[row] = this.#local.seconds;
        return at + TIME_LOCAL_LENGTH;
      case OP_TIME_ISO8601:
        if (at + TIME_ISO8601_LENGTH > to || !this.#iso.read(this.#view, at)) return -1;
        this.#timeS[row] = this.#iso.seconds;
        return at + TIME_ISO8601_LENGTH;
      case OP_MSEC:
        return this.#readMsec(at, to, row);
      default:
        return -1;
    }
  }

  /** As `#end` for the last variable of its segment: the segment's end is where a free one ends. */
  #lastEnd(v: number, at: number, to: number, row: number): number {
    const op = this.program.ops[v] ?? 0;
    if (op > OP_SEARCHED_MAX) return this.#end(v, at, to, row);
    const end = to - (this.program.literalLength[v] ?? 0);
    if (end < at) return -1;
    return op === OP_WORD && this.#token(at, end) !== end ? -1 : end;
  }

  #take(column: number, start: number, end: number, row: number): void {
    const spans = this.#columns[column];
    if (spans === undefined) return;
    const isAbsent = end === start + 1 && this.#bytes[start] === DASH;
    spans.start[row] = start;
    spans.end[row] = isAbsent ? start : end;
  }

  /** Position after the literal if it stands at `at` and ends before `to`, or -1. */
  #literal(literalAt: number, length: number, at: number, to: number): number {
    if (length > to - at) return -1;
    const bytes = this.#bytes;
    const { literals } = this.program;
    for (let i = 0; i < length; i++) {
      if (bytes[at + i] !== literals[literalAt + i]) return -1;
    }
    return at + length;
  }

  /** The next place, from `at` on, where the literal after `v` stands; a word has no space before it. */
  #find(v: number, at: number, to: number): number {
    const bytes = this.#bytes;
    const literalAt = this.program.literalAt[v] ?? 0;
    const length = this.program.literalLength[v] ?? 0;
    const first = this.program.literals[literalAt];
    const isWord = this.program.ops[v] === OP_WORD;
    for (let p = at; p <= to - length; p++) {
      const byte = bytes[p];
      if (byte === first && this.#literal(literalAt, length, p, to) >= 0) return p;
      if (byte === SPACE && isWord) return -1;
    }
    return -1;
  }

  #token(at: number, to: number): number {
    const bytes = this.#bytes;
    let p = at;
    while (p < to && bytes[p] !== SPACE) p++;
    return p;
  }

  /**
   * `a, b : c`: `, ` between upstreams tried, ` : ` between groups after an internal redirect, with
   * nothing after it when the last group has tried none.
   */
  #list(v: number, at: number, to: number): number {
    const bytes = this.#bytes;
    const isFirst = this.#listVariable < 0 || v <= this.#listVariable;
    const lengthMax = isFirst ? to : this.#listLength;
    let length = 1;
    let p = at;
    for (;;) {
      while (p < to && bytes[p] !== SPACE && bytes[p] !== COMMA) p++;
      if (length >= lengthMax || p + 1 >= to) break;
      if (bytes[p] === COMMA && bytes[p + 1] === SPACE) p += 2;
      else if (bytes[p] === SPACE && bytes[p + 1] === COLON && p + 2 < to && bytes[p + 2] === SPACE)
        p += 3;
      else break;
      length++;
    }
    if (isFirst) {
      this.#listVariable = v;
      this.#listLength = length;
    }
    return p;
  }

  /** Three digits; nginx pads: 009 for HTTP/0.9. */
  #readStatus(at: number, to: number, row: number): number {
    if (at + 3 > to) return -1;
    const bytes = this.#bytes;
    const a = (bytes[at] ?? 0) - DIGIT_0;
    const b = (bytes[at + 1] ?? 0) - DIGIT_0;
    const c = (bytes[at + 2] ?? 0) - DIGIT_0;
    if (a < 0 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) return -1;
    this.#status[row] = 100 * a + 10 * b + c;
    return at + 3;
  }

  /** A whole number up to 2^53, or `-`, which counts as 0. */
  #readCount(at: number, to: number, column: Float64Array, row: number): number {
    if (at < to && this.#bytes[at] === DASH) {
      column[row] = 0;
      return at + 1;
    }
    const end = this.#digits(at, to);
    if (end < 0 || this.#number > 2 ** 53) return -1;
    column[row] = this.#number;
    return end;
  }

  /** Seconds with up to three decimals that count, or `-`; to whole milliseconds, without rounding errors. */
  #readRequestTime(at: number, to: number, row: number): number {
    if (at < to && this.#bytes[at] === DASH) {
      this.#requestMs[row] = -1;
      return at + 1;
    }
    const end = this.#digits(at, to);
    if (end < 0) return -1;
    const seconds = this.#number;
    const decimalsEnd = this.#decimals(end, to);
    const milliseconds = 1000 * seconds + this.#number;
    this.#requestMs[row] = milliseconds < MILLISECONDS_MAX ? milliseconds : MILLISECONDS_MAX;
    return decimalsEnd;
  }

  /** `1795374000.123` */
  #readMsec(at: number, to: number, row: number): number {
    const end = this.#digits(at, to);
    // Later than the year 33 000 is no time.
    if (end < 0 || this.#number >= 1e12) return -1;
    this.#timeS[row] = this.#number;
    return this.#decimals(end, to);
  }

  /** Reads 1 to DIGITS_MAX digits into `#number`; -1 when there are none or more. */
  #digits(at: number, to: number): number {
    const bytes = this.#bytes;
    const limit = to - at > DIGITS_MAX ? at + DIGITS_MAX + 1 : to;
    let number = 0;
    let p = at;
    for (; p < limit; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      number = 10 * number + digit;
    }
    this.#number = number;
    return p === at || p - at > DIGITS_MAX ? -1 : p;
  }

  /** Passes over `.` and digits if they are there; the first three decimals are in `#number` as thousandths. */
  #decimals(at: number, to: number): number {
    const bytes = this.#bytes;
    this.#number = 0;
    if (at >= to || bytes[at] !== DOT) return at;
    let p = at + 1;
    for (let scale = 100; p < to; p++) {
      const digit = (bytes[p] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      this.#number += scale * digit;
      scale = scale > 1 ? scale / 10 : 0;
    }
    return p === at + 1 ? at : p;
  }

  #explainLiteral(s: number, v: number, at: number, to: number): void {
    const { leadAt, leadLength, literalAt, literalLength, literals } = this.program;
    const from = (v < 0 ? leadAt[s] : literalAt[v]) ?? 0;
    const length = (v < 0 ? leadLength[s] : literalLength[v]) ?? 0;
    let i = 0;
    while (i < length && at + i < to && this.#bytes[at + i] === literals[from + i]) i++;
    this.#stopped(at + i, i === length ? 'end' : 'literal', s, v);
  }
}
