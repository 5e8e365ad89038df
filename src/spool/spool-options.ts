/** What a spool is given, and what it counts; spool.ts says what they mean for it. */
import type { Clock } from '../clock.ts';
import type { Notify } from '../notice/notice.ts';
import type { KillPoint } from '../state/kill-point.ts';
import type { Damage } from './segment.ts';
import type { SpoolFileSystem } from './spool-file-system.ts';

const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
const SEGMENT_BYTES_MIN = 64 * 1024;
/** What may wait in memory while the disk is in trouble. */
export const MEMORY_BYTES_MAX = 8 * 1024 * 1024;

export interface SpoolOptions {
  readonly dir: string;
  /** Bound of the segments on disk. */
  readonly maxBytes: number;
  /** Bound of what waits in memory while the disk is in trouble; 8 MiB. */
  readonly memoryMaxBytes?: number;
  /** From the checkpoint; later records are cut off. Undefined without one: all intact records count. */
  readonly committedSeq: number | undefined;
  /** From the checkpoint; earlier records of a kept segment are not sent again. */
  readonly ackedSeq?: number | undefined;
  readonly whenFull: 'stop' | 'drop-oldest';
  readonly clock: Clock;
  readonly notify: Notify;
  /**
   * Records that belong to the checkpoint are found to be gone. Awaited before anything changes on
   * disk: the checkpoint must be forgotten durably first, else a crash would leave it standing
   * beside a spool that lacks them without a trace.
   */
  readonly beforeLoss?: () => Promise<void>;
  /** Records were found damaged while they were drained: the log must be read again. */
  readonly onDamage?: (damage: Damage) => void;
  readonly fileSystem?: SpoolFileSystem;
  readonly killPoint?: KillPoint | undefined;
}

/** Since the start of the process. */
export interface SpoolCounters {
  appendedRecords: number;
  appendedPoints: number;
  droppedRecords: number;
  droppedPoints: number;
  /** Segments set aside or gone, and what was in them. */
  damagedSegments: number;
  lostPoints: number;
  /** Records of an earlier run that did not belong to its checkpoint. */
  cutRecords: number;
}

export function zeroCounters(): SpoolCounters {
  return {
    appendedRecords: 0,
    appendedPoints: 0,
    droppedRecords: 0,
    droppedPoints: 0,
    damagedSegments: 0,
    lostPoints: 0,
    cutRecords: 0,
  };
}

/** A fraction of the whole, so that deleting or dropping one segment frees room in small steps. */
export function segmentBytesMax(spoolMaxBytes: number): number {
  return Math.min(Math.max(Math.floor(spoolMaxBytes / 8), SEGMENT_BYTES_MIN), SEGMENT_BYTES_MAX);
}
