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
}

/**
 * Where lines come from. Pull only: nothing is read before `next()` asks for it.
 *
 * `C` is the checkpoint of the source, a JSON value: the positions of all bytes that `next()` has
 * handed out, current batch included. Take it only when the batch has been dealt with.
 */
export interface LineSource<C = unknown> {
  /** The next complete lines, or `undefined` when all there is has been read. Bytes are borrowed until the next call. */
  next(): Promise<LineBatch | undefined>;
  /** Resolves when there may be something new, after `maxMs`, or when `signal` aborts. */
  wait(maxMs: number, signal: AbortSignal): Promise<void>;
  checkpoint(): C;
  status(): readonly LogStatus[];
  close(): Promise<void>;
}
