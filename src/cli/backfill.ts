import type { Readable, Writable } from 'node:stream';
import { AdvisedParser } from '../app/advised-parser.ts';
import { clientVariable } from '../app/client-variable.ts';
import { formatsOfFile } from '../app/file-formats.ts';
import { readNginxLogs, type NginxLogs } from '../app/nginx-logs.ts';
import { createStages } from '../app/stages.ts';
import type { LogWindows } from '../aggregate/log-windows.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/units.ts';
import { FileTarget } from '../deliver/file/file-target.ts';
import type { Target } from '../deliver/target.ts';
import { openGeoip, type GeoipDatabase } from '../geoip/geoip.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { levelOf } from '../notice/codes.ts';
import { createLogger } from '../notice/logger.ts';
import type { Notice, Notify } from '../notice/notice.ts';
import { createNotifier } from '../notice/notifier.ts';
import { createParser } from '../parse/parser.ts';
import { REASON_FUTURE, REASON_OVERLONG, REASONS } from '../parse/record-batch.ts';
import { runBackfill } from '../pipeline/backfill.ts';
import type { FileOrder } from '../pipeline/backfill/file-order.ts';
import { openBackfillFile } from '../source/finished/backfill-source.ts';
import { fileTrouble } from '../source/finished/file-trouble.ts';
import { printable } from '../text/printable.ts';
import { AccountBook, accountLines, isoOf, unparsedOf } from './backfill/account.ts';
import { findInputFiles, InputError, type InputFiles } from './backfill/input-files.ts';
import { type BackfillOutput, toTarget } from './backfill/output.ts';
import { ProgressBar } from './terminal/progress-bar.ts';

/**
 * `backfill FILE…`: every window of the files, written once. Touches no state: interrupted, it is
 * simply run again, since the same windows overwrite themselves.
 */
export interface BackfillArguments {
  /** `FILE`, `NAME=FILE`, or `-` for standard input. */
  readonly files: readonly string[];
  readonly stdout: boolean;
  /** The account as JSON on standard output. */
  readonly json?: boolean;
  /** Epoch seconds; only windows that begin at or after this. */
  readonly from?: number | undefined;
  /** Epoch seconds; only windows that begin before this. */
  readonly to?: number | undefined;
  /** The part of the lines that may be unparsed, from 0 to 1; 0.01. */
  readonly maxUnparsed?: number | undefined;
  /** How long a database that goes away is tried; 2 minutes. */
  readonly retryForMs?: number | undefined;
}

/** Those of the process, unless a test wants to see what is written. */
export interface StandardStreams {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin?: Readable;
  /** Aborts when the person at the terminal has seen enough. */
  readonly signal?: AbortSignal;
}

const MAX_UNPARSED = 0.01;
/** So few lines are stray ones, whatever part they are. */
const STRAY_LINES_MAX = 2;
const RETRY_FOR_MS = 120_000;
const PROBE_LIMIT_MS = 8_000;

/**
 * Resolves to the exit code: 0 well, 1 something could not be read or written, 2 wrong use. Results
 * go to stdout, everything for people to stderr.
 */
export async function backfillCommand(
  args: BackfillArguments,
  config: Config,
  streams: StandardStreams = process,
): Promise<number> {
  const clock = systemClock;
  const { stderr } = streams;
  const logger = await createLogger(stderr, {
    level: config.logLevel,
    pretty: config.logPretty,
    color: config.color,
  });
  const { notify, flush } = createNotifier(logger, clock);
  const fail = (code: number, message: string): number => {
    logger.fatal(printable(message));
    return code;
  };
  if (!args.stdout && config.influx === undefined) {
    return fail(2, 'There is nowhere to write to. Set INFLUX_URL and INFLUX_DB, or give --stdout.');
  }
  let input: InputFiles | undefined;
  try {
    const nginx = await readNginxLogs(config);
    const refusal = await askFirst(args, config, clock);
    if (refusal !== undefined) return fail(1, refusal);
    input = await findInputFiles(args.files, streams.stdin ?? process.stdin, streams.signal);
    for (const note of input.notes) logger.warn(note);
    const run = new Backfill({ args, config, streams, clock, notify, nginx, input });
    const { exitCode, problems } = await run.run();
    for (const problem of problems) logger.error(printable(problem));
    return exitCode;
  } catch (error) {
    if (error instanceof InputError) {
      for (const line of error.message.split('\n')) logger.fatal(line);
      return error.isUsage ? 2 : 1;
    }
    if (error instanceof NginxConfError) return fail(2, error.message);
    return fail(1, error instanceof Error ? error.message : String(error));
  } finally {
    input?.close();
    flush();
  }
}

