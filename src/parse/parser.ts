/**
 * The parser of one log: scans for lines and quotes, runs the plan of the format over each line, and
 * deals with what does not fit.
 *
 * Owns: which format is in use. `auto` recognises it (recogniser.ts) by the first line that has the
 * form of any, and changes it only when a line fits another one and not this; the same stream gives
 * the same choices however it is cut into batches of rows. Nothing else is kept from one batch to the
 * next but counts.
 *
 * Lines that are of no access log (nginx's error log, the empty lines of a format that ends in a line
 * break) give no row.
 */
import type { LineBatch } from '../source/line-batch.ts';
import { Candidate } from './candidate.ts';
import { isErrorLogLine } from './error-log.ts';
import { copyUnescapedQuotes } from './line/escaped-quotes.ts';
import { AUTO, chooseFormats, type Format } from './format-choice.ts';
import { variablesOf } from './advice/format-variables.ts';
import type { JsonKeyNames } from './json/json-format.ts';
import { JsonPlan } from './json/json-plan.ts';
import type { LineParser, MetFormat } from './line-parser.ts';
import { Plan } from './line/plan.ts';
import { type LineAt, Recogniser } from './recogniser.ts';
import {
  FAMILY_BYTES_IN,
  FAMILY_TIME,
  PARSED,
  REASON_EMPTY,
  REASON_SHAPE,
  type RecordBatch,
} from './record-batch.ts';
import { QUOTES_MAX, type Scanner, SCAN_LINES_MAX } from './line/scanner.ts';
import { type InnerParser, UnwrappingParser } from './wrapped/unwrapping-parser.ts';
import { cleanSites } from './site-span.ts';

const CR = 0x0d;
/** What `#parseOdd` returns beside the REASON_*. */
const OF_ANOTHER_FORMAT = -1;
const LEFT_OUT = -2;

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
  const formats = settings.flatMap((setting) => chooseFormats(setting, jsonKeys));
  return new UnwrappingParser(new FormatParser(formats, scanner));
}

class FormatParser implements InnerParser {
  leftOutLines = 0;
  readonly #candidates: readonly Candidate[];
  readonly #recogniser: Recogniser;
  readonly #scanner: Scanner;
  /** The format in use; `undefined` while `auto` has recognised none. */
  #used: Candidate | undefined;
  /** A change of the format throws away what was scanned ahead, so after one it scans less. */
  #scanLines = SCAN_LINES_MAX;
  /** Whether the rows of the batch being filled hold a record already: they all are of one format. */
  #hasRecord = false;
  /** Rows of the batch being filled that are no records. */
  #unparsedRows = 0;
  /** Rows that the last `#parseLines` has filled. */
  #filledRows = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #batchEnd = 0;
  /** Quotes of one line without those that a backslash escapes. */
  readonly #unescaped: Int32Array;

  constructor(formats: readonly Format[], scanner: Scanner) {
    const isAlone = formats.length === 1;
    this.#candidates = formats.map((format) => new Candidate(format, scanner, isAlone));
    this.#recogniser = new Recogniser(this.#candidates);
    this.#scanner = scanner;
    this.#used = isAlone ? this.#candidates[0] : undefined;
    const quoteCounts = this.#candidates.map(({ quoteCount }) => quoteCount);
    this.#unescaped = new Int32Array(Math.max(0, ...quoteCounts) + 1);
  }

  get formatName(): string {
    return this.#used?.format.name ?? AUTO;
  }

  get families(): number {
    return this.#used?.families ?? 0;
  }

  get met(): readonly MetFormat[] {
    return this.#candidates
      .filter(({ lines }) => lines > 0)
      .map(({ format, families, lines }) => ({ formatName: format.name, families, lines }))
      .toSorted((one, other) => other.lines - one.lines);
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
    const [named, ...others] = this.#candidates.filter(({ format }) => format.name === formatName);
    // Of several texts without a name of their own the lines have to tell.
    if (named !== undefined && others.length === 0) this.#used = named;
  }

  reads(bytes: Uint8Array, start: number, end: number): boolean {
    this.#recogniser.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return this.#recogniser.reads(start, end);
  }

