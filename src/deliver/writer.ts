/**
 * Drains the spool into the target: one record in flight, in order, because a later record may
 * hold a newer value of the same window.
 *
 * States: ok; retrying (it will pass by itself); blocked (an operator is needed, asked again every
 * 30 to 60 s). A record is acknowledged when every part of it has been written, or has been refused
 * for good and put into the dead-letter file. Nothing else ever takes a point out of the spool, and
 * what has not been sent at the end stays there.
 */
import type { Clock } from '../clock.ts';
import type { Notify } from '../notice/notice.ts';
import { Backoff } from './backoff.ts';
import type { DeadLetterFile } from './dead-letter.ts';
import type { KillPoint } from '../state/kill-point.ts';
import { type Part, partOf, wholePart } from './record-part.ts';
import {
  ageNotices,
  blockedNotice,
  recoveredNotice,
  rejectedNotice,
  retryingNotice,
} from './writer-notices.ts';
import type { Spool } from '../spool/spool.ts';
import type { SpoolRecord } from '../spool/spool-record.ts';
import type { RejectedOutcome, RejectionCause, SendOutcome, Target } from './target.ts';

/** Requests spent on finding the refused points of one record; then the rest of it is given up. */
const SEARCH_REQUESTS_MAX = 500;
/** The same as long as nothing was ever taken; then the target is asked again later. */
const BLIND_REQUESTS_MAX = 30;
const SHUTDOWN_DEADLINE_MS = 5_000;

export type WriterState =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retrying'; readonly sinceMs: number; readonly reason: string }
  | {
      readonly kind: 'blocked';
      readonly sinceMs: number;
      readonly reason: string;
      /** The setting to look at. */
      readonly remedy: string;
    };

/** Why points were refused; a closed list, for labels. */
export type RejectedBy = Exclude<RejectionCause, 'age'> | 'retention' | 'write-window';

/** Since the start of the process. */
export interface WriterCounters {
  /** Points the target has taken. */
  points: number;
  /** Requests that succeeded, wholly or in part. */
  writes: number;
  /** Requests that failed. */
  writeErrors: number;
  /** Points refused for good, and why. */
  rejectedPoints: number;
  readonly rejectedBy: Record<RejectedBy, number>;
  /** Duration of the last request, ms. */
  lastWriteMs: number;
  /** Requests by what became of them. */
  readonly outcomes: Record<SendOutcome['kind'], number>;
}

export interface WriterOptions {
  readonly target: Pick<Target, 'name' | 'address' | 'split' | 'send' | 'probe'>;
  readonly spool: Pick<Spool, 'next' | 'ack'>;
  readonly deadLetter: DeadLetterFile;
  readonly clock: Clock;
  readonly notify: Notify;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  /** How long a request in flight may go on after the signal to stop; 5 s. */
  readonly shutdownDeadlineMs?: number;
  /** Asks the target without points at the beginning, so that it is known soon whether it takes them. */
  readonly asksFirst?: boolean;
  readonly killPoint?: KillPoint | undefined;
}

interface Suspect {
  readonly points: readonly Uint8Array[];
  readonly reason: string;
}

