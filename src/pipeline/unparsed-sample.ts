import type { LineBatch } from '../source/line-batch.ts';
import { PARSED, REASONS, type RecordBatch } from '../parse/record-batch.ts';
import { printable } from '../text/printable.ts';
import type { Notice } from '../notice/notice.ts';

/**
 * Tells a person about lines that do not parse: one line a minute and log as an example, so that a
 * wrong LOG_FORMAT is seen in the first minute and a flood of odd lines costs nothing.
 */
const PAUSE_MS = 60_000;
const EXAMPLE_CHARACTERS_MAX = 160;
const SHAPE_CHARACTERS_MAX = 100;
/** So many lines in a row that do not parse are no stray ones. */
const IN_A_ROW_MIN = 1_000;
const EXAMPLE_BYTES_MAX = 4 * EXAMPLE_CHARACTERS_MAX;

/** Made safe to print. */
interface UnparsedExample {
  readonly reason: string;
  readonly example: string;
}

export class UnparsedSample {
  #dueMs = Number.NEGATIVE_INFINITY;
  /** Lines that did not parse since the last one that did, and one of them. */
  #inARow = 0;
  #shape: string | undefined;
  #example: UnparsedExample | undefined;

  /** The line of the last notice. */
  get example(): UnparsedExample | undefined {
    return this.#example;
  }

  /** What the lines look like, if none has parsed for long, or `areAll` says that none has ever. */
  likeness(areAll: boolean): string | undefined {
    return areAll || this.#inARow >= IN_A_ROW_MIN
      ? (this.#shape ?? 'lines that are too long')
      : undefined;
  }

  /** A notice about the first line in `records` that did not parse, if there is one and it is time. */
  of(batch: LineBatch, records: RecordBatch, monotonicMs: number): Notice | undefined {
    this.#follow(records);
    if (monotonicMs < this.#dueMs) return undefined;
    const row = records.reason.subarray(0, records.length).findIndex((reason) => reason !== PARSED);
    if (row === -1) return undefined;
    this.#dueMs = monotonicMs + PAUSE_MS;
    const details = {
      reason: REASONS[records.reason[row] ?? PARSED] ?? 'unknown',
      example: printable(lineOf(records, row), EXAMPLE_CHARACTERS_MAX),
    };
    this.#example = details;
    return {
      code: 'line-unparsed',
      subject: batch.path,
      message:
        'A line does not fit the log format and is counted as unparsed; there may be more. ' +
        `${checkable(batch.path)} shows where such lines stop matching.`,
      details,
    };
  }

  #follow(records: RecordBatch): void {
    const { length } = records;
    if (length === 0) return;
    const parsed = records.reason.subarray(0, length).lastIndexOf(PARSED);
    if (parsed !== -1) {
      this.#inARow = length - 1 - parsed;
      this.#shape = undefined;
    } else this.#inARow += length;
    if (this.#inARow > 0) this.#shape ??= shapeOf(lineOf(records, length - 1));
  }
}

function lineOf(records: RecordBatch, row: number): string {
  const start = records.lineStart[row] ?? 0;
  const end = Math.min(records.lineEnd[row] ?? 0, start + EXAMPLE_BYTES_MAX);
  return Buffer.from(records.bytes.subarray(start, end)).toString('utf8');
}

/** The form of a line without what it says, which is nobody's who may only ask how the meter is doing. */
function shapeOf(line: string): string {
  const shape = line.replace(/\p{L}+/gu, (word) => 'x'.repeat(Math.min(word.length, 4)));
  return printable(shape.replace(/\p{N}/gu, '9'), SHAPE_CHARACTERS_MAX);
}

/** What was received cannot be read again, so it takes a file to look at the lines. */
function checkable(path: string): string {
  if (path === '-') return 'Save some of its lines to a file; `nginx-meter check FILE`';
  if (/^syslog[+:]/iu.test(path)) {
    return (
      'Let nginx write some of its lines with a second access_log of that format to a file; ' +
      '`nginx-meter check FILE`'
    );
  }
  return `\`nginx-meter check ${path}\``;
}
