import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createStages } from '../app/stages.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type GeoipDatabase, openGeoip } from '../geoip/geoip.ts';
import { levelOf } from '../notice/codes.ts';
import { createLogger } from '../notice/logger.ts';
import type { Notify } from '../notice/notice.ts';
import { createNotifier } from '../notice/notifier.ts';
import { WANTED } from '../parse/advice/advised-formats.ts';
import type { LineParser } from '../parse/line-parser.ts';
import { createParser } from '../parse/parser.ts';
import { PARSED, type RecordBatch } from '../parse/record-batch.ts';
import { openBackfillFile } from '../source/finished/backfill-source.ts';
import { fileTrouble } from '../source/finished/file-trouble.ts';
import { summaryHtml } from '../summary/html.ts';
import type { Gaps, Summary } from '../summary/model.ts';
import { RowsSummary } from '../summary/rows-summary.ts';
import { printable } from '../text/printable.ts';
import {
  findInputFiles,
  type InputFile,
  InputError,
  type InputFiles,
} from './backfill/input-files.ts';
import { expanded } from './report-files.ts';
import { ProgressBar } from './terminal/progress-bar.ts';
import { summaryText } from './terminal/summary-text.ts';

/**
 * `report FILE…`: what log files say, read in one pass, in whatever order their lines stand. Results go to
 * standard output, everything else to standard error.
 */
