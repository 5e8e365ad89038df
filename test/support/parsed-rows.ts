import type { LineBatch } from '../../src/source/line-batch.ts';
import type { LineParser } from '../../src/parse/line-parser.ts';
import { createParser } from '../../src/parse/parser.ts';
import {
  PARSED,
  RecordBatch,
  REASONS,
  type Reason,
  type Room,
} from '../../src/parse/record-batch.ts';
import { createScanner, type Scanner } from '../../src/parse/line/scanner.ts';

/** One row as values; `undefined` where the row is no record or the value is absent. */
export interface ParsedRow {
  readonly reason: Reason;
  readonly line: string;
  readonly timeS: number | undefined;
  readonly status: number | undefined;
  readonly bytesOut: number | undefined;
  readonly bytesIn: number | undefined;
  readonly requestMs: number | undefined;
  readonly site: string | undefined;
  readonly spans: Readonly<Record<string, string | undefined>>;
}

/** Latin-1 in and out: one character per byte, so that any bytes can be written in a test. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export function batchOf(bytes: Uint8Array, end: number = bytes.length): LineBatch {
  return {
    log: 'access',
    path: '/var/log/nginx/access.log',
    bytes,
    start: 0,
    end,
    overlongLines: 0,
    overlongBytes: 0,
    before: false,
    headLost: false,
  };
}

/** Parses all of `bytes` in batches of `capacity` rows. */
export function parseBytes(
  parser: LineParser,
  bytes: Uint8Array,
  options: { capacity?: number; spans?: readonly string[]; room?: Room } = {},
): ParsedRow[] {
  const into = new RecordBatch(options.capacity ?? 64, options.spans ?? [], options.room);
  const batch = batchOf(bytes);
  const rows: ParsedRow[] = [];
  for (let at = 0; at < batch.end; at = into.consumedTo) {
    parser.parse(batch, at, into);
    if (into.consumedTo <= at) throw new Error(`no progress at byte ${at}`);
    for (let i = 0; i < into.length; i++) rows.push(rowOf(into, i));
  }
  return rows;
}

/** The rows of lines, each without its LF, in the given format. */
export function parseLines(
  format: string,
  lines: readonly string[],
  options: { capacity?: number; spans?: readonly string[]; scanner?: Scanner } = {},
): ParsedRow[] {
  const scanner = options.scanner ?? createScanner({ readBufferBytes: 1024 });
  const bytes = toBytes(lines.map((line) => `${line}\n`).join(''));
  return parseBytes(createParser({ format, scanner }), bytes, options);
}

function rowOf(batch: RecordBatch, i: number): ParsedRow {
  const text = (start: number | undefined, end: number | undefined) =>
    Buffer.from(batch.bytes.subarray(start, end)).toString('latin1');
  const span = (start: number | undefined, end: number | undefined) =>
    start === end ? undefined : text(start, end);
  const isRecord = batch.reason[i] === PARSED;
  return {
    reason: REASONS[batch.reason[i] ?? -1] ?? 'parsed',
    line: text(batch.lineStart[i], batch.lineEnd[i]),
    timeS: isRecord ? batch.timeS[i] : undefined,
    status: isRecord ? batch.status[i] : undefined,
    bytesOut: isRecord ? batch.bytesOut[i] : undefined,
    bytesIn: isRecord ? batch.bytesIn[i] : undefined,
    requestMs: isRecord && batch.requestMs[i] !== -1 ? batch.requestMs[i] : undefined,
    site: isRecord ? span(batch.siteStart[i], batch.siteEnd[i]) : undefined,
    spans: isRecord
      ? Object.fromEntries(
          batch.spans.map(({ variable, start, end }) => [variable, span(start[i], end[i])]),
        )
      : {},
  };
}
