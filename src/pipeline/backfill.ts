import type { DueMode } from '../aggregate/time/due-windows.ts';
import type { LogWindows } from '../aggregate/log-windows.ts';
import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import type { Clock } from '../clock.ts';
import type { LineBatch } from '../source/line-batch.ts';
import type { LineParser } from '../parse/line-parser.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import type { RequestStage } from '../request/request-stage.ts';
import { countRows } from './count-rows.ts';

/**
 * Files read from end to end, and every window of them handed over once, oldest first over all logs.
 *
 * Files of one log follow each other by their first timestamp. Several logs are read in step: the
 * one whose lines are oldest goes on, so that windows come out in the order of time while at most a
 * batch of each log is held. Nothing here depends on the clock but what counts as the future, so the
 * same files give the same windows on every run.
 */
export interface BackfillFile {
  readonly log: string;
  readonly path: string;
  /** Complete lines, then undefined. Bytes are borrowed until the next call on any file. */
  next(): Promise<LineBatch | undefined>;
  close(): Promise<void>;
}

export interface BackfillOptions {
  readonly paths: readonly string[];
  readonly openFile: (path: string) => Promise<BackfillFile>;
  /** For a log, or (undefined) to look for the first timestamp of a file. */
  readonly newParser: (log?: string) => LineParser;
  readonly newWindows: (log: string) => LogWindows;
  readonly records: RecordBatch;
  readonly requests: RequestStage | undefined;
  readonly clock: Clock;
  /** Windows, ascending, and dimension windows; all of later moments than those of earlier calls. */
  readonly write: (
    windows: readonly SealedWindow[],
    dimensions: readonly SealedDimensions[],
  ) => Promise<void>;
  readonly onProgress: (path: string, bytes: number) => void;
  /** A file has been read to its end, and this is what became of its lines. */
  readonly onFileRead: (path: string, counters: LineCounters) => void;
}

export type LineCounters = Readonly<LogWindows['counters']>;

/** One log: its files in order, and the windows sealed but not yet handed over. */
interface Lane {
  readonly parser: LineParser;
  readonly windows: LogWindows;
  readonly paths: string[];
  file: BackfillFile | undefined;
  /** The log's counters when `file` was opened. */
  before: LineCounters;
  ready: SealedWindow[];
  readyDimensions: SealedDimensions[];
  /** Every window and dimension window that begins before this has been sealed. */
  sealedUntilS: number;
}

/** Reads everything. Throws what opening or reading a file throws. */
export async function runBackfill(options: BackfillOptions): Promise<readonly LogWindows[]> {
  const lanes = await lanesOf(options);
  const unfinished = new Set(lanes);
  while (unfinished.size > 0) {
    const lane = oldest(unfinished);
    const mode = (await readBatch(lane, options)) ? 'catching-up' : 'last';
    if (mode === 'last') lane.windows.endInput();
    while (seal(lane, mode)) await handOver(lanes, unfinished, options);
    if (mode === 'last') unfinished.delete(lane);
    await handOver(lanes, unfinished, options);
  }
  return lanes.map((lane) => lane.windows);
}

/**
 * Takes a portion of what is due by the log's own time; the clock has no say in what was written long
 * ago. False when nothing is due.
 */
function seal(lane: Lane, mode: DueMode): boolean {
  const windows = lane.windows.takeDue(mode, (lane.windows.newestS ?? 0) * 1000);
  lane.ready.push(...windows);
  lane.readyDimensions.push(...lane.windows.takeDimensions(mode));
  const newestS = lane.ready.at(-1)?.startS;
  if (newestS !== undefined) {
    lane.sealedUntilS = Math.min(newestS + 1, lane.windows.dimensionsTakenUntilS(mode));
  }
  return windows.length > 0;
}

async function lanesOf(options: BackfillOptions): Promise<Lane[]> {
  const files: { log: string; path: string; firstS: number }[] = [];
  for (const path of options.paths) files.push({ path, ...(await firstTime(path, options)) });
  files.sort((a, b) => a.firstS - b.firstS);
  const lanes = new Map<string, Lane>();
  for (const { log, path } of files) {
    const lane = lanes.get(log) ?? newLane(log, options);
    lane.paths.push(path);
    lanes.set(log, lane);
  }
  return [...lanes.values()];
}

