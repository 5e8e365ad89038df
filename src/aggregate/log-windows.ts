import {
  PARSED,
  REASONS,
  REASON_FUTURE,
  REASON_OVERLONG,
  type RecordBatch,
} from '../parse/record-batch.ts';
import { latencyBin } from './latency.ts';
import type { SealedWindow } from './sealed-window.ts';
import {
  BYTES_IN,
  C499,
  CLASSES,
  COUNT,
  ERRORS,
  RT_COUNT,
  RT_MAX,
  RT_SUM,
  TRAFFIC,
  type Series,
} from './series.ts';
import { SiteTable, type SiteSnapshot } from './site-table.ts';
import { FAMILY_KNOWN, NO_GAUGES, Window, type Gauges, type WindowSnapshot } from './window.ts';

/**
 * The tumbling windows of one log, by event time.
 *
 * Owns: the windows that a line may still change. A window is *open* from its first line until the
 * watermark has passed its end by the allowed lateness; then it is handed over a last time and
 * forgotten. It is handed over (`takeDue`) first when it is over, and again, whole, whenever later
 * lines changed it.
 *
 * Watermark: the greatest event time seen, but never ahead of the wall clock, so that one line with
 * a wrong time cannot make the lines after it late. When the clock goes back the watermark goes back
 * with it; windows that were forgotten with lines in them (`forgottenUntilS`) never open again,
 * because a part would overwrite the whole: lines for those count as late.
 *
 * What can be lost here: nothing. What the checkpoint did not save is computed again from the log.
 */

export interface LogWindowsOptions {
  readonly log: string;
  /** Window length in seconds; windows are aligned to the epoch. */
  readonly windowS: number;
  /** How long after its end a window still takes lines, by the watermark. */
  readonly latenessS: number;
  readonly errorStatusMin: number;
  readonly sitesMax: number;
  /** `never`: a window is handed over once, when no more lines can change it. */
  readonly rewrite: 'always' | 'never';
}

/**
 * When a window counts as over. `catching-up`: only when no later line can change it, so that a
 * window once written in full is never overwritten by a part of it; `live`: by the newest event
 * time; `live` with `isCaughtUp`: by the wall clock too; `last`: everything, whatever the time.
 */
export type DueMode = 'catching-up' | 'live' | 'caught-up' | 'last';

export interface LogWindowsSnapshot {
  /** -1: never. */
  readonly newestS: number;
  readonly writtenUntilS: number;
  readonly forgottenUntilS: number;
  readonly leaveAloneUntilS: number;
  readonly families: number;
  readonly waiting: { readonly unparsed: number; readonly bytes: number; readonly isOwn: boolean };
  readonly sites: readonly SiteSnapshot[];
  readonly windows: readonly WindowSnapshot[];
}

/** A line this far ahead of the clock has no believable time. It also bounds how many windows can be open. */
export const FUTURE_MAX_S = 86_400;
/** A longer gap in a log is left empty: nginx, or its log, was off. */
const GAP_MAX_S = 86_400;
/** How long after a window's end, by the clock, nginx is given to write its last lines. */
const GRACE_S = 1;
/** A log without a record for this long has its unparsed lines placed by the clock, so that they show (and alert). */
const STALE_S = 60;
const NEVER = -1;
const LEAVE_FIRST_ALONE = Number.MAX_SAFE_INTEGER;

export class LogWindows {
  readonly log: string;
  readonly sites: SiteTable;
  /** Since the process started, for /metrics. `reasons` is indexed like REASONS; its first is unused. */
  readonly counters = {
    counted: 0,
    late: 0,
    filtered: 0,
    reasons: new Float64Array(REASONS.length),
  };
  readonly #options: LogWindowsOptions;
  readonly #windows = new Map<number, Window>();
  #newestS = NEVER;
  /** The clock, while caught up with a log that has had no record for a minute; else NEVER. */
  #clockS = NEVER;
  #writtenUntilS = NEVER;
  #forgottenUntilS = 0;
  #leaveAloneUntilS = 0;
  #families = 0;
  /** Unparsed lines that came before any line with a time. */
  #waiting = { unparsed: 0, bytes: 0, isOwn: false };

