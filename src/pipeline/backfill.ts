import type { DueMode } from '../aggregate/time/due-windows.ts';
import { FUTURE_MAX_S, type LogWindows } from '../aggregate/log-windows.ts';
import type { SealedDimensions } from '../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../aggregate/sealed-window.ts';
import type { Clock } from '../clock.ts';
import type { LineBatch } from '../source/line-batch.ts';
import type { LineParser } from '../parse/line-parser.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import type { RequestStage } from '../request/request-stage.ts';
import { countRows } from './count-rows.ts';
import {
  type BackfillFile,
  type FileOrder,
  groupsOf,
  readFileOrder,
} from './backfill/file-order.ts';
import { SecondsSorter } from './backfill/line-order.ts';
import { OrderedLines } from './backfill/ordered-lines.ts';

/**
 * Files read from end to end, and every window of them handed over once, oldest first over all logs.
 *
 * Each file is read twice: first for the order of its lines, then second by second, across the files of
 * its log. So what is handed over is a function of the lines alone, whatever files they stand in and in
 * whatever order, and no line is late. Nothing here depends on the clock but what counts as the future.
 *
 * Several logs are read in step: the one whose lines are oldest goes on, so that windows come out in
 * the order of time while at most a batch of each log is held.
 */
export interface BackfillOptions {
  /** `log`: undefined for the name that the file has. */
  readonly files: readonly { readonly path: string; readonly log?: string | undefined }[];
  readonly openFile: (file: FilePart) => Promise<BackfillFile>;
  /** `advises`: whether it may say what the format of the log lacks. */
  readonly newParser: (log: string, path: string, advises: boolean) => LineParser;
  readonly newWindows: (log: string) => LogWindows;
  readonly records: RecordBatch;
  readonly requests: RequestStage | undefined;
  /** Where lines are read into. */
  readonly readBuffer: Uint8Array;
  /** The longest line; the buffer has room for it and for the lines of one second beside it. */
  readonly maxLineBytes: number;
  readonly clock: Clock;
  /** Windows, ascending, and dimension windows; all of later moments than those of earlier calls. */
  readonly write: (
    windows: readonly SealedWindow[],
    dimensions: readonly SealedDimensions[],
  ) => Promise<void>;
  /** Bytes that have been read; those of a file come twice, of one that has to be sorted three times. */
  readonly onProgress: (bytes: number) => void;
  /** A file has been read for the order of its lines; nothing has been handed over yet. */
  readonly onFileKnown: (file: FileOrder) => void;
  /** Of lines that have to be sorted, over all logs; 64 MiB. */
  readonly sortBytes?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

export interface FilePart {
  readonly path: string;
  readonly log?: string | undefined;
  readonly from?: number;
  readonly until?: number;
  /** It is read for the first time: what is wrong with it is said then. */
  readonly isFirst: boolean;
}

const SORT_BYTES = 64 * 1024 * 1024;

/** One log: its lines in order, and the windows sealed but not yet handed over. */
interface Lane {
  readonly log: string;
  readonly parser: LineParser;
  readonly windows: LogWindows;
  readonly lines: OrderedLines;
  readonly sorter: SecondsSorter;
  /** The lines of the newest second, which may not be all yet. */
  held: Uint8Array;
  /** The second of the last row that was counted. */
  lastS: number;
  ready: SealedWindow[];
  readyDimensions: SealedDimensions[];
  /** Every window and dimension window that begins before this has been sealed. */
  sealedUntilS: number;
}

/** Reads everything. Throws what opening or reading a file throws, and a TemporarySpaceError. */
export async function runBackfill(options: BackfillOptions): Promise<readonly LogWindows[]> {
  const lanes = await lanesOf(options);
  const unfinished = new Set(lanes);
  try {
    while (unfinished.size > 0) {
      const lane = oldest(unfinished);
      const mode = (await addNext(lane, options)) ? 'catching-up' : 'last';
      if (options.signal?.aborted === true) return [];
      if (mode === 'last') lane.windows.endInput();
      while (seal(lane, mode)) await handOver(lanes, unfinished, options);
      if (mode === 'last') unfinished.delete(lane);
      await handOver(lanes, unfinished, options);
    }
  } finally {
    for (const { lines } of lanes) await lines.close();
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
  const byLog = new Map<string, FileOrder[]>();
  for (const { path, log } of options.files) {
    const order = await orderOf({ path, log, isFirst: true }, options);
    options.onFileKnown(order);
    byLog.set(order.log, [...(byLog.get(order.log) ?? []), order]);
  }
  const sortBytes = Math.floor((options.sortBytes ?? SORT_BYTES) / Math.max(1, byLog.size));
  // One line at least has to have room.
  const memoryBytes = Math.max(sortBytes, 2 * options.readBuffer.length);
  return Array.from(byLog, ([log, files]) => newLane(log, files, memoryBytes, options));
}

async function orderOf(part: FilePart, options: BackfillOptions): Promise<FileOrder> {
  const { records, readBuffer: buffer, onProgress, signal } = options;
  const file = await options.openFile(part);
  try {
    const { path } = part;
    const parser = options.newParser(file.log, path, false);
    const latestS = latestOf(options);
    const rest = { records, buffer, latestS, onProgress, signal };
    return await readFileOrder({ path, file, parser, ...rest });
  } finally {
    await file.close();
  }
}

function latestOf({ clock }: BackfillOptions): number {
  return Math.floor(clock.now() / 1000) + FUTURE_MAX_S;
}

function newLane(
  log: string,
  files: readonly FileOrder[],
  memoryBytes: number,
  options: BackfillOptions,
): Lane {
  const { records, onProgress, signal } = options;
  const [path = ''] = files.map((file) => file.path);
  return {
    log,
    parser: options.newParser(log, path, true),
    windows: options.newWindows(log),
    lines: new OrderedLines({
      log,
      groups: groupsOf(files.flatMap(({ stretches }) => stretches)),
      openStretch: ({ path: file, from, until }) =>
        options.openFile({ path: file, log, from, until, isFirst: false }),
      newParser: () => options.newParser(log, path, false),
      records,
      latestS: () => latestOf(options),
      memoryBytes,
      onProgress,
      signal,
    }),
    sorter: new SecondsSorter(records.capacity),
    held: new Uint8Array(0),
    lastS: -1,
    ready: [],
    readyDimensions: [],
    sealedUntilS: -Infinity,
  };
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
async function addNext(lane: Lane, options: BackfillOptions): Promise<boolean> {
  const { readBuffer, maxLineBytes } = options;
  const { held } = lane;
  const batch = await lane.lines.next(readBuffer.subarray(held.length));
  const flags = {
    log: lane.log,
    path: lane.log,
    bytes: readBuffer,
    before: false,
    headLost: false,
  };
  const noLines = { overlongLines: 0, overlongBytes: 0 };
  if (batch === undefined) {
    if (held.length === 0) return false;
    readBuffer.set(held);
    lane.held = held.subarray(0, 0);
    addBatch(lane, { ...flags, ...noLines, start: 0, end: held.length }, options, 0);
    return true;
  }
  const { start, overlongLines, overlongBytes } = batch;
  const end = held.length + batch.end;
  readBuffer.set(held, start);
  // There has to be room for the longest line beside what is held.
  const heldMax = readBuffer.length - maxLineBytes - 1;
  const hasOverlong = overlongLines > 0 || overlongBytes > 0;
  if (hasOverlong) {
    // It stands after the lines that are held, which so are not held any longer.
    addBatch(lane, { ...flags, ...noLines, start, end: start + held.length }, options, 0);
    lane.windows.addOverlong(overlongLines, overlongBytes, true);
  }
  const from = hasOverlong ? start + held.length : start;
  const rest = addBatch(lane, { ...flags, ...noLines, start: from, end }, options, heldMax);
  lane.held = readBuffer.slice(rest, end);
  return true;
}

/**
 * Counts the lines of a batch, each second in the order of its lines, but for the last second if its
 * bytes are at most `heldMax`. Returns where that begins.
 */
function addBatch(lane: Lane, batch: LineBatch, options: BackfillOptions, heldMax: number): number {
  const { records, requests, clock } = options;
  const nowMs = clock.now();
  const latestS = latestOf(options);
  let from = batch.start;
  while (from < batch.end) {
    lane.parser.parse(batch, from, records);
    from = records.consumedTo;
    if (records.length === 0) continue;
    const row = lane.sorter.look(records, lane.lastS, latestS);
    const lastStart = records.lineStart[row] ?? 0;
    const isLast = records.consumedTo >= batch.end;
    if (isLast && batch.end - lastStart <= heldMax) {
      records.length = row;
      records.consumedTo = batch.end;
    } else if (!isLast && row > 0) {
      records.length = row;
      records.consumedTo = lastStart;
    }
    if (records.length > 0) {
      lane.lastS = lane.sorter.secondOf(records.length - 1);
      lane.sorter.sort(records, latestS);
      countRows(records, requests, lane.windows, nowMs, true);
    }
    from = records.consumedTo;
    if (isLast) return records.length === row ? lastStart : batch.end;
  }
  return batch.end;
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