/** Why the database would not take points; asked before the first line is read. */
async function askFirst(
  args: BackfillArguments,
  { influx }: Config,
  clock: Clock,
): Promise<string | undefined> {
  if (args.stdout || influx === undefined) return undefined;
  const { askDatabase } = await import('../app/ask-database.ts');
  const answer = await askDatabase(influx, clock, PROBE_LIMIT_MS);
  return answer.trouble === undefined ? undefined : `${answer.trouble} Nothing has been read.`;
}

interface Parts {
  readonly args: BackfillArguments;
  readonly config: Config;
  readonly streams: StandardStreams;
  readonly clock: Clock;
  readonly notify: Notify;
  readonly nginx: NginxLogs | undefined;
  readonly input: InputFiles;
}

class Backfill {
  readonly #parts: Parts;
  readonly #book = new AccountBook();
  readonly #problems: string[] = [];
  /** Aborts when the target is given up or the person has seen enough. */
  readonly #stop = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { signal } = parts.streams;
    if (signal?.aborted === true) this.#stop.abort();
    signal?.addEventListener('abort', () => this.#stop.abort(), { once: true });
  }

  async run(): Promise<{ exitCode: number; problems: readonly string[] }> {
    const { args, config, streams, clock, input } = this.#parts;
    const { stdout, stderr } = streams;
    const startedMs = clock.monotonicMs();
    const geoip = await openGeoip(config);
    const target = await this.#openTarget();
    const output = toTarget(target, {
      config,
      tags: { host: config.hostTag, extra: config.tags },
      clock,
      notify: this.#notify,
      retryForMs: args.retryForMs ?? RETRY_FOR_MS,
      stop: this.#stop,
    });
    // Each file is read twice.
    const progress = new ProgressBar(stderr, 2 * input.bytes, () => clock.monotonicMs());
    let logs: readonly LogWindows[] = [];
    try {
      logs = await this.#read(output, progress, geoip);
    } catch (error) {
      this.#stop.abort();
      this.#problems.push(error instanceof Error ? error.message : String(error));
    }
    await output.close();
    progress.close();
    const notes = this.#judge(output);
    const exitCode = this.#problems.length > 0 ? 1 : 0;
    const account = this.#book.close(logs, {
      points: output.points,
      rejectedPoints: output.rejectedPoints,
      target: args.stdout ? target.name : `${target.name} at ${target.address}`,
      seconds: (clock.monotonicMs() - startedMs) / 1000,
      writtenUntil: this.#stop.signal.aborted ? isoOf(output.writtenUntilS) : null,
      problems: this.#problems,
      exitCode,
    });
    if (args.json === true) stdout.write(`${JSON.stringify(account)}\n`);
    else
      stderr.write(
        `${accountLines(account)
          .map((line) => printable(line))
          .join('\n')}\n`,
      );
    for (const note of notes) stderr.write(`${printable(note)}\n`);
    return { exitCode, problems: this.#problems };
  }

  /** Lines are missing for good; what could be read is written all the same. */
  readonly #notify: Notify = (one) => {
    this.#parts.notify(one);
    if (levelOf(one) === 'error') this.#problems.push(one.message);
  };

  async #openTarget(): Promise<Target> {
    const { args, config, streams, clock } = this.#parts;
    if (args.stdout || config.influx === undefined) {
      return new FileTarget(streams.stdout, 'standard output');
    }
    // The HTTP client alone takes longer to load than a small log to read.
    const { openTarget } = await import('../app/open-target.ts');
    return openTarget(config.influx, clock, this.#notify);
  }

  #read(
    output: BackfillOutput,
    progress: ProgressBar,
    geoip: GeoipDatabase | undefined,
  ): Promise<readonly LogWindows[]> {
    const { args, config, clock, nginx, input } = this.#parts;
    const { maxLineBytes, logJsonKeys: jsonKeys } = config;
    const { from = -Infinity, to = Infinity } = args;
    const { scanner, records, requests, newWindows } = createStages(config, geoip);
    const { readBuffer } = scanner;
    const labels = new Map(input.files.map(({ path, label }) => [path, label]));
    return runBackfill({
      files: input.files,
      openFile: async ({ isFirst, ...part }) => {
        const label = labels.get(part.path);
        const notify: Notify = isFirst ? this.#notify : () => {};
        try {
          return await openBackfillFile({ ...part, label, readBuffer, maxLineBytes, notify });
        } catch (error) {
          throw new Error(await fileTrouble(part.path, error), { cause: error });
        }
      },
      newParser: (log, path, advises) => {
        const format = formatsOfFile(config, nginx, path);
        const parser = createParser({ format, scanner, jsonKeys });
        if (!advises) return parser;
        const client = clientVariable(config);
        const more = { setting: undefined, clientVariable: client, notify: this.#notify };
        return new AdvisedParser(parser, { log, ...more });
      },
      newWindows,
      records,
      requests,
      readBuffer,
      maxLineBytes,
      clock,
      write: (windows, dimensions) => {
        const isWanted = ({ startS }: { startS: number }) => startS >= from && startS < to;
        const selected = windows.filter(isWanted);
        this.#book.addWindows(windows, selected);
        return output.write(selected, dimensions.filter(isWanted));
      },
      onProgress: (bytes) => progress.add(bytes),
      onFileKnown: (file) => {
        this.#book.addFile(file);
        const doubt = doubtOf(file);
        if (doubt !== undefined) this.#notify(doubt);
      },
      signal: this.#stop.signal,
    });
  }

  /** Adds what makes the exit code 1. Returns what is to be said besides. */
  #judge(output: BackfillOutput): string[] {
    const { args, streams } = this.#parts;
    const { lines, unparsed, span } = this.#book;
    const limit = args.maxUnparsed ?? MAX_UNPARSED;
    const isFew = unparsed <= STRAY_LINES_MAX && unparsed < lines;
    if (!isFew && unparsed > limit * lines) {
      this.#problems.push(
        `${unparsed} of ${lines} lines cannot be read, which is more than --max-unparsed ${percent(limit)} allows. ` +
          '`nginx-meter check FILE` shows where they stop matching.',
      );
    }
    if (output.trouble !== undefined) {
      const time = formatDuration(args.retryForMs ?? RETRY_FOR_MS);
      this.#problems.push(`Nothing was taken for ${time}: ${output.trouble}. ${restText(output)}`);
    } else if (streams.signal?.aborted === true) {
      this.#problems.push(`Stopped before the end. ${restText(output)}`);
    }
    if (output.rejectedPoints > 0) {
      this.#problems.push(`${output.rejectedPoints} points were refused by the database for good.`);
    }
    if (lines === 0 && this.#problems.length === 0) {
      return ['Nothing is written: there was no line to read.'];
    }
    if (!this.#book.isNothingSelected) return [];
    return [
      `Nothing is written: no window begins in the time of --from and --to. The lines are of ` +
        `${isoOf(span.firstS)} to ${isoOf(span.lastS)}.`,
    ];
  }
}

