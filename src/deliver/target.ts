/**
 * The seam to whatever takes the points. The spool and the writer know bytes, points and outcomes;
 * how a point looks and how it is sent is known to the target alone.
 *
 * The spool outlives the process, so a target must understand the bytes that its predecessor encoded:
 * another form of bytes needs an empty spool.
 */
import type { PointGroup } from '../points/point-sink.ts';

/** What goes into one request. */
export interface PointBatch {
  /** Borrowed until the next batch is asked for. */
  readonly bytes: Uint8Array;
  readonly points: number;
}

/** How points become bytes, and bytes the points again. */
export interface Encoding {
  /** All points in order, in batches that fit a request. Memory stays that of about one batch. */
  encode(groups: Iterable<PointGroup>): Iterable<PointBatch>;
  /** The bytes of each point of a batch; laid end to end, any of them are a batch again. */
  split(bytes: Uint8Array): readonly Uint8Array[];
}

export interface Target extends Encoding {
  /** What a person calls it: `InfluxDB`. */
  readonly name: string;
  /** Where it is, as it may be shown: without credentials. */
  readonly address: string;
  /**
   * Sends the gzipped bytes of a batch. Never rejects, and ends within a deadline of its own.
   * `signal` gives the request up.
   */
  send(payload: Uint8Array, signal: AbortSignal): Promise<SendOutcome>;
  /**
   * Asks without points whether they would be taken; absent where there is nobody to ask. `written`
   * means yes.
   */
  probe?(signal: AbortSignal): Promise<ProbeOutcome>;
  close(): Promise<void>;
}

/** A question without points was answered: all is well, or what is to be looked at. */
export type ProbeOutcome = Extract<SendOutcome, { kind: 'written' | 'retry' | 'blocked' }>;

/** What became of a request. */
export type SendOutcome =
  | { readonly kind: 'written' }
  /** It will pass. `afterMs` is what the server asked for. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Too large in one piece. */
  | { readonly kind: 'split'; readonly reason: string }
  | RejectedOutcome
  /** An operator is needed; everything is kept. `remedy` names the setting to look at. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly remedy: string };

/** The target will never take some of the points. */
export interface RejectedOutcome {
  readonly kind: 'rejected';
  readonly reason: string;
  /** True when the other points of the request are written. */
  readonly isRestWritten: boolean;
  readonly cause: RejectionCause;
  /** How many, where the reply tells. */
  readonly points?: number;
  /** Of a refusal for their age: how many of them are outside the time in which writing is allowed. */
  readonly outsideWindow?: number;
  /** Which points of the request, from 1, where the reply tells. */
  readonly pointNumbers: readonly number[];
}

/**
 * Why points are refused. `age`: older than what is kept, or outside the time in which writing is
 * allowed; there is nothing to look into, they are only counted. `limit`: a part of them may fit.
 */
export type RejectionCause = 'age' | 'conflict' | 'unparsable' | 'limit' | 'other';
