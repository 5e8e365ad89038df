/**
 * Runs the program of a log format over the bytes of one line and fills one row of a RecordBatch.
 *
 * The end of every value in a segment follows from its own bytes, but for the searched ones. Those
 * are tried with the leftmost end first, accepted only if the rest of the segment fits right up to
 * its end: so the user `x [22/Nov/2026:00:00:00 +0000] - y` of basic authentication cannot pass for
 * a time. No regular expression, string or object per line.
 *
 * Owns a small stack; bytes and columns are borrowed from `attach` until the next one.
 */
import type { Program } from '../format/log-format.ts';
import { OP_FREE, OP_LIST_WORD, OP_SEARCHED_MAX, OP_WORD } from '../format/ops.ts';
import type { LineCode, LineMachine } from './line-machine.ts';
import type { RecordBatch, SpanColumn } from '../record-batch.ts';
import { ValueReader } from './value-reader.ts';

const DASH = 0x2d;

/** Where a line stopped matching: of all attempts the furthest. */
export interface Stop {
  /** Index into the bytes. */
  atByte: number;
  /** `value`: variable `variable` itself; `literal`: what follows it, or leads the segment if -1; `end`: no more bytes. */
  expected: 'value' | 'literal' | 'end';
  segment: number;
  variable: number;
}

export class Plan {
  readonly program: Program;
  readonly #names: readonly string[];
  readonly #siteVariable: string | undefined;
  readonly #machine: LineMachine | undefined;
  #code: LineCode | undefined;
  readonly #values = new ValueReader();
  /** Segments in which there is something to check or to take; the others are settled by their quotes. */
  #segments: Int32Array;
  /** Per entry of `#segments` the column that takes all between the quotes as it is, or -1. */
  #wholeColumns: Int32Array;
  /** Per variable the index of the column that takes its span, or -1. */
  readonly #columnOf: Int32Array;
  #columns: readonly SpanColumn[] = [];
  #into: RecordBatch | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** The last position at which four bytes can be loaded. */
  #lastWordAt = 0;
  /** Searched values with the end that is being tried: variable, beginning, end. */
  readonly #tried: Int32Array;
  /** Only while `trace` runs. */
  #stop: Stop | undefined;

  /**
   * `names`: the variables in order, without `$`; `siteVariable`: the one that fills the site columns.
   * Without a machine every line goes through `run()`.
   */
  constructor(
    program: Program,
    names: readonly string[],
    siteVariable: string | undefined,
    machine?: LineMachine,
  ) {
    this.#machine = machine;
    this.program = program;
    this.#names = names;
    this.#siteVariable = siteVariable;
    this.#columnOf = new Int32Array(names.length).fill(-1);
    this.#tried = new Int32Array(3 * names.length);
    this.#segments = new Int32Array(0);
    this.#wholeColumns = new Int32Array(0);
  }

