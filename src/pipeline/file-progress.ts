import type { LogStatus } from '../source/line-source.ts';
import { PARSED, type RecordBatch } from '../parse/record-batch.ts';

/**
 * How far the files that feed one log have come in event time. A glob with a name makes one log of
 * several files; while one of them lies behind, its lines must not be late because another was read
 * first. So the file furthest behind is read first, and it holds the watermark back.
 *
 * Owns one entry per file of a log that has several. Nothing of it is saved: after a start a file
 * holds the watermark back until it has been read from or has nothing to read.
 */
interface Progress {
  readonly log: string;
  /** Event time of the last record read; -Infinity before the first. */
  newestS: number;
  /** Nothing to wait for: read to its end, or it cannot be read. */
  isDone: boolean;
}

export class FileProgress {
  #byPath = new Map<string, Progress>();
  #known = new Set<string>();

  /** Whether `sync` was told of the file. */
  knows(path: string): boolean {
    return this.#known.has(path);
  }

  /** Takes up which files there are, and which of them have more to read. */
  sync(statuses: readonly LogStatus[]): void {
    const files = new Map<string, number>();
    for (const { log } of statuses) files.set(log, (files.get(log) ?? 0) + 1);
    const before = this.#byPath;
    this.#byPath = new Map();
    this.#known = new Set(statuses.map(({ path }) => path));
    for (const { log, path, caughtUp, trouble } of statuses) {
      if ((files.get(log) ?? 0) < 2) continue;
      const newestS = before.get(path)?.newestS ?? -Infinity;
      this.#byPath.set(path, { log, newestS, isDone: caughtUp || trouble !== undefined });
    }
  }

  /** Notes records of a file; true if its log has several. */
  note(path: string, records: RecordBatch): boolean {
    const file = this.#byPath.get(path);
    if (file === undefined) return false;
    file.isDone = false;
    for (let i = records.length - 1; i >= 0; i--) {
      if (records.reason[i] !== PARSED) continue;
      file.newestS = Math.max(file.newestS, records.timeS[i] ?? 0);
      break;
    }
    return true;
  }

  /** Event time up to which a file has been read, epoch seconds; -Infinity if it has not. */
  readonly newestOf = (path: string): number => this.#byPath.get(path)?.newestS ?? -Infinity;

  /** Event time up to which all files of the log have been read that have more; Infinity if none has. */
  limitOf(log: string): number {
    let limitS = Infinity;
    for (const file of this.#byPath.values()) {
      if (file.log === log && !file.isDone) limitS = Math.min(limitS, file.newestS);
    }
    return limitS;
  }
}
