/**
 * The parser of one log: scans for lines and quotes, runs the plan of the format over each line, and
 * deals with what does not fit.
 *
 * Owns: which format is in use. `auto` takes the first preset, in their order, that a line fits, and
 * changes it only when a line fits another one and not this; the same stream gives the same choices
 * however it is cut into batches. Nothing else is kept from one batch to the next.
 */
import type { LineBatch } from '../source/line-batch.ts';
import { Diagnosis } from './advice/diagnosis.ts';
import { copyUnescapedQuotes } from './line/escaped-quotes.ts';
import { AUTO, chooseFormats, type Format } from './format-choice.ts';
import { variablesOf } from './advice/format-variables.ts';
import type { JsonKeyNames } from './json/json-format.ts';
import { JsonPlan } from './json/json-plan.ts';
import type { LineParser } from './line-parser.ts';
import { Plan } from './line/plan.ts';
import {
  FAMILY_BYTES_IN,
  FAMILY_TIME,
  PARSED,
  REASON_EMPTY,
  REASON_SHAPE,
  type RecordBatch,
} from './record-batch.ts';
import { QUOTES_MAX, type Scanner, SCAN_LINES_MAX } from './line/scanner.ts';

const CR = 0x0d;

export interface ParserOptions {
  /**
   * `auto`, a preset's name, or the text of a log_format (see readFormatText). Several are tried as
   * those of `auto` are.
   */
  readonly format: string | readonly string[];
  readonly scanner: Scanner;
  /** Keys of a JSON log whose format is not given: variable of nginx → path of its key. */
  readonly jsonKeys?: JsonKeyNames | undefined;
}

/** Throws LogFormatError with a message for a person. */
export function createParser({ format, scanner, jsonKeys }: ParserOptions): LineParser {
  const settings = typeof format === 'string' ? [format] : format;
  return new FormatParser(
    settings.flatMap((setting) => chooseFormats(setting, jsonKeys)),
    scanner,
  );
}

/** A format with what is needed to run it. */
class Candidate {
  readonly format: Format;
  readonly plan: Plan | JsonPlan;
  /** Quotes that each line has, or -1. */
  readonly quoteCount: number;
  #diagnosis: Diagnosis | undefined;

  constructor(format: Format, { machine }: Scanner) {
    this.format = format;
    if (format.kind === 'json') {
      this.plan = new JsonPlan(format);
      this.quoteCount = -1;
      return;
    }
    const names = format.variables.map(({ name }) => name);
    this.plan = new Plan(format.program, names, format.siteVariable, machine);
    this.quoteCount = format.program.quoteCount;
  }

  get families(): number {
    return this.format.families ?? (this.plan instanceof JsonPlan ? this.plan.families : 0);
  }

  /** A REASON_* for the line that `plan.run` has just not taken; the arguments are the same. */
  reason(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    quotes: Int32Array,
    firstQuote: number,
  ): number {
    if (this.format.kind === 'text') {
      this.#diagnosis ??= new Diagnosis(this.format);
      return this.#diagnosis.reason(bytes, view, start, end, quotes, firstQuote);
    }
    return this.plan instanceof JsonPlan ? this.plan.faultReason : REASON_SHAPE;
  }
}

class FormatParser implements LineParser {
  readonly #candidates: readonly Candidate[];
  readonly #scanner: Scanner;
  /** The format in use; `undefined` while `auto` has recognised none. */
  #used: Candidate | undefined;
  /** A change of the format throws away what was scanned ahead, so after one it scans less. */
  #scanLines = SCAN_LINES_MAX;
  /** Whether the rows of the batch being filled hold a record already: they all are of one format. */
  #hasRecord = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Quotes of one line without those that a backslash escapes. */
  readonly #unescaped: Int32Array;

  constructor(formats: readonly Format[], scanner: Scanner) {
    this.#candidates = formats.map((format) => new Candidate(format, scanner));
    this.#scanner = scanner;
    this.#used = this.#candidates.length === 1 ? this.#candidates[0] : undefined;
    const quoteCounts = this.#candidates.map(({ quoteCount }) => quoteCount);
    this.#unescaped = new Int32Array(Math.max(0, ...quoteCounts) + 1);
  }

