/**
 * What the follow stage has to remember over a restart, as plain JSON: for every path the files that
 * were seen there, and how far each has been read.
 */
import type { HeadFingerprint, TailFingerprint } from '../disk/fingerprint.ts';

export interface GenerationCheckpoint {
  readonly device: string;
  readonly inode: string;
  /** Where it was last seen. */
  readonly path: string;
  readonly isGzip: boolean;
  readonly head: HeadFingerprint;
  /** Of the bytes before the position. */
  readonly tail: TailFingerprint;
  /** Content offset of the first byte that has not been handed out. */
  readonly position: number;
  readonly isInOverlong: boolean;
  /** Bytes on disk and epoch milliseconds of the last write, when last looked at. */
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly isDone: boolean;
  readonly isDisplaced: boolean;
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
  /** See Generations.settledMs. */
  readonly settledMs?: number;
  /** Files that have been read and are no longer among the generations; see ReadFiles. */
  readonly read?: readonly string[];
  /** Names of files beside the log that do not belong to it; see Generations.bystanders. */
  readonly bystanders?: readonly string[];
}

export interface FollowCheckpoint {
  readonly logs: readonly LogCheckpoint[];
}

/** A value of the type that each key must have. */
type Form = Readonly<Record<string, string | number | boolean>>;

const HEAD: Form = { length: 0, sha256: '', steps: '' };
const TAIL: Form = { length: 0, sha256: '' };
const LOG: Form = { path: '', log: '', isSettling: false, isHeadLost: false };
const FILE: Form = { device: '', inode: '', path: '', isGzip: false, sizeBytes: 0, mtimeMs: 0 };
const PLACE: Form = {
  position: 0,
  isInOverlong: false,
  isDone: false,
  isDisplaced: false,
  beforeUntil: 0,
};

/** The checkpoint out of a file; undefined when it has another form. */
export function readFollowCheckpoint(value: unknown): FollowCheckpoint | undefined {
  return isCheckpoint(value) ? value : undefined;
}

function isCheckpoint(value: unknown): value is FollowCheckpoint {
  return isRecord(value) && Array.isArray(value['logs']) && value['logs'].every(isLog);
}

function isLog(value: unknown): boolean {
  if (!isRecord(value) || !hasForm(value, LOG)) return false;
  const { generations } = value;
  return Array.isArray(generations) && generations.every(isGeneration);
}

function isGeneration(value: unknown): boolean {
  if (!isRecord(value) || !hasForm(value, FILE)) return false;
  if (!hasForm(value, PLACE)) return false;
  return hasForm(value['head'], HEAD) && hasForm(value['tail'], TAIL);
}

function hasForm(value: unknown, form: Form): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(form).every(([key, example]) => typeof value[key] === typeof example);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