  constructor(options: LogWindowsOptions) {
    this.log = options.log;
    this.#options = options;
    this.sites = new SiteTable(options.sitesMax);
  }

  /** Newest event time in epoch seconds, undefined before the first record. */
  get newestS(): number | undefined {
    return this.#newestS === NEVER ? undefined : this.#newestS;
  }

  get openWindows(): number {
    return this.#windows.size;
  }

  /** Series of windows that no line can change any more: how much is due while catching up. */
  overdueSeries(nowMs: number): number {
    const until = this.#watermarkS(nowMs) - this.#options.latenessS - this.#options.windowS;
    let series = 0;
    for (const window of this.#windows.values()) {
      if (window.startS <= until) series += window.seriesCount;
    }
    return series;
  }

  /** Which FAMILY_* a quiet window is written with, once the format of the log is known. */
  learnFormat(families: number): void {
    this.#families = families | FAMILY_KNOWN;
  }

  /** The beginning of the log is gone: the window of its first record, and those before, stay as they are. */
  leaveFirstWindowAlone(): void {
    this.#leaveAloneUntilS = LEAVE_FIRST_ALONE;
  }

  /**
   * Adds the rows of a batch. `isOwn` is false for lines of a rotated predecessor, which only
   * complete windows that other lines touch. Touches each row once and allocates nothing per row.
   */
  add(records: RecordBatch, nowMs: number, isOwn: boolean): void {
    const { reason, timeS, lineStart, lineEnd, siteStart, siteEnd, bytes, length } = records;
    const { windowS } = this.#options;
    const families = records.families | FAMILY_KNOWN;
    let counted = 0;
    let window: Window | undefined;
    let endS = 0;
    for (let i = 0; i < length; i++) {
      const lineBytes = lineEnd[i]! - lineStart[i]! + 1;
      if (reason[i] !== PARSED) {
        this.#unparsed(reason[i]!, 1, lineBytes, isOwn);
        continue;
      }
      const time = timeS[i]!;
      if (window === undefined || time < window.startS || time >= endS) {
        window = this.#open(time, nowMs, lineBytes, isOwn);
        if (window === undefined) continue;
        endS = window.startS + windowS;
        window.families |= families;
        window.isDirty = true;
        window.isOwn ||= isOwn;
      }
      if (time > this.#newestS) this.#newestS = time;
      window.counted++;
      window.bytes += lineBytes;
      const site = this.sites.siteOf(bytes, siteStart[i]!, siteEnd[i]!, time);
      this.#count(window.seriesOf(site), records, i);
      counted++;
    }
    this.counters.counted += counted;
    if (counted > 0) this.#families = families;
  }

  #count(series: Series, records: RecordBatch, i: number): void {
    const totals = series.totals;
    const status = records.status[i]!;
    totals[COUNT]!++;
    totals[TRAFFIC]! += records.bytesOut[i]!;
    totals[BYTES_IN]! += records.bytesIn[i]!;
    if (status >= this.#options.errorStatusMin) totals[ERRORS]!++;
    totals[CLASSES + (status >= 100 && status < 600 ? (status / 100) | 0 : 0)]!++;
    if (status === 499) totals[C499]!++;
    const ms = records.requestMs[i]!;
    if (ms < 0) return;
    totals[RT_COUNT]!++;
    totals[RT_SUM]! += ms;
    if (ms > totals[RT_MAX]!) totals[RT_MAX] = ms;
    series.binsOrNew()[latencyBin(ms)]!++;
  }

  /** Lines that the follower passed over because of their length. */
  addOverlong(lines: number, bytes: number, isOwn: boolean): void {
    if (lines > 0) this.#unparsed(REASON_OVERLONG, lines, bytes, isOwn);
  }

  /** The window of a record, or undefined when the record is accounted for elsewhere. */
  #open(timeS: number, nowMs: number, lineBytes: number, isOwn: boolean): Window | undefined {
    if (timeS > nowMs / 1000 + FUTURE_MAX_S) {
      this.#unparsed(REASON_FUTURE, 1, lineBytes, isOwn);
      return undefined;
    }
    const { windowS, latenessS } = this.#options;
    const startS = this.#align(timeS);
    const open = this.#windows.get(startS);
    const closesS = startS + windowS + latenessS;
    if (startS < this.#forgottenUntilS || closesS <= this.#watermarkS(nowMs)) {
      // An open window may still be in memory here; it takes no more lines, as after a replay it would not be.
      const front = this.#frontWindow();
      front.late++;
      this.#touch(front, lineBytes, isOwn);
      this.counters.late++;
      return undefined;
    }
    if (this.#leaveAloneUntilS === LEAVE_FIRST_ALONE) this.#leaveAloneUntilS = startS + windowS;
    if (this.#newestS < timeS) this.#newestS = timeS;
    return open ?? this.#newWindow(startS);
  }

  #newWindow(startS: number): Window {
    const window = new Window(startS);
    window.families = this.#families;
    this.#windows.set(startS, window);
    this.#takeWaiting(window);
    return window;
  }

  /** The window that takes what has no window of its own; only called when the front is known. */
  #frontWindow(): Window {
    const startS = this.#align(this.#frontS());
    return this.#windows.get(startS) ?? this.#newWindow(startS);
  }

