import { FUTURE_MAX_S } from '../../aggregate/log-windows.ts';
import { clientVariable } from '../../app/client-variable.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { openBackfillFile } from '../../source/finished/backfill-source.ts';
import { explainLine } from '../../parse/advice/explain.ts';
import type { MetFormat } from '../../parse/line-parser.ts';
import { createParser } from '../../parse/parser.ts';
import {
  PARSED,
  REASON_FUTURE,
  REASON_OVERLONG,
  type Reason,
  REASONS,
  RecordBatch,
} from '../../parse/record-batch.ts';
import { createScanner } from '../../parse/line/scanner.ts';
import type { Notify } from '../../notice/notice.ts';

/** Counts how the lines of one file fit the format, and keeps the first of each kind of fault. */

export interface Fault {
  readonly reason: Reason;
  readonly lines: number;
  /** The first one, counted from 1. */
  readonly firstLine: number;
  /** Undefined for an over-long line, which is never read as a whole. */
  readonly example: Example | undefined;
}

export interface Example {
  /** The line without its line end. */
  readonly bytes: Uint8Array;
  /** Where the plan stopped, and what it expected there; undefined when the form is right. */
  readonly stop: { readonly atByte: number; readonly expected: string } | undefined;
}

export interface Survey {
  /**
   * A preset's name, `custom`, or `auto` when no line had a format that is known; of several that which
   * most lines have.
   */
  readonly formatName: string;
  /** All formats that lines have, the one of most lines first. */
  readonly met: readonly MetFormat[];
  /** Lines of nginx's error log, which are left out of `lines`. */
  readonly leftOutLines: number;
  /** `FAMILY_*` bits that the format fills. */
  readonly families: number;
  /** Whether the format lacks the variable of CLIENT_IP_FROM, and that matters. */
  readonly lacksClient: boolean;
  readonly lines: number;
  readonly parsed: number;
  readonly faults: readonly Fault[];
  /** False when reading stopped at `linesMax`. */
  readonly isWhole: boolean;
}

const READ_CHUNK_BYTES = 256 * 1024;
const RECORDS_MAX = 4096;

export interface SurveyOptions {
  readonly path: string;
  readonly config: Config;
  /** In place of the configuration's: what createParser takes. */
  readonly format?: string | readonly string[] | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly notify: Notify;
  /** Reads no further once so many lines were seen. */
  readonly linesMax?: number;
}

/** Also for `.gz`. Throws what opening or reading the file throws. */
export async function surveyLines(options: SurveyOptions): Promise<Survey> {
  const { path, config, notify, linesMax = Infinity } = options;
  const { logJsonKeys: jsonKeys, maxLineBytes } = config;
  const setting = options.format ?? config.logFormat;
  const scanner = createScanner({ readBufferBytes: maxLineBytes + READ_CHUNK_BYTES });
  const parser = createParser({ format: setting, scanner, jsonKeys });
  const client = clientVariable(config);
  const records = new RecordBatch(RECORDS_MAX, client === undefined ? [] : [client]);
  const { readBuffer } = scanner;
  const file = await openBackfillFile({ path, readBuffer, maxLineBytes, notify });
  const tally = new Tally(options.clock.now() / 1000 + FUTURE_MAX_S);
  try {
    for (;;) {
      const batch = tally.lines < linesMax ? await file.next() : undefined;
      if (batch === undefined) break;
      tally.addOverlong(batch.overlongLines);
      for (let from = batch.start; from < batch.end; from = records.consumedTo) {
        parser.parse(batch, from, records);
        tally.add(records);
      }
    }
  } finally {
    await file.close();
  }
  const { leftOutLines, met } = parser;
  const { formatName, families } = met[0] ?? parser;
  // What does not fit the recognised format is explained by it, not by the one it fits by chance.
  const isAuto = typeof setting === 'string' && setting.trim() === 'auto';
  const format = isAuto ? formatName : setting;
  return {
    formatName,
    met,
    leftOutLines,
    families,
    lacksClient: client !== undefined && parser.lacks(client),
    lines: tally.lines,
    parsed: tally.parsed,
    faults: tally.faults((line) => explainLine(format, line, jsonKeys)),
    isWhole: tally.lines < linesMax,
  };
}

interface First {
  lines: number;
  readonly firstLine: number;
  readonly bytes: Uint8Array | undefined;
}

class Tally {
  lines = 0;
  parsed = 0;
  readonly #latestS: number;
  readonly #byReason = new Map<number, First>();

  constructor(latestS: number) {
    this.#latestS = latestS;
  }

  addOverlong(count: number): void {
    if (count === 0) return;
    this.#count(REASON_OVERLONG, this.lines + 1, undefined, count);
    this.lines += count;
  }

  add(records: RecordBatch): void {
    for (let i = 0; i < records.length; i++) {
      this.lines++;
      let reason = records.reason[i] ?? PARSED;
      if (reason === PARSED && (records.timeS[i] ?? 0) > this.#latestS) reason = REASON_FUTURE;
      if (reason === PARSED) {
        this.parsed++;
        continue;
      }
      const known = this.#byReason.has(reason);
      const [start, end] = [records.lineStart[i], records.lineEnd[i]];
      // The bytes are the read buffer's, so the one example is copied.
      this.#count(reason, this.lines, known ? undefined : records.bytes.slice(start, end), 1);
    }
  }

  #count(reason: number, line: number, bytes: Uint8Array | undefined, count: number): void {
    const first = this.#byReason.get(reason);
    if (first === undefined) this.#byReason.set(reason, { lines: count, firstLine: line, bytes });
    else first.lines += count;
  }

  faults(explain: (line: Uint8Array) => Example['stop']): Fault[] {
    return [...this.#byReason]
      .map(([reason, { lines, firstLine, bytes }]) => ({
        reason: REASONS[reason] ?? 'shape',
        lines,
        firstLine,
        example: bytes === undefined ? undefined : { bytes, stop: explain(bytes) },
      }))
      .sort((a, b) => b.lines - a.lines);
  }
}
