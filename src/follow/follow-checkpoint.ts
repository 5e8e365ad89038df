/**
 * What the follow stage has to remember over a restart, as plain JSON: for every path the files that
 * were seen there, and how far each has been read.
 */
import type { HeadFingerprint, TailFingerprint } from './fingerprint.ts';

export interface GenerationCheckpoint {
  readonly device: string;
  readonly inode: string;
  /** Where it was last seen. */
  readonly path: string;
  readonly isGzip: boolean;
  readonly head: HeadFingerprint;
  readonly tail: TailFingerprint;
  /** Content offset of the first byte that has not been handed out. */
  readonly position: number;
  readonly isInOverlong: boolean;
  /** Bytes on disk and epoch milliseconds of the last write, when last looked at. */
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly isDone: boolean;
  readonly beforeUntil: number;
}

export interface LogCheckpoint {
  readonly path: string;
  readonly log: string;
  /** Oldest first. All that are not done, and the newest done ones. */
  readonly generations: readonly GenerationCheckpoint[];
  /** A rotation had been noticed, and not all of its files may have been found yet. */
  readonly isSettling: boolean;
  /** The next batch has to say that the beginning of the log was rotated away. */
  readonly isHeadLost: boolean;
}

export interface FollowCheckpoint {
  readonly logs: readonly LogCheckpoint[];
}
