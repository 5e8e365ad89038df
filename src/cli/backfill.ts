import type { Writable } from 'node:stream';
import type { LogWindows } from '../aggregate/log-windows.ts';
import { AdvisedParser } from '../app/advised-parser.ts';
import { runBackfill } from '../pipeline/backfill.ts';
import type { FileOrder } from '../pipeline/backfill/file-order.ts';
import { clientVariable } from '../app/client-variable.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createStages } from '../app/stages.ts';
import { openGeoip, type GeoipDatabase } from '../geoip/geoip.ts';
import { openBackfillFile } from '../source/file/backfill-source.ts';
import { unreadableText } from '../source/file/path-inspection.ts';
import { FileTarget } from '../deliver/file/file-target.ts';
import type { Target } from '../deliver/target.ts';
import type { ProcessTags } from '../points/process-tags.ts';
import { createLogger } from '../notice/logger.ts';
import { createParser } from '../parse/parser.ts';
import { PARSED, REASON_FUTURE, REASON_OVERLONG, REASONS } from '../parse/record-batch.ts';
import { printable } from '../text/printable.ts';
import type { Notice, Notify } from '../notice/notice.ts';
import { createNotifier } from '../notice/notifier.ts';
import { type BackfillOutput, toTarget } from './backfill-output.ts';
import { findFiles } from './found-files.ts';
import { ProgressBar } from './terminal/progress-bar.ts';
import { levelOf } from '../notice/codes.ts';

/**
 * `backfill FILE… [--stdout] [--from TIME] [--to TIME]`: every window of the files, written once.
 * Touches no state: interrupted, it is simply run again, since the same windows overwrite themselves.
 */
type LineCounters = Readonly<LogWindows['counters']>;

export interface BackfillArguments {
  readonly files: readonly string[];
  readonly stdout: boolean;
  /** Epoch seconds; only windows that begin at or after this. */
  readonly from?: number | undefined;
  /** Epoch seconds; only windows that begin before this. */
  readonly to?: number | undefined;
}

/** Those of the process, unless a test wants to see what is written. */
export interface StandardStreams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Resolves to the exit code: 0 well, 1 something could not be read or written. Results go to stdout,
 * everything for people to stderr.
 */
export async function backfillCommand(
  args: BackfillArguments,
  config: Config,
  { stdout, stderr }: StandardStreams = process,
): Promise<number> {
  const clock = systemClock;
  const logger = await createLogger(stderr, {
    level: config.logLevel,
    pretty: config.logPretty,
    color: config.color,
  });
  const { notify, flush } = createNotifier(logger, clock);
  let isWhole = true;
  const noticeReading: Notify = (one) => {
    // Lines are missing for good; what could be read is written all the same.
    if (levelOf(one) === 'error') isWhole = false;
    notify(one);
  };
  const target = await openOutputTarget(
    config.influx,
    args.stdout ? stdout : undefined,
    clock,
    notify,
  );
  if (target === undefined) {
    logger.fatal('There is nowhere to write to. Set INFLUX_URL and INFLUX_DB, or give --stdout.');
    return 2;
  }
  const found = await findFiles(args.files, logger);
  if (found === undefined) return 1;
  const geoip = await openGeoip(config);
  const tags: ProcessTags = { host: config.hostTag, extra: config.tags };
  const output = toTarget(target, { config, tags, clock, notify });
  const progress = new ProgressBar(stderr, 2 * found.totalBytes, () => clock.monotonicMs());
  try {
    const parts = { notify: noticeReading, clock, output, progress, geoip };
    const logs = await readFiles({ ...args, files: found.paths }, config, parts);
    await output.close();
    progress.close();
    for (const windows of logs)
      logger.info(accountOf(windows.counters), `Read the log ${windows.log}.`);
    return isWhole && !isAllUnparsed(logs) ? 0 : 1;
  } catch (error) {
    progress.close();
    logger.fatal(messageOf(error));
    return 1;
  } finally {
    flush();
  }
}