  /** Before `run`: the bytes of the lines (`view` over the same) and the batch that takes the rows. */
  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.#bytes = bytes;
    this.#view = view;
    this.#lastWordAt = bytes.length - 4;
    this.#values.attach(bytes, view, into);
    if (into === this.#into) return;
    this.#into = into;
    const site = {
      variable: this.#siteVariable ?? '',
      isFilled: false,
      start: into.siteStart,
      end: into.siteEnd,
    };
    this.#columns = [...into.spans, site];
    this.#names.forEach((name, v) => {
      this.#columnOf[v] = this.#columns.findIndex(({ variable }) => variable === name);
    });
    const all = Int32Array.from({ length: this.program.segmentCount }, (_, s) => s);
    this.#segments = all.filter((s) => !this.#isWhole(s) || this.#columnAt(s) >= 0);
    this.#wholeColumns = this.#segments.map((s) => (this.#isWhole(s) ? this.#columnAt(s) : -1));
    this.#code = this.#machine?.assemble(
      this.program,
      this.#segments,
      this.#columnOf,
      this.#columns,
      into,
    );
  }

  /** Whether everything between its quotes is one value that may hold anything. */
  #isWhole(s: number): boolean {
    const { firstVariable, literalLength, ops, segmentCount } = this.program;
    const v = firstVariable[s] ?? 0;
    const isAlone = firstVariable[s + 1] === v + 1 && literalLength[s] === 0;
    return isAlone && ops[v] === OP_FREE && literalLength[segmentCount + v] === 0;
  }

  /** The column of the first variable of a segment, or -1. */
  #columnAt(s: number): number {
    return this.#columnOf[this.program.firstVariable[s] ?? 0] ?? -1;
  }

  /**
   * Whether the line `[start, end)` has the form of the format; if so, row `row` is filled. `quotes`
   * from `firstQuote` on are its quotes, as many as `program.quoteCount` says.
   */
  run(start: number, end: number, quotes: Int32Array, firstQuote: number, row: number): boolean {
    const segments = this.#segments;
    const wholeColumns = this.#wholeColumns;
    const last = this.program.quoteCount;
    this.#values.beginLine();
    for (let i = 0; i < segments.length; i++) {
      const s = segments[i] ?? 0;
      const from = s === 0 ? start : (quotes[firstQuote + s - 1] ?? 0) + 1;
      const to = s >= last ? end : (quotes[firstQuote + s] ?? 0);
      const column = wholeColumns[i] ?? -1;
      if (column >= 0) this.#take(column, from, to, row);
      else if (!this.#fits(s, from, to, row)) return false;
    }
    return true;
  }

  /**
   * Runs many lines of the last scan, as far as the usual course goes; see LineMachine.fit(). Returns
   * the first line that is left for `run()`.
   */
  runMany(at: number, line: number, found: number, firstQuote: number, row: number): number {
    const machine = this.#machine;
    const code = this.#code;
    const bytes = this.#bytes;
    if (machine === undefined || code === undefined || !machine.holds(bytes)) return line;
    return machine.fit(code, bytes.byteOffset, at, line, found, firstQuote, row);
  }

  /** Whether `[start, end)` as a whole is a value of variable `v`. Fills its column in row 0. */
  isValue(v: number, start: number, end: number): boolean {
    return this.#values.read(this.program.ops[v] ?? OP_FREE, v, start, end, 0) === end;
  }

  /**
   * The slow way, over all segments and whatever quotes there are: finds where the line stops
   * matching.
   */
  trace(start: number, end: number, quotes: Int32Array): Stop | undefined {
    const stop: Stop = { atByte: start - 1, expected: 'literal', segment: 0, variable: -1 };
    this.#stop = stop;
    this.#values.beginLine();
    const last = this.program.quoteCount;
    for (let s = 0; s < this.program.segmentCount; s++) {
      const from = s === 0 ? start : (quotes[s - 1] ?? 0) + 1;
      const hasQuote = s < quotes.length && last >= 0;
      const fits = this.#fits(s, from, hasQuote ? (quotes[s] ?? 0) : end, 0);
      if (!fits) break;
      if (s < last && !hasQuote) {
        this.#stopped(end, 'literal', s, (this.program.firstVariable[s + 1] ?? 0) - 1);
        break;
      }
      if (s === last && hasQuote) this.#stopped(quotes[s] ?? 0, 'end', s, -1);
    }
    this.#stop = undefined;
    return stop.atByte < start ? undefined : stop;
  }

  #stopped(atByte: number, expected: Stop['expected'], segment: number, variable: number): void {
    if (this.#stop === undefined || atByte <= this.#stop.atByte) return;
    Object.assign(this.#stop, { atByte, expected, segment, variable });
  }

  #stoppedInLiteral(s: number, v: number, literal: number, at: number, to: number): void {
    if (this.#stop === undefined) return;
    const { literalAt, literalLength, literals } = this.program;
    const from = literalAt[literal] ?? 0;
    const length = literalLength[literal] ?? 0;
    let i = 0;
    while (i < length && at + i < to && this.#bytes[at + i] === literals[from + i]) i++;
    this.#stopped(at + i, i === length ? 'end' : 'literal', s, v);
  }

  #fits(s: number, from: number, to: number, row: number): boolean {
    const { firstVariable } = this.program;
    const at = this.#afterLiteral(s, from, to);
    if (at >= 0 && firstVariable[s] !== firstVariable[s + 1]) {
      return this.#fitsVariables(s, at, to, row);
    }
    if (at === to) return true;
    if (this.#stop !== undefined) this.#stoppedInLiteral(s, -1, s, from, to);
    return false;
  }

  /** The variables of segment `s`, and what follows each, from `from` exactly to `to`. */
  #fitsVariables(s: number, from: number, to: number, row: number): boolean {
    const { firstVariable, ops, segmentCount } = this.program;
    const last = (firstVariable[s + 1] ?? 0) - 1;
    let v = firstVariable[s] ?? 0;
    let at = from;
    let searchFrom = from;
    let depth = 0;
    // More dead ends than this come only from lines made to have them.
    let deadEndsLeft = 64 + 4 * (to - from);
    for (;;) {
      const op = ops[v] ?? OP_FREE;
      const isSearched = op <= OP_SEARCHED_MAX && v < last;
      let end: number;
      if (op > OP_SEARCHED_MAX) end = this.#values.read(op, v, at, to, row);
      else if (isSearched) end = this.#find(v, op, at, searchFrom, to);
      else end = this.#rest(v, op, at, to);
      if (end >= 0) {
        if (isSearched) depth = this.#remember(depth, v, at, end);
        const column = this.#columnOf[v] ?? -1;
        if (column >= 0) this.#take(column, at, end, row);
        const next = this.#afterLiteral(segmentCount + v, end, to);
        if (next >= 0 && v < last) {
          v++;
          at = next;
          searchFrom = next;
          continue;
        }
        if (next === to) return true;
        if (this.#stop !== undefined) this.#stoppedInLiteral(s, v, segmentCount + v, end, to);
      } else {
        this.#stopped(at, isSearched ? 'literal' : 'value', s, v);
        // If the rest fails here, backtracking further right is pointless.
        if (isSearched && op === OP_FREE) return false;
      }
      if (depth === 0 || deadEndsLeft-- === 0) return false;
      depth -= 3;
      v = this.#tried[depth] ?? 0;
      at = this.#tried[depth + 1] ?? 0;
      searchFrom = (this.#tried[depth + 2] ?? 0) + 1;
    }
  }

  #remember(depth: number, v: number, at: number, end: number): number {
    this.#tried[depth] = v;
    this.#tried[depth + 1] = at;
    this.#tried[depth + 2] = end;
    return depth + 3;
  }

  #take(column: number, start: number, end: number, row: number): void {
    const spans = this.#columns[column];
    if (spans === undefined) return;
    const isAbsent = end === start + 1 && this.#bytes[start] === DASH;
    spans.start[row] = start;
    spans.end[row] = isAbsent ? start : end;
  }

  /** Position after the literal if it stands at `at` and ends by `to`, or -1. */
  #afterLiteral(literal: number, at: number, to: number): number {
    const { literalLength, literalMask, literalWord } = this.program;
    const length = literalLength[literal] ?? 0;
    const end = at + length;
    if (end > to) return -1;
    if (at <= this.#lastWordAt) {
      const word = this.#view.getInt32(at, true) & (literalMask[literal] ?? 0);
      if (word !== literalWord[literal]) return -1;
      if (length <= 4) return end;
    }
    const { literalAt, literals } = this.program;
    const from = literalAt[literal] ?? 0;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[at + i] !== literals[from + i]) return -1;
    }
    return end;
  }

  /** The next place, from `from` on, where the literal after the value that begins at `at` stands. */
  #find(v: number, op: number, at: number, from: number, to: number): number {
    const bytes = this.#bytes;
    const literal = this.program.segmentCount + v;
    const first = this.program.literals[this.program.literalAt[literal] ?? 0];
    const end = op === OP_FREE ? to : this.#longest(op, at, to);
    for (let p = from; p <= end; p++) {
      if (bytes[p] === first && this.#afterLiteral(literal, p, to) >= 0) return p;
    }
    return -1;
  }

  /** Where a searched value that begins at `at` must have ended. */
  #longest(op: number, at: number, to: number): number {
    if (op === OP_WORD) return this.#values.token(at, to);
    return op === OP_LIST_WORD ? this.#values.list(at, to, to) : to;
  }

  /** End of a searched value that is the last of its segment: only what follows it is left. */
  #rest(v: number, op: number, at: number, to: number): number {
    const end = to - (this.program.literalLength[this.program.segmentCount + v] ?? 0);
    return end < at || this.#longest(op, at, end) !== end ? -1 : end;
  }
}