  /** The newest event time; or the clock's, once the log has had no record for a minute. */
  #frontS(): number {
    return Math.max(this.#newestS, this.#clockS);
  }

  #align(timeS: number): number {
    return Math.floor(timeS / this.#options.windowS) * this.#options.windowS;
  }

  #unparsed(reason: number, lines: number, bytes: number, isOwn: boolean): void {
    this.counters.reasons[reason]! += lines;
    if (this.#frontS() === NEVER) {
      this.#waiting.unparsed += lines;
      this.#waiting.bytes += bytes;
      this.#waiting.isOwn ||= isOwn;
      return;
    }
    const front = this.#frontWindow();
    front.unparsed += lines;
    this.#touch(front, bytes, isOwn);
  }

  #touch(window: Window, bytes: number, isOwn: boolean): void {
    window.bytes += bytes;
    window.isDirty = true;
    window.isOwn ||= isOwn;
  }

  #takeWaiting(window: Window): void {
    if (this.#waiting.unparsed === 0) return;
    window.unparsed += this.#waiting.unparsed;
    this.#touch(window, this.#waiting.bytes, this.#waiting.isOwn);
    this.#waiting = { unparsed: 0, bytes: 0, isOwn: false };
  }

  #watermarkS(nowMs: number): number {
    return Math.min(this.#newestS, Math.floor(nowMs / 1000));
  }

  /**
   * The windows to write now, oldest first. They count as handed over: the caller puts them into the
   * spool before the next checkpoint is taken. `nowMs` must be read *before* the look at the log that
   * found it read to the end. `gauges` are noted on windows handed over the first time.
   */
  takeDue(mode: DueMode, nowMs: number, gauges: Gauges = NO_GAUGES): SealedWindow[] {
    const nowS = Math.floor(nowMs / 1000);
    if (mode === 'caught-up' || mode === 'last') this.#placeByClock(nowS);
    const dueS = this.#dueUntilS(mode, nowS);
    const sealed: SealedWindow[] = [];
    for (const startS of this.#startsUntil(dueS)) {
      const window = this.#windows.get(startS);
      if (window === undefined) {
        sealed.push(this.#seal(this.#quietWindow(startS, gauges)));
        continue;
      }
      if (startS >= this.#writtenUntilS) window.gauges = gauges;
      window.isDirty = false;
      sealed.push(this.#seal(window));
    }
    if (dueS > this.#writtenUntilS) this.#writtenUntilS = dueS;
    if (this.#options.rewrite === 'never') this.#forgottenUntilS = this.#writtenUntilS;
    this.#forget(nowS);
    return sealed;
  }

  #placeByClock(nowS: number): void {
    this.#clockS = nowS - this.#newestS > STALE_S ? nowS : NEVER;
    if (this.#waiting.unparsed > 0 && this.#frontS() !== NEVER) this.#frontWindow();
  }

  /** Windows that end at or before this time are over; aligned. */
  #dueUntilS(mode: DueMode, nowS: number): number {
    const { latenessS, windowS, rewrite } = this.#options;
    const watermarkS = this.#watermarkS(nowS * 1000);
    if (mode === 'last') return this.#align(this.#frontS()) + windowS;
    if (mode === 'catching-up') return this.#align(watermarkS - latenessS);
    const clockS = mode === 'caught-up' ? nowS - GRACE_S : NEVER;
    if (rewrite === 'never') return this.#align(Math.max(watermarkS, clockS) - latenessS);
    return this.#align(Math.max(this.#newestS, clockS));
  }

  /** Starts of the windows to hand over, ascending: changed ones, and quiet ones since the last time. */
  #startsUntil(dueS: number): number[] {
    const { windowS } = this.#options;
    const starts: number[] = [];
    const own: number[] = [];
    for (const [startS, window] of this.#windows) {
      if (!window.isOwn || startS < this.#leaveAloneUntilS) continue;
      const isOver = startS + windowS <= dueS;
      if (isOver) own.push(startS);
      if (window.isDirty && (isOver || startS < this.#writtenUntilS)) starts.push(startS);
    }
    own.sort((a, b) => a - b);
    // A log that has not been written yet begins with its first window, or now.
    let nextS = this.#writtenUntilS === NEVER ? (own[0] ?? dueS) : this.#writtenUntilS;
    nextS = Math.max(nextS, this.#leaveAloneUntilS);
    for (const untilS of [...own, dueS]) {
      if (untilS - nextS > GAP_MAX_S) nextS = untilS;
      for (; nextS < untilS; nextS += windowS) {
        if (!this.#windows.has(nextS)) starts.push(nextS);
      }
      nextS = Math.max(nextS, untilS + windowS);
    }
    return starts.sort((a, b) => a - b);
  }

  /** A window without a line is written as zeros; nothing of it need be kept. */
  #quietWindow(startS: number, gauges: Gauges): Window {
    const window = new Window(startS);
    window.families = this.#families;
    window.gauges = gauges;
    return window;
  }

  #seal(window: Window): SealedWindow {
    return window.seal(this.log, this.#options.windowS, this.sites);
  }

  /** Drops the windows that no line can change any more. All of them have been handed over. */
  #forget(nowS: number): void {
    const { windowS, latenessS } = this.#options;
    const watermarkS = this.#watermarkS(nowS * 1000);
    for (const [startS, window] of this.#windows) {
      const endS = startS + windowS;
      // A window placed by the clock, with nothing but unparsed lines, would never be passed by the watermark.
      const isAccounting = window.counted === 0 && endS + latenessS <= nowS;
      if (window.isDirty && window.isOwn && startS >= this.#leaveAloneUntilS) continue;
      if (endS + latenessS > watermarkS && !isAccounting) continue;
      this.#windows.delete(startS);
      if (!isAccounting) this.#forgottenUntilS = Math.max(this.#forgottenUntilS, endS);
    }
  }

  snapshot(): LogWindowsSnapshot {
    return {
      newestS: this.#newestS,
      writtenUntilS: this.#writtenUntilS,
      forgottenUntilS: this.#forgottenUntilS,
      leaveAloneUntilS: this.#leaveAloneUntilS,
      families: this.#families,
      waiting: { ...this.#waiting },
      sites: this.sites.snapshot(),
      windows: Array.from(this.#windows.values(), (window) => window.snapshot()),
    };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: LogWindowsSnapshot): void {
    this.#newestS = snapshot.newestS;
    this.#writtenUntilS = snapshot.writtenUntilS;
    this.#forgottenUntilS = snapshot.forgottenUntilS;
    this.#leaveAloneUntilS = snapshot.leaveAloneUntilS;
    this.#families = snapshot.families;
    this.#waiting = { ...snapshot.waiting };
    this.sites.restore(snapshot.sites);
    for (const window of snapshot.windows) {
      this.#windows.set(window.startS, Window.restore(window, this.sites));
    }
  }
}