export interface ReportArguments {
  readonly files: readonly string[];
  readonly json: boolean;
  /** A file to write HTML to. */
  readonly html?: string | undefined;
  /** Rows of each list. */
  readonly top?: number | undefined;
  readonly site?: string | undefined;
  /** The windows of the last so many seconds out of the history, instead of files. */
  readonly sinceS?: number | undefined;
  readonly log?: string | undefined;
  /** Epoch seconds; only lines from then on, and before then. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface ReportStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly stdin?: Readable;
}

const COLUMNS_PIPED = 120;
const TOP = 10;
const EXAMPLE_BYTES_MAX = 640;
const EXAMPLE_CHARACTERS_MAX = 160;

/** Resolves to the exit code: 0 well, 1 something could not be read. */
export async function reportCommand(
  args: ReportArguments,
  config: Config,
  { stdout, stderr, stdin = process.stdin }: ReportStreams = process,
): Promise<number> {
  const clock = systemClock;
  const { logLevel: level, logPretty: pretty, color } = config;
  const logger = await createLogger(stderr, { level, pretty, color });
  const { notify, flush } = createNotifier(logger, clock);
  let isWhole = true;
  const noticeReading: Notify = (notice) => {
    if (levelOf(notice) === 'error') isWhole = false;
    notify(notice);
  };
  let input: InputFiles | undefined;
  try {
    let summary: Summary;
    if (args.sinceS === undefined) {
      input = await findInputFiles(await expanded(args.files), stdin);
      for (const note of input.notes) logger.warn(note);
      const progress = new ProgressBar(stderr, input.bytes, () => clock.monotonicMs());
      const parts = { notify: noticeReading, clock, progress };
      summary = await summaryOf(args, input.files, config, parts);
      progress.close();
    } else summary = await summaryOfHistory(args, args.sinceS, config, clock);
    if (args.html !== undefined) await writeFile(args.html, summaryHtml(summary));
    if (args.json) stdout.write(`${JSON.stringify(summary)}\n`);
    else if (args.html === undefined) {
      const columns = stdout.isTTY === true ? (stdout.columns ?? COLUMNS_PIPED) : COLUMNS_PIPED;
      const text = summaryText(summary, { columns, color: color && stdout.isTTY === true });
      stdout.write(`${text.join('\n')}\n`);
    }
    const { read, unparsed } = summary.totals.lines;
    return isWhole && !(read > 0 && unparsed === read) ? 0 : 1;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    for (const line of text.split('\n')) logger.fatal(printable(line));
    return error instanceof InputError && error.isUsage ? 2 : 1;
  } finally {
    input?.close();
    flush();
  }
}

interface Parts {
  readonly notify: Notify;
  readonly clock: Clock;
  readonly progress: ProgressBar;
}

/** The newest windows of the history that a running meter keeps, or one that ran here. */
async function summaryOfHistory(
  { site, log, top }: ReportArguments,
  sinceS: number,
  config: Config,
  clock: Clock,
): Promise<Summary> {
  const { readHistory } = await import('../history/read-history.ts');
  const untilS = Math.ceil(clock.now() / 1000);
  const path = join(config.stateDir, 'history.db');
  return readHistory(path, { fromS: untilS - sinceS, untilS }, { site, log }, top ?? TOP);
}

async function summaryOf(
  args: ReportArguments,
  files: readonly InputFile[],
  config: Config,
  parts: Parts,
): Promise<Summary> {
  const { clock } = parts;
  const startedMs = clock.monotonicMs();
  const geoip: GeoipDatabase | undefined = await openGeoip(config);
  // Routes and lists are asked for here, whatever the running meter is told to write.
  const { scanner, records, requests } = createStages({ ...config, dimensionWindowS: 60 }, geoip);
  if (requests === undefined) throw new Error('a report needs the request stage');
  const rows = new RowsSummary({
    requests,
    errorStatusMin: config.errorStatusMin,
    fromS: args.from,
    untilS: args.to,
    site: args.site,
    nowS: Math.floor(clock.now() / 1000),
  });
  const gaps = new GapsOfFiles();
  for (const file of files) {
    const parser = createParser({
      format: config.logFormat,
      scanner,
      jsonKeys: config.logJsonKeys,
    });
    await readFile(file, {
      ...parts,
      config,
      parser,
      records,
      rows,
      gaps,
      readBuffer: scanner.readBuffer,
    });
    gaps.note(parser);
  }
  const tookMs = Math.round(clock.monotonicMs() - startedMs);
  const origin = {
    kind: 'files' as const,
    names: files.map(({ label }) => label),
    ...(args.site === undefined ? {} : { site: args.site }),
    tookMs,
  };
  return rows.finish(origin, gaps.result, args.top ?? TOP);
}

interface Reading extends Parts {
  readonly config: Config;
  readonly parser: LineParser;
  readonly records: RecordBatch;
  readonly rows: RowsSummary;
  readonly gaps: GapsOfFiles;
  readonly readBuffer: Uint8Array;
}

async function readFile({ path, label }: InputFile, reading: Reading): Promise<void> {
  const { config, parser, records, rows, gaps, readBuffer, notify, progress } = reading;
  const { maxLineBytes } = config;
  const file = await openBackfillFile({ path, readBuffer, maxLineBytes, notify }).catch(
    async (error: unknown) => {
      throw new Error(await fileTrouble(label, error), { cause: error });
    },
  );
  try {
    for (let batch = await file.next(); batch !== undefined; batch = await file.next()) {
      rows.addOverlong(batch.overlongLines);
      for (let from = batch.start; from < batch.end; from = records.consumedTo) {
        parser.parse(batch, from, records);
        gaps.look(records);
        rows.add(records);
      }
      progress.add(batch.end - batch.start + batch.overlongBytes);
    }
  } finally {
    await file.close();
  }
}

/** What the files cannot tell: one line that does not fit, and the variables that no format has. */
class GapsOfFiles {
  #example: string | undefined;
  #lacks: typeof WANTED | undefined;

  look(records: RecordBatch): void {
    if (this.#example !== undefined) return;
    const { reason, lineStart, lineEnd, bytes, length } = records;
    const row = reason.subarray(0, length).findIndex((why) => why !== PARSED);
    if (row === -1) return;
    const start = lineStart[row] ?? 0;
    const end = Math.min(lineEnd[row] ?? 0, start + EXAMPLE_BYTES_MAX);
    const line = Buffer.from(bytes.subarray(start, end)).toString('utf8');
    this.#example = printable(line, EXAMPLE_CHARACTERS_MAX);
  }

  note(parser: LineParser): void {
    this.#lacks = (this.#lacks ?? WANTED).filter(({ variable }) => parser.lacks(variable));
  }

  get result(): Omit<Gaps, 'unparsed'> {
    return {
      ...(this.#example === undefined ? {} : { example: this.#example }),
      lacks: (this.#lacks ?? []).map(({ variable, about }) => ({ variable, adds: about })),
    };
  }
}
