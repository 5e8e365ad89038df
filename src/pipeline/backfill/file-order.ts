import type { LineParser } from '../../parse/line-parser.ts';
import {
  REASON_FUTURE,
  REASON_OVERLONG,
  REASONS,
  type RecordBatch,
} from '../../parse/record-batch.ts';
import type { LineBatch } from '../../source/line-batch.ts';
import { isTimed } from './line-order.ts';

/**
 * In which order the lines of a file stand: read once for their times alone, before anything is
 * counted. Files in the order of their times are then read as they are; others are sorted.
 */

/** Lines, and where they stand in the unpacked content. */
export interface PlacedLines extends LineBatch {
  readonly position: number;
}

export interface BackfillFile {
  readonly log: string;
  /** What a message calls it. */
  readonly path: string;
  /** Reading may begin anywhere at no cost. */
  readonly canSeek: boolean;
  /** Complete lines in `buffer`, then undefined. */
  next(buffer: Uint8Array): Promise<PlacedLines | undefined>;
  close(): Promise<void>;
}

/** A part of a file. */
export interface Stretch {
  readonly path: string;
  /** Content offsets. */
  readonly from: number;
  readonly until: number;
  /** Epoch seconds of its lines; Infinity and -Infinity where no line has a time. */
  readonly firstS: number;
  readonly lastS: number;
  /** By so many seconds a line is older than one before it: 0 where they are in order, else at most NEAR_S or Infinity. */
  readonly disorderS: number;
}

/** What a file holds, as far as its lines tell one by one. */
export interface FileOrder {
  readonly log: string;
  /** By which it is opened. */
  readonly path: string;
  /** What a message calls it. */
  readonly label: string;
  readonly stretches: readonly Stretch[];
  readonly lines: number;
  /** Lines by why they cannot be read; indexed like REASONS. */
  readonly reasons: Float64Array<ArrayBuffer>;
}

/** Lines that are out of order by so many seconds are put in order while they are read. */
const NEAR_S = 30;
/** A file that is joined of so many others is read by its parts; of more it is sorted. */
const STRETCHES_MAX = 256;

export interface FileOrderOptions {
  readonly path: string;
  readonly file: BackfillFile;
  readonly parser: LineParser;
  readonly records: RecordBatch;
  readonly buffer: Uint8Array;
  /** Epoch seconds; a later time is refused. */
  readonly latestS: number;
  readonly onProgress: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export async function readFileOrder(options: FileOrderOptions): Promise<FileOrder> {
  const { path, file, parser, records, buffer, latestS, onProgress, signal } = options;
  const course = new Course(path);
  const reasons = new Float64Array(REASONS.length);
  let lines = 0;
  const count = (reason: number, more: number) => {
    reasons[reason] = (reasons[reason] ?? 0) + more;
  };
  while (signal?.aborted !== true) {
    const batch = await file.next(buffer);
    if (batch === undefined) break;
    lines += batch.overlongLines;
    count(REASON_OVERLONG, batch.overlongLines);
    for (let from = batch.start; from < batch.end; from = records.consumedTo) {
      parser.parse(batch, from, records);
      lines += records.length;
      for (let row = 0; row < records.length; row++) {
        if (isTimed(records, row, latestS)) {
          const at = batch.position + (records.lineStart[row] ?? 0) - batch.start;
          course.add(records.timeS[row] ?? 0, at);
        } else {
          const reason = records.reason[row] ?? 0;
          count(reason === 0 ? REASON_FUTURE : reason, 1);
        }
      }
    }
    onProgress(batch.end - batch.start);
  }
  const { log, path: label, canSeek } = file;
  return { log, path, label, stretches: course.stretches(canSeek), lines, reasons };
}

/** The stretches of a file, as its lines come. */
class Course {
  readonly #path: string;
  readonly #done: Stretch[] = [];
  #from = 0;
  #firstS = Infinity;
  #lastS = -Infinity;
  /** Over all. */
  #leastS = Infinity;
  #greatestS = -Infinity;
  /** Of the stretch that is going on. */
  #disorderS = 0;
  #isMixed = false;

  constructor(path: string) {
    this.#path = path;
  }

  add(second: number, at: number): void {
    if (second < this.#lastS - NEAR_S) {
      if (this.#done.length === STRETCHES_MAX) this.#isMixed = true;
      else this.#close(at);
      this.#firstS = second;
      this.#lastS = second;
    } else if (second < this.#lastS) {
      this.#disorderS = Math.max(this.#disorderS, this.#lastS - second);
    }
    if (second < this.#firstS) this.#firstS = second;
    if (second > this.#lastS) this.#lastS = second;
    if (second < this.#leastS) this.#leastS = second;
    if (second > this.#greatestS) this.#greatestS = second;
  }

  #close(at: number): void {
    const [path, firstS, lastS] = [this.#path, this.#firstS, this.#lastS];
    const disorderS = this.#disorderS;
    this.#done.push({ path, from: this.#from, until: at, firstS, lastS, disorderS });
    this.#from = at;
    this.#disorderS = 0;
  }

  stretches(canSeek: boolean): Stretch[] {
    if (!this.#isMixed && (canSeek || this.#done.length === 0)) {
      this.#close(Infinity);
      return this.#done;
    }
    const [path, firstS, lastS] = [this.#path, this.#leastS, this.#greatestS];
    return [{ path, from: 0, until: Infinity, firstS, lastS, disorderS: Infinity }];
  }
}

/**
 * Stretches in the order of their times: those whose times overlap are one group, whose lines have to
 * be sorted; what stands alone and in order does not.
 */
export function groupsOf(stretches: readonly Stretch[]): Stretch[][] {
  const groups: Stretch[][] = [];
  let untilS = -Infinity;
  for (const stretch of stretches.toSorted((a, b) => a.firstS - b.firstS || a.lastS - b.lastS)) {
    const group = groups.at(-1);
    if (group !== undefined && stretch.firstS < untilS) group.push(stretch);
    else groups.push([stretch]);
    untilS = Math.max(untilS, stretch.lastS);
  }
  return groups;
}
