import type { FolderTrouble, LogStatus, ReceiverStatus } from '../source/line-source.ts';
import type { CommittedTraffic } from '../aggregate/committed-traffic.ts';
import type { Reason } from '../parse/record-batch.ts';

/**
 * How the meter is doing, as plain numbers of one moment: what `/readyz`, `/metrics` and the live
 * summary show. Counters count since the start of the process. Taking a snapshot is cheap and
 * changes nothing, so anybody may take one at any time.
 */
export interface MeterStatus {
  readonly version: string;
  /** Wall clock of the snapshot, epoch milliseconds. */
  readonly nowMs: number;
  readonly uptimeMs: number;
  /** Since the loop began its last turn, by the monotonic clock. */
  readonly sinceTurnMs: number;
  /** One entry per file followed, see byLog; empty while none has been found. */
  readonly logs: readonly LogFigures[];
  /** By log, what the last checkpoint says of the traffic. */
  readonly traffic: readonly CommittedTraffic[];
  /** Folders whose logs cannot be found; mostly empty. */
  readonly folders: readonly FolderTrouble[];
  /** What receives lines instead of reading them from files; mostly empty. */
  readonly receivers: readonly ReceiverStatus[];
  readonly spool: SpoolFigures;
  /** Undefined: no INFLUX_URL, the points stay in the spool. */
  readonly writer: WriterFigures | undefined;
  /** Why STATE_DIR cannot be written; undefined when all is well. A sentence without its full stop. */
  readonly stateTrouble: string | undefined;
  readonly process: ProcessFigures;
}

/** `lines = counted + unparsed + late + filtered`, the sum over the reasons for `unparsed`. */
export interface LogFigures extends LogStatus {
  /** See LineParser. */
  readonly formatName: string;
  readonly lines: number;
  readonly counted: number;
  readonly unparsed: Readonly<Partial<Record<Reason, number>>>;
  readonly late: number;
  readonly filtered: number;
  /** Bytes of the lines read. */
  readonly bytes: number;
  readonly windowsOpen: number;
  /** Epoch milliseconds; undefined before the first readable line. */
  readonly watermarkMs: number | undefined;
  /** How far the newest line lay behind the clock when it was read. */
  readonly lagMs: number;
  /** Distinct sites in the open windows. */
  readonly series: number;
  /** Lines whose site was added up as `other`. */
  readonly folded: number;
  /** While no line fits the log format: what the lines look like, `x` for letters and `9` for digits. */
  readonly unparsedLike: string | undefined;
  /** A line that did not fit, made safe to print: for those who may see the traffic. */
  readonly unparsedExample: { readonly reason: string; readonly example: string } | undefined;
}

export interface SpoolFigures {
  readonly bytes: number;
  readonly maxBytes: number;
  /** Batches that were not sent yet. */
  readonly records: number;
  /** Points that made room for newer ones, as the oldest do without a database. */
  readonly droppedPoints: number;
  /** Points of segments that were found damaged or gone. */
  readonly lostPoints: number;
  /** Age of the oldest point that was not sent yet; 0 when there is none. */
  readonly ageMs: number;
  /** True while reading has stopped because of it. */
  readonly isFull: boolean;
}

/** What became of a request to the database; a closed list, for labels. */
export const WRITE_OUTCOMES = ['written', 'rejected', 'retry', 'split', 'blocked'] as const;
export type WriteOutcomeName = (typeof WRITE_OUTCOMES)[number];

/** Why points were refused; a closed list, for labels. */
export const REJECTED_BY = [
  'retention',
  'write-window',
  'conflict',
  'unparsable',
  'limit',
  'other',
] as const;
export type RejectedBy = (typeof REJECTED_BY)[number];

export interface WriterFigures {
  /** URL without credentials. */
  readonly target: string;
  /** `retrying`: will recover by itself; `blocked`: a setting or the database needs a person. */
  /** The database has taken something since the start, or has said that it would. */
  readonly isProven: boolean;
  readonly state: 'idle' | 'sending' | 'retrying' | 'blocked';
  /** Epoch milliseconds since when it has been retrying or blocked. */
  readonly sinceMs: number | undefined;
  /** Why it is retrying or blocked; a sentence without its full stop. */
  readonly reason: string | undefined;
  /** Requests by outcome. */
  readonly requests: Readonly<Record<WriteOutcomeName, number>>;
  readonly points: number;
  readonly rejectedPoints: number;
  /** The same by why they were refused. */
  readonly rejectedBy: Readonly<Record<RejectedBy, number>>;
  /** Duration of the last request that was acknowledged. */
  readonly writeMs: number;
}

export interface ProcessFigures {
  readonly rssBytes: number;
  /** User and system time. */
  readonly cpuMs: number;
}

/** Whoever shows the status asks for it by this. */
export type StatusSnapshot = () => MeterStatus;
