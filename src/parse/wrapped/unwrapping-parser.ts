/**
 * Takes off what a log collector has put around the lines of a log (wrappings.ts), in place, before
 * the parser sees them. A line keeps its end; what was taken off in front of it becomes NUL bytes,
 * which the parser passes over. So positions stay what they are, and a log without wrapping costs a
 * look at the first and the last line of a batch.
 *
 * A line in parts (CRI's P, a line of Docker's without line feed) becomes one where its last part
 * stands. The parts before the end of a batch are kept, at most PARTS_BYTES_MAX of them.
 *
 * What can be lost: parts that were read when the meter was killed; the rest of that line is unparsed.
 */
import type { LineBatch } from '../../source/line-batch.ts';
import type { LineParser, MetFormat } from '../line-parser.ts';
import type { RecordBatch } from '../record-batch.ts';
import { type Unwrapped, type Wrapping, wrappingOf } from './wrappings.ts';

const PARTS_BYTES_MAX = 256 * 1024;
const LF = 0x0a;
const CR = 0x0d;
/** UTF-8's byte order mark, which editors and exports put in front of a file. */
const MARK = 0xef;
const NOTHING = new Uint8Array(0);
const LINE_END = Uint8Array.of(LF);

/** What an UnwrappingParser needs of the parser of the lines. */
export interface InnerParser extends LineParser {
  /** Whether a format that is known takes the line as it stands. */
  reads(bytes: Uint8Array, start: number, end: number): boolean;
}

export class UnwrappingParser implements LineParser {
  readonly #parser: InnerParser;
  #wrapping: Wrapping | undefined;
  readonly #line: Unwrapped = { start: 0, isPart: false, stream: 0 };
  /** The first parts of a line whose last one has not come, and their stream. */
  #parts: Uint8Array = NOTHING;
  #partsStream = 0;
  /** A line whose first parts came with another batch, and where in this one it ends. */
  #joined: Uint8Array = NOTHING;
  #joinedEnd = 0;

  constructor(parser: InnerParser) {
    this.#parser = parser;
  }

  get formatName(): string {
    return this.#parser.formatName;
  }

  get families(): number {
    return this.#parser.families;
  }

  get met(): readonly MetFormat[] {
    return this.#parser.met;
  }

  get leftOutLines(): number {
    return this.#parser.leftOutLines;
  }

  lacks(variable: string): boolean {
    return this.#parser.lacks(variable);
  }

  resume(formatName: string): void {
    this.#parser.resume(formatName);
  }

  parse(batch: LineBatch, from: number, into: RecordBatch): void {
    if (from === batch.start) this.#begin(batch);
    if (from === batch.start && this.#joined.length > 0) {
      const bytes = this.#joined;
      this.#joined = NOTHING;
      this.#parser.parse({ ...batch, bytes, start: 0, end: bytes.length }, 0, into);
      into.consumedTo = this.#joinedEnd;
      return;
    }
    this.#parser.parse(batch, from, into);
  }

  #begin({ bytes, start, end }: LineBatch): void {
    const isMarked =
      bytes[start] === MARK && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
    if (isMarked) bytes.fill(0, start, start + 3);
    this.#wrapping ??= this.#recognise(bytes, start, end);
    if (this.#wrapping !== undefined) this.#unwrapAll(this.#wrapping, bytes, start, end);
  }

  /** By the first line or the last; a format with such a prefix of its own is left as it is. */
  #recognise(bytes: Uint8Array, start: number, end: number): Wrapping | undefined {
    const last = end - start < 2 ? start : bytes.lastIndexOf(LF, end - 2) + 1;
    for (const at of last <= start ? [start] : [start, last]) {
      const feed = bytes.indexOf(LF, at);
      const lineEnd = feed < 0 || feed > end ? end : feed;
      const wrapping = wrappingOf(bytes, at, lineEnd);
      if (wrapping !== undefined) {
        return this.#parser.reads(bytes, at, lineEnd) ? undefined : wrapping;
      }
    }
    return undefined;
  }

  #unwrapAll(wrapping: Wrapping, bytes: Uint8Array, start: number, end: number): void {
    const line = this.#line;
    /** Where the parts of a line that is not complete stand; -1 for none. */
    let part = -1;
    let partEnd = 0;
    /** Those are the first of the batch, and go on what the last one ended with. */
    let isContinued = false;
    for (let at = start; at < end; ) {
      const feed = bytes.indexOf(LF, at);
      if (feed < 0 || feed >= end) break;
      const lineEnd = feed > at && bytes[feed - 1] === CR ? feed - 1 : feed;
      if (wrapping.unwrap(bytes, at, lineEnd, line)) {
        let { start: text } = line;
        const isSame = line.stream === this.#partsStream;
        if (part >= 0 && isSame) {
          const to = text - (partEnd - part);
          bytes.copyWithin(to, part, partEnd);
          bytes.fill(0, part, to);
          text = to;
        } else {
          bytes.fill(0, at, text);
          isContinued = at === start && isSame && this.#parts.length > 0;
        }
        if (!line.isPart && isContinued) this.#join(bytes, text, lineEnd, feed + 1);
        isContinued &&= line.isPart;
        part = line.isPart ? text : -1;
        partEnd = lineEnd;
        if (line.isPart) this.#partsStream = line.stream;
      } else part = -1;
      at = feed + 1;
    }
    const before = isContinued && part >= 0 ? this.#parts : NOTHING;
    this.#parts = part < 0 ? NOTHING : concatenated(before, bytes.subarray(part, partEnd), NOTHING);
    if (this.#parts.length > PARTS_BYTES_MAX) this.#parts = NOTHING;
    if (part >= 0) bytes.fill(0, part, end);
  }

  /** The line that ends in this batch, with the parts that came with the ones before. */
  #join(bytes: Uint8Array, text: number, lineEnd: number, next: number): void {
    this.#joined = concatenated(this.#parts, bytes.subarray(text, lineEnd), LINE_END);
    this.#joinedEnd = next;
  }
}

function concatenated(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
