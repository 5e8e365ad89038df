import { ForgottenWindows, type Span } from './forgotten-windows.ts';

/**
 * What one log's windows know about time: how far its lines have come, up to where windows have been
 * handed over, and which of them no line can change any more.
 *
 * All times are epoch seconds, and every mark but the first three is the start of a window.
 */

/** Not yet, or not known. */
export const NEVER = -1;
/** A log without a record for this long has its unparsed lines placed by the clock, so that they show (and alert). */
const STALE_S = 60;

export interface EventTimeSnapshot {
  readonly nowS: number;
  readonly newestS: number;
  readonly clockS: number;
  readonly writtenUntilS: number;
  readonly closedUntilS: number;
  readonly forgotten: readonly Span[];
  readonly leaveAloneUntilS: number;
  readonly mustLeaveNextAlone: boolean;
}

export class EventTime {
  readonly windowS: number;
  readonly latenessS: number;
  /** The wall clock as last passed in. */
  nowS = NEVER;
  /** The greatest event time of a record. */
  newestS = NEVER;
  /** The clock, while caught up with a log that has had no record for a minute; else NEVER. */
  clockS = NEVER;
  /** Files of the log that lie behind hold the watermark back to this. */
  limitS = Infinity;
  /** Windows that begin before this have been handed over, quiet ones as zeros. */
  writtenUntilS = NEVER;
  /** Where points are not rewritten: windows that begin before this take no more lines. */
  closedUntilS = NEVER;
  readonly forgotten = new ForgottenWindows();
  /** Windows that begin before this are not written: their beginning cannot be read any more. */
  leaveAloneUntilS = NEVER;
  /** The window of the next record is one of those. */
  mustLeaveNextAlone = false;

  constructor(windowS: number, latenessS: number) {
    this.windowS = windowS;
    this.latenessS = latenessS;
  }

  /** The start of the window of that time. */
  align(timeS: number): number {
    return Math.floor(timeS / this.windowS) * this.windowS;
  }

  /**
   * The newest event time, but never ahead of the wall clock: one line with a wrong time must not
   * make the lines after it late. When the clock goes back the watermark goes back with it.
   */
  get watermarkS(): number {
    return this.watermarkAt(this.newestS);
  }

  /** The watermark once a record of that time has come. */
  watermarkAt(newestS: number): number {
    const reachedS = newestS < this.nowS ? newestS : this.nowS;
    return reachedS < this.limitS ? reachedS : this.limitS;
  }

  #reachedS(): number {
    return this.newestS < this.nowS ? this.newestS : this.nowS;
  }

  /**
   * Start of the window that takes what has no time of its own (unparsed lines) or one that counts no
   * more (late lines): that of the newest time that the clock has reached, or of the clock once the
   * log has had no record for a minute; the next one if it takes no more lines. NEVER before
   * anything is known.
   */
  get frontS(): number {
    const timeS = Math.max(this.#reachedS(), this.clockS, this.closedUntilS);
    return timeS === NEVER ? NEVER : this.forgotten.nextFree(this.align(timeS));
  }

  /** No more lines are taken into a window that begins at `startS`. */
  isClosed(startS: number): boolean {
    return (
      startS + this.windowS + this.latenessS <= this.watermarkS ||
      startS < this.closedUntilS ||
      this.forgotten.has(startS)
    );
  }

  isLeftAlone(startS: number): boolean {
    return startS < this.leaveAloneUntilS;
  }

  /** All that the log holds has been read, so the clock says what time it is there too. */
  followClock(): void {
    this.clockS = this.nowS - this.newestS > STALE_S ? this.nowS : NEVER;
    // No record has come since the beginning was lost: it is the running window that was cut.
    if (this.mustLeaveNextAlone) this.leaveAlone(this.nowS);
  }

  /** Leaves the window of `timeS`, and those before it, as they are. */
  leaveAlone(timeS: number): void {
    this.leaveAloneUntilS = Math.max(this.leaveAloneUntilS, this.align(timeS) + this.windowS);
    this.mustLeaveNextAlone = false;
  }

  snapshot(): EventTimeSnapshot {
    const { nowS, newestS, clockS, writtenUntilS, closedUntilS } = this;
    const { leaveAloneUntilS, mustLeaveNextAlone } = this;
    return {
      nowS,
      newestS,
      clockS,
      writtenUntilS,
      closedUntilS,
      forgotten: this.forgotten.snapshot(),
      leaveAloneUntilS,
      mustLeaveNextAlone,
    };
  }

  restore(snapshot: EventTimeSnapshot): void {
    this.nowS = snapshot.nowS;
    this.newestS = snapshot.newestS;
    this.clockS = snapshot.clockS;
    this.writtenUntilS = snapshot.writtenUntilS;
    this.closedUntilS = snapshot.closedUntilS;
    this.forgotten.restore(snapshot.forgotten);
    this.leaveAloneUntilS = snapshot.leaveAloneUntilS;
    this.mustLeaveNextAlone = snapshot.mustLeaveNextAlone;
  }
}