/** What has arrived and what has not, and how to go on. */
function restText(output: BackfillOutput): string {
  const until = isoOf(output.writtenUntilS);
  if (until === null || output.points === 0) {
    return 'Nothing has been written. Give the same command again.';
  }
  return (
    `Every window before ${until} is written, the rest is not. The same command again writes all of ` +
    `them, and counts nothing twice; with --from ${until} it writes the rest alone.`
  );
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(4))}%`;
}

function unparsedDetails(reasons: Readonly<Float64Array>): Record<string, number> {
  const details: Record<string, number> = {};
  reasons.forEach((lines, reason) => {
    if (lines > 0) details[`unparsed_${REASONS[reason]}`] = lines;
  });
  return details;
}

/** Stray lines are in every log; when most are, it is the format that is wrong, or the file. */
function doubtOf({ label: path, lines, reasons }: FileOrder): Notice | undefined {
  const unparsed = unparsedOf(reasons);
  if (unparsed * 2 <= lines) return undefined;
  // Of these two kinds the form may be right.
  const others = (reasons[REASON_FUTURE] ?? 0) + (reasons[REASON_OVERLONG] ?? 0);
  const remedy = others * 2 > unparsed ? '' : 'Set LOG_FORMAT to the log_format of nginx.conf; ';
  return {
    code: 'file-unparsed',
    subject: path,
    message:
      `${unparsed} of the ${lines} lines of ${path} cannot be read and count as unparsed. ` +
      `${remedy}\`nginx-meter check ${path}\` shows where such lines stop matching.`,
    details: { lines, ...unparsedDetails(reasons) },
  };
}