export class Writer {
  readonly counters: WriterCounters = {
    points: 0,
    writes: 0,
    writeErrors: 0,
    rejectedPoints: 0,
    rejectedBy: {
      retention: 0,
      'write-window': 0,
      conflict: 0,
      unparsable: 0,
      limit: 0,
      other: 0,
    },
    lastWriteMs: 0,
    outcomes: { written: 0, rejected: 0, retry: 0, split: 0, blocked: 0 },
  };
  readonly #options: WriterOptions;
  readonly #backoff: Backoff;
  readonly #killPoint: KillPoint;
  readonly #giveUp = new AbortController();
  #state: WriterState = { kind: 'ok' };
  /** Requests left to find refused points of the record in hand. */
  #searchRequests = 0;
  #blindRequests = 0;
  /** Something of a request was taken, at some time. */
  #hasTaken = false;
  #hasSaidYes = false;
  /** Refused while nothing was ever taken: perhaps it is not the points that are refused. */
  #suspects: Suspect[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#killPoint = options.killPoint ?? (() => {});
  }

  /** The target has taken something, or has said that it would. */
  get isProven(): boolean {
    return this.#hasTaken || this.#hasSaidYes;
  }

  get state(): WriterState {
    return this.#state;
  }

  /**
   * Runs until `signal` aborts. A request in flight then has until the deadline to be answered; after
   * that it is abandoned and its record stays in the spool. Run it once.
   */
  async run(signal: AbortSignal): Promise<void> {
    const finished = new AbortController();
    const watch = this.#giveUpAfter(signal, finished.signal);
    try {
      if (this.#options.asksFirst === true) await this.#ask(signal);
      for (;;) {
        const record = await this.#options.spool.next(signal);
        if (record === undefined) return;
        const rejectedBefore = this.counters.rejectedPoints;
        if (!(await this.#deliverRecord(record, signal))) return;
        const rejected = this.counters.rejectedPoints - rejectedBefore;
        this.counters.points += Math.max(0, record.points - rejected);
        this.#killPoint('write-before-ack');
        await this.#options.spool.ack(record.seq);
        this.#killPoint('write-after-ack');
      }
    } finally {
      finished.abort();
      await watch;
    }
  }

  /** True when nothing of the record is left to do; false when told to stop before that. */
  async #deliverRecord(record: SpoolRecord, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      this.#searchRequests = SEARCH_REQUESTS_MAX;
      this.#blindRequests = BLIND_REQUESTS_MAX;
      const whole = wholePart(record, this.#options.target);
      if (!(await this.#deliver(whole, signal))) return false;
      const suspects = this.#suspects;
      this.#suspects = [];
      const [first] = suspects;
      if (first === undefined) return true;
      if (this.#hasTaken) return this.#deliverSuspects(suspects, signal);
      const remedy = 'INFLUX_URL, and at what stands between the meter and the database';
      const reason = `not one point has been taken so far: ${first.reason}`;
      if (!(await this.#pause({ kind: 'blocked', reason, remedy }, signal))) return false;
    }
  }

  /** Something else was taken meanwhile, so now it is the points that are refused. */
  async #deliverSuspects(suspects: readonly Suspect[], signal: AbortSignal): Promise<boolean> {
    for (const { points } of suspects) {
      if (!(await this.#deliver(await partOf(points), signal))) return false;
    }
    return true;
  }

  /** True when nothing of the part is left to do; false when told to stop before that. */
  async #deliver(part: Part, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const outcome = await this.#send(part.payload);
      switch (outcome.kind) {
        case 'written':
          this.#noteAnswered();
          return true;
        case 'retry':
        case 'blocked':
          if (!(await this.#pause(outcome, signal))) return false;
          break;
        case 'split': {
          const points = await part.points();
          if (points.length > 1) return this.#split(points, signal);
          if (!(await this.#pause(tooLarge(outcome.reason), signal))) return false;
          break;
        }
        case 'rejected':
          return this.#settle(await part.points(), outcome, signal);
      }
    }
  }

  async #send(payload: Uint8Array): Promise<SendOutcome> {
    const { target, clock } = this.#options;
    this.#killPoint('write-before-send');
    const startMs = clock.monotonicMs();
    const outcome = await target.send(payload, this.#giveUp.signal);
    this.counters.lastWriteMs = Math.round(clock.monotonicMs() - startMs);
    this.#killPoint('write-after-send');
    this.counters.outcomes[outcome.kind]++;
    const isWritten = outcome.kind === 'written';
    if (isTaken(outcome)) this.counters.writes++;
    if (!isWritten) this.counters.writeErrors++;
    this.#hasTaken ||= isTaken(outcome);
    return outcome;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const outcome = await this.#options.target.probe?.(this.#giveUp.signal);
    if (outcome === undefined || signal.aborted) return;
    this.#hasSaidYes = outcome.kind === 'written';
    // Whatever was answered, the first points are sent as soon as there are some.
    if (outcome.kind !== 'written') this.#noteFailure(outcome);
  }

  /** Waits before the same request is sent again. False when told to stop. */
  async #pause(
    outcome: Extract<SendOutcome, { kind: 'retry' | 'blocked' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    // The failure of a request that was abandoned on purpose is not the database's.
    if (signal.aborted) return false;
    await this.#options.clock.sleep(this.#noteFailure(outcome), signal);
    return !signal.aborted;
  }

  /** Gives the milliseconds to wait. */
  #noteFailure(outcome: Extract<SendOutcome, { kind: 'retry' | 'blocked' }>): number {
    const { clock, notify, target } = this.#options;
    const { kind, reason } = outcome;
    const sinceMs = this.#state.kind === 'ok' ? clock.now() : this.#state.sinceMs;
    if (kind === 'blocked') {
      this.#state = { kind, sinceMs, reason, remedy: outcome.remedy };
      notify(blockedNotice(target, reason, outcome.remedy));
      return this.#backoff.slowDelayMs();
    }
    this.#state = { kind: 'retrying', sinceMs, reason };
    notify(retryingNotice(target, reason));
    return this.#backoff.nextDelayMs(outcome.afterMs);
  }

  /** The target took the request or refused points of it: either way it is there and lets us in. */
  #noteAnswered(): void {
    this.#backoff.reset();
    if (this.#state.kind === 'ok') return;
    this.#state = { kind: 'ok' };
    this.#options.notify(recoveredNotice(this.#options.target));
  }

  async #split(points: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    const middle = points.length >> 1;
    return (
      (await this.#deliver(await partOf(points.slice(0, middle)), signal)) &&
      (await this.#deliver(await partOf(points.slice(middle)), signal))
    );
  }

  /**
   * Finds the refused points. Where the reply does not name them, the halves are sent again: the good
   * points among them overwrite themselves.
   */
  async #settle(
    points: readonly Uint8Array[],
    outcome: RejectedOutcome,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { reason, points: dropped, isRestWritten, cause } = outcome;
    const isSingle = points.length <= 1;
    // To parse nothing at all is what a body that was changed on its way looks like.
    if (cause === 'unparsable' && !isRestWritten && !this.#hasTaken) {
      this.#blindRequests -= 2;
      if (!isSingle && this.#blindRequests >= 0) return this.#split(points, signal);
      this.#suspects.push({ points, reason });
      return true;
    }
    this.#noteAnswered();
    if (cause === 'age') {
      this.#countTooOld(outcome, Math.min(dropped ?? Infinity, points.length));
      return true;
    }
    const named = new Set(outcome.pointNumbers.filter((n) => n <= points.length));
    if (named.size > 0) {
      const refused = points.filter((_, i) => named.has(i + 1));
      await this.#reject(refused, cause, reason);
      const rest = points.filter((_, i) => !named.has(i + 1));
      if (isRestWritten || rest.length === 0) return true;
      return this.#deliver(await partOf(rest), signal);
    }
    // Under a limit a part may fit where the whole does not.
    const isWhole = isRestWritten && dropped === points.length && cause !== 'limit';
    const areAllRefused = isSingle || isWhole;
    this.#searchRequests -= 2;
    if (areAllRefused || this.#searchRequests < 0) {
      const note = areAllRefused ? '' : ' (some of these points; which could not be found out)';
      await this.#reject(points, cause, reason + note);
      return true;
    }
    return this.#split(points, signal);
  }

  async #reject(
    points: readonly Uint8Array[],
    cause: Exclude<RejectionCause, 'age'>,
    reason: string,
  ): Promise<void> {
    const { deadLetter, notify, target } = this.#options;
    await deadLetter.add(points, reason);
    this.counters.rejectedPoints += points.length;
    this.counters.rejectedBy[cause] += points.length;
    notify(rejectedNotice(target, { points: points.length, reason, path: deadLetter.path }));
  }

  #countTooOld(outcome: RejectedOutcome, points: number): void {
    const { notify, target } = this.#options;
    const outsideWindow = Math.min(points, outcome.outsideWindow ?? 0);
    const beyondRetention = points - outsideWindow;
    this.counters.rejectedPoints += points;
    this.counters.rejectedBy['write-window'] += outsideWindow;
    this.counters.rejectedBy.retention += beyondRetention;
    for (const notice of ageNotices(target, outcome, { beyondRetention, outsideWindow }))
      notify(notice);
  }

  async #giveUpAfter(signal: AbortSignal, finished: AbortSignal): Promise<void> {
    await aborted(signal, finished);
    if (finished.aborted) return;
    await this.#options.clock.sleep(
      this.#options.shutdownDeadlineMs ?? SHUTDOWN_DEADLINE_MS,
      finished,
    );
    this.#giveUp.abort();
  }
}

function isTaken(outcome: SendOutcome): boolean {
  return outcome.kind === 'written' || (outcome.kind === 'rejected' && outcome.isRestWritten);
}

function tooLarge(reason: string): Extract<SendOutcome, { kind: 'blocked' }> {
  return {
    kind: 'blocked',
    reason: `a single point is too large: ${reason}`,
    remedy: 'the limit for the size of a request, of the database and of what stands before it',
  };
}

/** Resolves when one of them aborts. */
async function aborted(a: AbortSignal, b: AbortSignal): Promise<void> {
  const both = AbortSignal.any([a, b]);
  if (both.aborted) return;
  await new Promise<void>((resolve) => {
    both.addEventListener('abort', () => resolve(), { once: true });
  });
}