  parse(batch: LineBatch, from: number, into: RecordBatch): void {
    const { bytes, end } = batch;
    this.#bytes = bytes;
    this.#batchEnd = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#recogniser.attach(bytes, this.#view);
    this.#used?.attach(bytes, this.#view, into);
    this.#hasRecord = false;
    this.#unparsedRows = 0;
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
      row += this.#filledRows;
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
    if (this.#used !== undefined) this.#used.lines += row - this.#unparsedRows;
    this.#fillAbsent(into);
  }

  /**
   * Parses the lines of the last scan; returns how many, in `into.consumedTo` where it stopped, and
   * in `#filledRows` how many rows that made.
   */
  #parseLines(found: number, from: number, firstRow: number, into: RecordBatch): number {
    const bytes = this.#bytes;
    const { quotes, lines } = this.#scanner;
    const { lineStart, lineEnd, reason } = into;
    let at = from;
    let firstQuote = 0;
    let leftOut = 0;
    for (let i = 0; i < found; i++) {
      const plan = this.#used?.plan;
      if (plan instanceof Plan) {
        const until = plan.runMany(at, i, found, firstQuote, firstRow + i - leftOut);
        if (until > i) {
          this.#hasRecord = true;
          at = (lines[2 * until - 2] ?? 0) + 1;
          firstQuote = lines[2 * until - 1] ?? 0;
          i = until;
          if (i === found) break;
        }
      }
      const row = firstRow + i - leftOut;
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
        used.fitsQuotes(lastQuote - firstQuote) &&
        used.plan.run(start, end, quotes, firstQuote, row, lastQuote)
      ) {
        reason[row] = PARSED;
        this.#hasRecord = true;
      } else {
        const why = this.#parseOdd(into, row, { start, end, quotes, firstQuote, lastQuote });
        if (why === OF_ANOTHER_FORMAT) {
          into.consumedTo = at;
          this.#filledRows = i - leftOut;
          return i;
        }
        if (why === LEFT_OUT) leftOut++;
        else {
          reason[row] = why;
          if (why !== PARSED) this.#unparsedRows++;
        }
      }
      at = lineFeed + 1;
      firstQuote = lastQuote;
    }
    into.consumedTo = at;
    this.#filledRows = found - leftOut;
    return found;
  }

  /**
   * A line that the format in use does not take as it is. Returns a REASON_*; OF_ANOTHER_FORMAT when
   * the line is of one and must not stand in one batch with the records before it; or LEFT_OUT.
   */
  #parseOdd(into: RecordBatch, row: number, line: LineAt): number {
    const { start, end } = line;
    const used = this.#used;
    if (start === end) return this.#isSpaced(used) ? LEFT_OUT : REASON_EMPTY;
    const other = this.#otherFormat(into, row, line);
    if (other !== undefined) {
      if (this.#hasRecord) return OF_ANOTHER_FORMAT;
      this.#used = other;
      other.attach(this.#bytes, this.#view, into);
      return this.#run(other, line, row) ? PARSED : REASON_SHAPE;
    }
    if (used !== undefined && used.loose !== undefined && this.#run(used, line, row)) return PARSED;
    if (this.#isOfErrorLog(start, end)) {
      this.leftOutLines++;
      return LEFT_OUT;
    }
    return used === undefined ? REASON_SHAPE : this.#parseUnfit(used, into, row, line);
  }

  #isSpaced(used: Candidate | undefined): boolean {
    const format = used?.format;
    return format?.kind === 'text' && format.isSpaced;
  }

  /** In a log that has had lines of nginx's error log and no record, others are continued ones of it. */
  #isOfErrorLog(start: number, end: number): boolean {
    if (isErrorLogLine(this.#bytes, start, end)) return true;
    if (this.leftOutLines === 0 || this.#hasRecord) return false;
    return this.#candidates.every(({ lines }) => lines === 0);
  }

  /** Another candidate for the line, in the order of certainty. */
  #otherFormat(into: RecordBatch, row: number, line: LineAt): Candidate | undefined {
    if (this.#candidates.length === 1) return undefined;
    const used = this.#used;
    const until = this.#batchEnd;
    const known = this.#recogniser.choose(line, until, used, false);
    if (known !== undefined) return known;
    const json = this.#jsonFormat(into, row, line);
    if (json !== undefined || used !== undefined) return json;
    return this.#recogniser.choose(line, until, undefined, true);
  }

  /** JSON is tried in the row itself, where it may learn keys. */
  #jsonFormat(into: RecordBatch, row: number, line: LineAt): Candidate | undefined {
    for (const candidate of this.#candidates) {
      if (candidate.format.kind !== 'json' || candidate === this.#used) continue;
      candidate.attach(this.#bytes, this.#view, into);
      if (this.#run(candidate, line, row)) return candidate;
    }
    return undefined;
  }

  /** Runs the plans; a JSON format that learns what lines have learns it from this line. */
  #run(candidate: Candidate, line: LineAt, row: number): boolean {
    const { start, end, quotes, firstQuote, lastQuote } = line;
    const { plan, loose } = candidate;
    if (!candidate.fitsQuotes(lastQuote - firstQuote)) return false;
    let fits = plan.run(start, end, quotes, firstQuote, row, lastQuote);
    if (!fits && loose !== undefined) fits = loose.run(start, end, quotes, firstQuote, row);
    if (!fits && plan instanceof JsonPlan && plan.hasNewKeys) {
      plan.learnKeys();
      fits = plan.run(start, end, quotes, firstQuote, row, lastQuote);
    }
    if (fits && candidate === this.#used) this.#hasRecord = true;
    return fits;
  }

  /** A line that fits no format as it stands. */
  #parseUnfit(used: Candidate, into: RecordBatch, row: number, line: LineAt): number {
    const { start, end, quotes, firstQuote, lastQuote } = line;
    if (!used.fitsQuotes(lastQuote - firstQuote)) return this.#parseBackslashes(used, row, line);
    if (used.plan instanceof JsonPlan) {
      // The row has been tried with other formats since.
      if (this.#candidates.length > 1) used.attach(this.#bytes, this.#view, into);
      if (used.plan.hasNewKeys) {
        // A key that no line before has had: what can be filled from here on is more.
        if (this.#hasRecord) return OF_ANOTHER_FORMAT;
        if (this.#run(used, line, row)) return PARSED;
      }
    }
    return used.reason(this.#bytes, this.#view, start, end, quotes, firstQuote);
  }

  /** A line with too many quotes is tried again without those that a backslash escapes. */
  #parseBackslashes(used: Candidate, row: number, line: LineAt): number {
    const { start, end, quotes, firstQuote, lastQuote } = line;
    const wanted = used.quoteCount;
    const count = lastQuote - firstQuote;
    if (wanted < 0 || count < wanted || count >= QUOTES_MAX) return REASON_SHAPE;
    const bytes = this.#bytes;
    const unescaped = this.#unescaped.subarray(0, wanted + 1);
    const kept = copyUnescapedQuotes(bytes, start, quotes, firstQuote, lastQuote, unescaped);
    if (kept !== wanted) return REASON_SHAPE;
    const again = { start, end, quotes: unescaped, firstQuote: 0, lastQuote: wanted };
    if (this.#run(used, again, row)) return PARSED;
    return used.reason(bytes, this.#view, start, end, unescaped, 0);
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
    if (format?.kind === 'json' || format?.siteVariable === 'http_host')
      cleanSites(into, this.#view);
    if (format?.kind === 'text' && format.isTargetInParts) trimTargets(into);
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

const DASH = 0x2d;
const QUESTION = 0x3f;

/** Takes the `-` of absent arguments off `$uri$is_args$args`. */
function trimTargets({ bytes, length, spans }: RecordBatch): void {
  const column = spans.find(({ variable }) => variable === 'request_uri');
  if (column === undefined) return;
  for (let row = 0; row < length; row++) {
    const start = column.start[row] ?? 0;
    const end = column.end[row] ?? 0;
    if (end <= start + 1 || bytes[end - 1] !== DASH) continue;
    const query = bytes.indexOf(QUESTION, start);
    if (query < 0 || query >= end) column.end[row] = end - 1;
  }
}