async function readFiles(
  { files, from = -Infinity, to = Infinity }: BackfillArguments,
  config: Config,
  parts: {
    notify: Notify;
    clock: Clock;
    output: BackfillOutput;
    progress: ProgressBar;
    geoip: GeoipDatabase | undefined;
  },
): Promise<readonly LogWindows[]> {
  const { maxLineBytes, logFormat, logJsonKeys } = config;
  const { notify, clock, output, progress } = parts;
  const { scanner, records, requests, newWindows } = createStages(config, parts.geoip);
  const { readBuffer } = scanner;
  return runBackfill({
    files: files.map((path) => ({ path })),
    openFile: async ({ isFirst, ...part }) => {
      try {
        const say = isFirst ? notify : () => {};
        return await openBackfillFile({ ...part, readBuffer, maxLineBytes, notify: say });
      } catch (error) {
        throw new Error(unreadableText(part.path, error), { cause: error });
      }
    },
    newParser: (log, _path, advises) => {
      const parser = createParser({ format: logFormat, scanner, jsonKeys: logJsonKeys });
      if (!advises) return parser;
      const client = clientVariable(config);
      return new AdvisedParser(parser, { log, setting: undefined, clientVariable: client, notify });
    },
    newWindows,
    records,
    requests,
    readBuffer,
    maxLineBytes,
    clock,
    write: (windows, dimensions) => {
      const isWanted = ({ startS }: { startS: number }) => startS >= from && startS < to;
      return output.write(windows.filter(isWanted), dimensions.filter(isWanted));
    },
    onProgress: (bytes) => progress.add(bytes),
    onFileKnown: (file) => {
      const doubt = doubtOf(file);
      if (doubt !== undefined) notify(doubt);
    },
  });
}

/** The HTTP client alone takes longer to load than a small log to read, so it is loaded when needed. */
async function openOutputTarget(
  influx: Config['influx'],
  stdout: Writable | undefined,
  clock: Clock,
  notify: Notify,
): Promise<Target | undefined> {
  if (stdout !== undefined) return new FileTarget(stdout, 'standard output');
  if (influx === undefined) return undefined;
  return (await import('../app/open-target.ts')).openTarget(influx, clock, notify);
}

/** `lines = counted + unparsed + late + filtered`, with the reasons that occurred. */
function accountOf(counters: LineCounters): Record<string, number> {
  const { counted, late, filtered, reasons } = counters;
  return { lines: linesOf(counters), counted, late, filtered, ...unparsedBy(reasons) };
}

function unparsedBy(reasons: Readonly<Float64Array>): Record<string, number> {
  const unparsed: Record<string, number> = {};
  reasons.forEach((lines, reason) => {
    if (reason !== PARSED && lines > 0) unparsed[`unparsed_${REASONS[reason]}`] = lines;
  });
  return unparsed;
}

function linesOf(counters: LineCounters): number {
  return counters.counted + counters.late + counters.filtered + unparsedOf(counters);
}

function unparsedOf({ reasons }: Pick<LineCounters, 'reasons'>): number {
  return reasons.reduce((sum, lines) => sum + lines, 0);
}

/** There were lines, and the windows tell of none of them: what was asked for has not been done. */
function isAllUnparsed(logs: readonly LogWindows[]): boolean {
  const sum = (of: (counters: LineCounters) => number) =>
    logs.reduce((total, { counters }) => total + of(counters), 0);
  const lines = sum(linesOf);
  return lines > 0 && sum(unparsedOf) === lines;
}

/** Stray lines are in every log; when most are, it is the format that is wrong, or the file. */
function doubtOf({ path, lines, reasons }: FileOrder): Notice | undefined {
  const unparsed = unparsedOf({ reasons });
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
    details: { lines, ...unparsedBy(reasons) },
  };
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}