  get formatName(): string {
    return this.#used?.format.name ?? AUTO;
  }

  get families(): number {
    return this.#used?.families ?? 0;
  }

  lacks(variable: string): boolean {
    const used = this.#used;
    if (used === undefined) return false;
    const variables = variablesOf(used.format);
    return variables === undefined
      ? used.plan instanceof JsonPlan && used.plan.lacks(variable)
      : !variables.includes(variable);
  }

  resume(formatName: string): void {
    this.#used = this.#candidates.find(({ format }) => format.name === formatName) ?? this.#used;
  }

  parse(batch: LineBatch, from: number, into: RecordBatch): void {
    const { bytes, end } = batch;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#used?.plan.attach(bytes, this.#view, into);
    this.#hasRecord = false;
    into.bytes = bytes;
    let row = 0;
    let at = from;
    while (at < end && row < into.capacity) {
      const linesMax = Math.min(this.#scanLines, into.capacity - row);
      const found = this.#scanner.scan(bytes, at, end, linesMax);
      // Without a line end there is no line: what is left belongs to nobody.
      if (found === 0) at = end;
      const done = this.#parseLines(found, at, row, into);
      if (done > 0) at = into.consumedTo;
      row += done;
      if (done < found) {
        // A line in another format: it begins the next batch of rows, soon after this change.
        this.#scanLines = 1;
        if (row > 0) break;
      } else {
        this.#scanLines = Math.min(SCAN_LINES_MAX, 2 * this.#scanLines);
      }
    }
    into.consumedTo = at;
    into.length = row;
    this.#fillAbsent(into);
  }

  /** Parses the lines of the last scan; returns how many, and in `into.consumedTo` where it stopped. */
  #parseLines(found: number, from: number, firstRow: number, into: RecordBatch): number {
    const bytes = this.#bytes;
    const { quotes, lines } = this.#scanner;
    const { lineStart, lineEnd, reason } = into;
    let at = from;
    let firstQuote = 0;
    for (let i = 0; i < found; i++) {
      const plan = this.#used?.plan;
      if (plan instanceof Plan) {
        const until = plan.runMany(at, i, found, firstQuote, firstRow + i);
        if (until > i) {
          this.#hasRecord = true;
          at = (lines[2 * until - 2] ?? 0) + 1;
          firstQuote = lines[2 * until - 1] ?? 0;
          i = until;
          if (i === found) break;
        }
      }
      const row = firstRow + i;
      const lineFeed = lines[2 * i] ?? 0;
      const lastQuote = lines[2 * i + 1] ?? 0;
      let start = at;
      let end = lineFeed;
      if (end > start && bytes[end - 1] === CR) end--;
      // A hole that truncation left in the file reads as NUL bytes in front of the next line.
      while (start < end && bytes[start] === 0) start++;
      lineStart[row] = start;
      lineEnd[row] = end;
      const used = this.#used;
      if (
        used !== undefined &&
        start < end &&
        fitsQuotes(used, lastQuote - firstQuote) &&
        used.plan.run(start, end, quotes, firstQuote, row, lastQuote)
      ) {
        reason[row] = PARSED;
        this.#hasRecord = true;
      } else {
        const why = this.#parseOdd(into, row, firstQuote, lastQuote);
        if (why < 0) {
          into.consumedTo = at;
          return i;
        }
        reason[row] = why;
      }
      at = lineFeed + 1;
      firstQuote = lastQuote;
    }
    into.consumedTo = at;
    return found;
  }