function newLane(log: string, { newParser, newWindows }: BackfillOptions): Lane {
  const windows = newWindows(log);
  return {
    parser: newParser(log),
    windows,
    paths: [],
    file: undefined,
    before: windows.counters,
    ready: [],
    readyDimensions: [],
    sealedUntilS: -Infinity,
  };
}

/**
 * The first timestamp of a file; a file without one sorts last, in the order given. A file that is
 * alone need not be read for it.
 */
async function firstTime(
  path: string,
  { paths, openFile, newParser, records }: BackfillOptions,
): Promise<{ log: string; firstS: number }> {
  const file = await openFile(path);
  try {
    if (paths.length === 1) return { log: file.log, firstS: Infinity };
    const parser = newParser();
    for (let batch = await file.next(); batch !== undefined; batch = await file.next()) {
      let from = batch.start;
      while (from < batch.end) {
        parser.parse(batch, from, records);
        const at = records.reason.subarray(0, records.length).indexOf(0);
        if (at !== -1) return { log: file.log, firstS: records.timeS[at] ?? Infinity };
        from = records.consumedTo;
      }
    }
    return { log: file.log, firstS: Infinity };
  } finally {
    await file.close();
  }
}

function oldest(lanes: Iterable<Lane>): Lane {
  let found: Lane | undefined;
  let foundS = Infinity;
  for (const lane of lanes) {
    const newestS = lane.windows.newestS ?? -Infinity;
    if (found === undefined || newestS < foundS) [found, foundS] = [lane, newestS];
  }
  if (found === undefined) throw new Error('no lane is left');
  return found;
}

/** Adds the next batch of the log; false when it has no more. */
async function readBatch(lane: Lane, options: BackfillOptions): Promise<boolean> {
  for (;;) {
    if (lane.file === undefined) {
      const path = lane.paths.shift();
      if (path === undefined) return false;
      lane.file = await options.openFile(path);
      const { counters } = lane.windows;
      lane.before = { ...counters, reasons: counters.reasons.slice() };
    }
    const batch = await lane.file.next();
    if (batch !== undefined) {
      addBatch(lane, batch, options);
      options.onProgress(batch.path, batch.end - batch.start);
      return true;
    }
    options.onFileRead(lane.file.path, countedSince(lane.before, lane.windows.counters));
    await lane.file.close();
    lane.file = undefined;
  }
}

function countedSince(before: LineCounters, now: LineCounters): LineCounters {
  return {
    counted: now.counted - before.counted,
    late: now.late - before.late,
    filtered: now.filtered - before.filtered,
    reasons: now.reasons.map((lines, reason) => lines - (before.reasons[reason] ?? 0)),
  };
}

function addBatch(
  lane: Lane,
  batch: LineBatch,
  { records, requests, clock }: BackfillOptions,
): void {
  const nowMs = clock.now();
  lane.windows.addOverlong(batch.overlongLines, batch.overlongBytes, true);
  let from = batch.start;
  while (from < batch.end) {
    lane.parser.parse(batch, from, records);
    countRows(records, requests, lane.windows, nowMs, true);
    from = records.consumedTo;
  }
}

/** Windows that no unfinished log can still precede. */
async function handOver(
  lanes: readonly Lane[],
  unfinished: ReadonlySet<Lane>,
  { write }: BackfillOptions,
): Promise<void> {
  let untilS = Infinity;
  for (const lane of unfinished) untilS = Math.min(untilS, lane.sealedUntilS);
  const windows = lanes.flatMap(({ ready }) => takeBefore(ready, untilS));
  const dimensions = lanes.flatMap(({ readyDimensions }) => takeBefore(readyDimensions, untilS));
  windows.sort((a, b) => a.startS - b.startS);
  if (windows.length + dimensions.length > 0) await write(windows, dimensions);
}

/** Takes off what begins before `untilS`; `sealed` is ascending. */
function takeBefore<T extends { readonly startS: number }>(sealed: T[], untilS: number): T[] {
  const end = sealed.findIndex(({ startS }) => startS >= untilS);
  return sealed.splice(0, end === -1 ? sealed.length : end);
}
