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
const EXAMPLE_BYTES_MAX = 4 * EXAMPLE_CHARACTERS_MAX;

export class UnparsedSample {
  #dueMs = Number.NEGATIVE_INFINITY;

  /** A notice about the first line in `records` that did not parse, if there is one and it is time. */
  of(batch: LineBatch, records: RecordBatch, monotonicMs: number): Notice | undefined {
    if (monotonicMs < this.#dueMs) return undefined;
    const row = records.reason.subarray(0, records.length).findIndex((reason) => reason !== PARSED);
    if (row === -1) return undefined;
    this.#dueMs = monotonicMs + PAUSE_MS;
    const start = records.lineStart[row] ?? 0;
    const end = Math.min(records.lineEnd[row] ?? 0, start + EXAMPLE_BYTES_MAX);
    const line = Buffer.from(records.bytes.subarray(start, end)).toString('utf8');
    return {
      code: 'line-unparsed',
      subject: batch.path,
      message:
        'A line does not fit the log format and is counted as unparsed; there may be more. ' +
        `${checkable(batch.path)} shows where such lines stop matching.`,
      details: {
        reason: REASONS[records.reason[row] ?? PARSED] ?? 'unknown',
        example: printable(line, EXAMPLE_CHARACTERS_MAX),
      },
    };
  }
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