  /**
   * A line that the format in use does not take as it is. Returns a REASON_*, or -1 when the line
   * is of another format and must not stand in one batch with the records before it.
   */
  #parseOdd(into: RecordBatch, row: number, firstQuote: number, lastQuote: number): number {
    const start = into.lineStart[row] ?? 0;
    const end = into.lineEnd[row] ?? 0;
    if (start === end) return REASON_EMPTY;
    const { quotes } = this.#scanner;
    const count = lastQuote - firstQuote;
    for (const candidate of this.#candidates) {
      if (candidate === this.#used || !fitsQuotes(candidate, count)) continue;
      candidate.plan.attach(this.#bytes, this.#view, into);
      if (!fits(candidate, start, end, quotes, firstQuote, row, lastQuote)) continue;
      if (this.#hasRecord) return -1;
      this.#use(candidate);
      return PARSED;
    }
    const used = this.#used;
    if (used === undefined) return REASON_SHAPE;
    if (fitsQuotes(used, count)) {
      if (used.plan instanceof JsonPlan && used.plan.hasNewKeys) {
        // A key that no line before has had: what can be filled from here on is more.
        if (this.#hasRecord) return -1;
        if (fits(used, start, end, quotes, firstQuote, row, lastQuote)) {
          this.#hasRecord = true;
          return PARSED;
        }
      }
      return used.reason(this.#bytes, this.#view, start, end, quotes, firstQuote);
    }
    return this.#parseBackslashes(used, start, end, row, firstQuote, lastQuote);
  }

  #use(candidate: Candidate): void {
    this.#used = candidate;
    this.#hasRecord = true;
  }

  /** A line with too many quotes is tried again without those that a backslash escapes. */
  #parseBackslashes(
    used: Candidate,
    start: number,
    end: number,
    row: number,
    firstQuote: number,
    lastQuote: number,
  ): number {
    const wanted = used.quoteCount;
    const count = lastQuote - firstQuote;
    if (wanted < 0 || count < wanted || count >= QUOTES_MAX) return REASON_SHAPE;
    const bytes = this.#bytes;
    const { quotes } = this.#scanner;
    const unescaped = this.#unescaped.subarray(0, wanted + 1);
    const kept = copyUnescapedQuotes(bytes, start, quotes, firstQuote, lastQuote, unescaped);
    if (kept !== wanted) return REASON_SHAPE;
    if (!used.plan.run(start, end, unescaped, 0, row, wanted)) {
      return used.reason(bytes, this.#view, start, end, unescaped, 0);
    }
    this.#hasRecord = true;
    return PARSED;
  }

  /** Columns that the format does not fill. */
  #fillAbsent(into: RecordBatch): void {
    const { length } = into;
    into.families = this.families;
    const format = this.#used?.format;
    into.escape = format?.escape ?? 'default';
    const known = format?.kind === 'text' ? format.variables : [];
    const plan = this.#used?.plan;
    into.spans.forEach((column, i) => {
      column.isFilled =
        plan instanceof JsonPlan
          ? plan.fills(i)
          : known.some(({ name }) => name === column.variable);
    });
    // Keys come and go from line to line, so the plan of JSON fills every column itself.
    if (format?.kind === 'json') return;
    const variables = format?.variables ?? [];
    const lacks = (kind: string) => !variables.some((variable) => variable.kind === kind);
    if ((into.families & FAMILY_TIME) === 0) into.requestMs.fill(-1, 0, length);
    if ((into.families & FAMILY_BYTES_IN) === 0) into.bytesIn.fill(0, 0, length);
    if (lacks('bytes')) into.bytesOut.fill(0, 0, length);
    const site = {
      variable: format?.siteVariable,
      start: into.siteStart,
      end: into.siteEnd,
    };
    for (const column of [site, ...into.spans]) {
      if (variables.some(({ name }) => name === column.variable)) continue;
      column.start.fill(0, 0, length);
      column.end.fill(0, 0, length);
    }
  }
}

/** With so many quotes the line can have the format's form; a cut table of quotes tells nothing. */
function fitsQuotes({ quoteCount }: Candidate, count: number): boolean {
  return quoteCount < 0 || quoteCount === count;
}

/** Runs the plan; a JSON format that learns what lines have learns it from this line. */
function fits(
  { plan }: Candidate,
  start: number,
  end: number,
  quotes: Int32Array,
  firstQuote: number,
  row: number,
  lastQuote: number,
): boolean {
  if (plan.run(start, end, quotes, firstQuote, row, lastQuote)) return true;
  if (!(plan instanceof JsonPlan) || !plan.hasNewKeys) return false;
  plan.learnKeys();
  return plan.run(start, end, quotes, firstQuote, row, lastQuote);
}
