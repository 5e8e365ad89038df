import type { LineBatch } from './line-batch.ts';

/** What of a log has not been read, and what happened to its files; for the points and for `/metrics`. */
export interface LogStatus {
  readonly log: string;
  /** Path as configured or as found by the glob. */
  readonly path: string;
  /** Bytes on disk beyond the position, over all of its files. */
  readonly unreadBytes: number;
  /** True once everything that was there at the last look has been handed out. */
  readonly caughtUp: boolean;
  /** Since the start of the process. */
  readonly rotations: number;
  readonly truncations: number;
  /** Why it cannot be read at the moment; absent when all is well. For `/readyz`. */
  readonly trouble?: string;
  /** The trouble is only that no file stands at the path: what its rotated files hold is read all the same. */
  readonly isAbsent?: boolean;
}

/** A folder of logs that cannot be read at the moment, and why; for `/readyz`. */
export interface FolderTrouble {
  readonly folder: string;
  readonly trouble: string;
}

/**
 * How a receiver of lines is doing that nobody can ask for again: counts since the start of the
 * process. Messages that were malformed, had no room or were dropped by the system are lost.
 */
export interface ReceiverStatus {
  /** Where it listens, as configured: `syslog://0.0.0.0:5514`. */
  readonly address: string;
  /** Messages taken in, lost ones not included. */
  readonly messages: number;
  readonly malformed: number;
  /** They found no room, because lines came faster than they were read. */
  readonly overflowed: number;
  /** Datagrams that the system dropped because its receive buffer was full, where it tells. */
  readonly dropped: number;
  /** Why it does not listen at the moment; absent when all is well. */
  readonly trouble?: string;
}

/**
 * How far everything has been read, by kind of source, as JSON. A kind knows the form of its own
 * positions; whoever stores them does not.
 */
export interface SourcePositions {
  readonly file?: unknown;
  readonly syslog?: unknown;
  readonly [kind: string]: unknown;
}

/**
 * Where lines come from. Pull only: nothing is read before `next()` asks for it.
 *
 * `C` is the checkpoint of the source, a JSON value: the positions of all bytes that `next()` has
 * handed out, current batch included. Take it only when the batch has been dealt with.
 */
export interface LineSource<C = unknown> {
  /**
   * The next complete lines, or `undefined` when all there is has been read. Bytes are borrowed until
   * the next call. `newestOf` tells the event time (epoch seconds) up to which the file of a
   * LogStatus's `path` has been read: of several files that feed one log the one furthest behind is
   * read first.
   *
   * `undefined` means that everything has been looked at since `sinceMs` (monotonic) and nothing was
   * there. Without it everything is looked at with care within the call; with -Infinity only what is due.
   */
  next(newestOf?: (path: string) => number, sinceMs?: number): Promise<LineBatch | undefined>;
  /** Resolves when there may be something new, after `maxMs`, or when `signal` aborts. */
  wait(maxMs: number, signal: AbortSignal): Promise<void>;
  checkpoint(): C;
  /**
   * There are logs that have no position in any checkpoint. They are not read before `checkpoint()` was
   * called, so that a kill in the first seconds does not forget where reading began.
   */
  readonly wantsCheckpoint?: boolean;
  status(): readonly LogStatus[];
  /** Folders in which there are logs that cannot be found; absent where no files are looked for. */
  folders?(): readonly FolderTrouble[];
  /** Absent where everything is read from files. */
  receivers?(): readonly ReceiverStatus[];
  /** True once nothing can come any more: the input has ended, and there is no other. */
  readonly hasEnded?: boolean;
  close(): Promise<void>;
}
