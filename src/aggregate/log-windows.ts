import {
  PARSED,
  REASONS,
  REASON_FUTURE,
  REASON_OVERLONG,
  REASON_TIME,
  type RecordBatch,
} from '../parse/record-batch.ts';
import type { Dimensions, DimensionsSnapshot } from './dimension/dimensions.ts';
import { beginS, dueUntilS, dueWindows, type DueMode, type Rewrite } from './time/due-windows.ts';
import { EventTime, NEVER, type EventTimeSnapshot } from './time/event-time.ts';
import { hasCounts, NO_GAUGES, PendingGauges, type Gauges } from './gauges.ts';
import { OpenWindows, type OpenWindowsSnapshot } from './open-windows.ts';
import type { SealedDimensions } from './dimension/sealed-dimensions.ts';
import type { SealedWindow } from './sealed-window.ts';
import type { Series } from './series.ts';
import { SiteTable, type SiteTableSnapshot } from './site/site-table.ts';
import { NO_SITE } from './site/site.ts';
import type { TrafficSnapshot, TrafficTotals } from './traffic-totals.ts';
import { FAMILY_KNOWN, type Window } from './window.ts';

/**
 * The tumbling windows of one log, by event time.
 *
 * Owns: the windows that a line may still change. A window is *open* from its first line until the
 * watermark has passed its end by the allowed lateness; then it is handed over a last time and
 * forgotten. It is handed over (`takeDue`) first when it is over, and again, whole, whenever later
 * lines changed it. What "over" means is in due-windows.ts, the watermark in event-time.ts, and where
 * lines go that have no window of their own in open-windows.ts.
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
  readonly rewrite: Rewrite;
  /** Counts what is counted here by route, upstream, … as well. */
  readonly dimensions?: Dimensions | undefined;
  /** Takes what was counted in windows that are forgotten; the dimensions have the same one. */
  readonly traffic?: TrafficTotals | undefined;
}

export interface LogWindowsSnapshot {
  readonly time: EventTimeSnapshot;
  readonly gauges: Gauges;
  readonly sites: SiteTableSnapshot;
  readonly open: OpenWindowsSnapshot;
  readonly dimensions?: DimensionsSnapshot | undefined;
  readonly traffic?: TrafficSnapshot | undefined;
}

/** A line whose window begins later than this after the clock has no believable time. */
export const FUTURE_MAX_S = 86_400;
/** One call hands over about so many series: a quiet day is a million numbers. */
const PORTION_SERIES = 2000;

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
  readonly #time: EventTime;
  readonly #open: OpenWindows;
  readonly #gauges = new PendingGauges();

  constructor(options: LogWindowsOptions) {
    this.log = options.log;
    this.#options = options;
    this.#time = new EventTime(options.windowS, options.latenessS);
    this.#open = new OpenWindows(this.#time, options.traffic);
    this.sites = new SiteTable(options.sitesMax);
  }

  /** Newest event time in epoch seconds, undefined before the first record. */
  get newestS(): number | undefined {
    return this.#time.newestS === NEVER ? undefined : this.#time.newestS;
  }

  get openWindows(): number {
    return this.#open.byStart.size;
  }

  /** Series of windows that no line can change any more: how much is due while catching up. */
  overdueSeries(nowMs: number): number {
    this.#time.nowS = Math.floor(nowMs / 1000);
    let series = 0;
    for (const window of this.#open.byStart.values()) {
      if (this.#time.isClosed(window.startS)) series += window.seriesCount + 1;
    }
    return series + (this.#options.dimensions?.overdueSeries(this.#time) ?? 0);
  }

  /** Which FAMILY_* a quiet window is written with, once the format of the log is known. */
  learnFormat(families: number): void {
    this.#open.families = families | FAMILY_KNOWN;
  }

  /** The beginning of the log is gone: the window of its next record, and those before, stay as they are. */
  leaveFirstWindowAlone(): void {
    this.#time.mustLeaveNextAlone = true;
  }

  /**
   * The watermark goes no further than this event time (epoch seconds) until told otherwise: a file of
   * the log has been read only so far. Not part of the snapshot.
   */
  limitWatermark(limitS: number): void {
    this.#time.limitS = Math.max(NEVER, limitS);
  }

  /**
   * Adds the rows [from, until) of a batch. `isOwn` is false for lines of a rotated predecessor, which only
   * complete windows that other lines touch. Touches each row once and allocates nothing per row;
   * neighbours share a window and a series most of the time, so both are looked up only when they
   * change (bench/aggregate.ts).
   */
  add(records: RecordBatch, from: number, until: number, nowMs: number, isOwn: boolean): void {
    const { reason, ignored, timeS, lineStart, lineEnd, siteStart, siteEnd, bytes } = records;
    const { status, bytesOut, bytesIn, requestMs } = records;
    const { errorStatusMin, windowS, dimensions } = this.#options;
    const time = this.#time;
    time.nowS = Math.floor(nowMs / 1000);
    dimensions?.begin(records);
    this.sites.isRaw = records.escape === 'none';
    const families = records.families | FAMILY_KNOWN;
    let counted = 0;
    let window: Window | undefined;
    let endS = 0;
    let site = NO_SITE;
    /** Lines counted before those of `site` that the table has not been told of. */
    let told = 0;
    let series: Series | undefined;
    for (let i = from; i < until; i++) {
      const lineBytes = (lineEnd[i] ?? 0) - (lineStart[i] ?? 0) + 1;
      const why = reason[i] ?? 0;
      if (why !== PARSED) {
        this.#addUnparsed(why, 1, lineBytes, isOwn);
        continue;
      }
      const atS = timeS[i] ?? 0;
      if (window === undefined || atS < window.startS || atS >= endS) {
        series = undefined;
        window = this.#windowOf(atS, lineBytes, isOwn);
        if (window === undefined) continue;
        endS = window.startS + windowS;
        window.families |= families;
      }
      if (atS > time.newestS) {
        this.sites.count(site, counted - told);
        told = counted;
        this.#advance(atS);
      }
      window.bytes += lineBytes;
      if (ignored[i] === 1) {
        window.filtered++;
        this.counters.filtered++;
        continue;
      }
      window.counted++;
      const named = this.sites.siteOf(bytes, siteStart[i] ?? 0, siteEnd[i] ?? 0, atS);
      if (series === undefined || named !== site) {
        this.sites.count(site, counted - told);
        told = counted;
        site = named;
        series = window.seriesOf(named);
      }
      series.add(status[i] ?? 0, errorStatusMin, bytesOut[i] ?? 0, bytesIn[i] ?? 0);
      series.addTime(requestMs[i] ?? -1);
      dimensions?.count(i, atS, named.name, isOwn);
      counted++;
    }
    dimensions?.end();
    this.sites.count(site, counted - told);
    this.counters.counted += counted;
    if (counted > 0) this.#open.families = families;
  }

  #advance(atS: number): void {
    const { newestS } = this.#time;
    if (newestS !== NEVER) this.sites.advance(newestS, atS);
    this.#options.dimensions?.advance(newestS, atS, this.#time.watermarkAt(atS));
    this.#time.newestS = atS;
  }

  /** Lines that the follower passed over because of their length; bytes come with each part of one. */
  addOverlong(lines: number, bytes: number, isOwn: boolean): void {
    if (lines === 0 && bytes === 0) return;
    this.#addUnparsed(REASON_OVERLONG, lines, bytes, isOwn);
  }

  /** The window of a record, changed from now on; or undefined when the record is accounted for elsewhere. */
  #windowOf(timeS: number, lineBytes: number, isOwn: boolean): Window | undefined {
    const time = this.#time;
    if (!(timeS >= 0)) return this.#addUnparsed(REASON_TIME, 1, lineBytes, isOwn);
    const startS = time.align(timeS);
    if (time.isClosed(startS)) {
      this.#open.addLate(lineBytes, isOwn);
      this.counters.late++;
      return undefined;
    }
    const isBelievable = startS <= time.nowS + FUTURE_MAX_S;
    const window = isBelievable ? this.#open.openAt(startS) : undefined;
    if (window === undefined) return this.#addUnparsed(REASON_FUTURE, 1, lineBytes, isOwn);
    if (time.mustLeaveNextAlone && isOwn) time.leaveAlone(startS);
    window.touch(0, isOwn);
    return window;
  }

  #addUnparsed(reason: number, lines: number, bytes: number, isOwn: boolean): undefined {
    const { reasons } = this.counters;
    reasons[reason] = (reasons[reason] ?? 0) + lines;
    this.#open.addUnparsed(lines, bytes, isOwn);
  }

  /**
   * The windows to write now, oldest first, at most a portion of them: call again until there are
   * none. They count as handed over: the caller puts them into the spool before the next checkpoint
   * is taken. `nowMs` must be read *before* the look at the log that found it read to the end.
   * `gauges` are noted on windows that are handed over for the first time, what was counted since
   * the last call (`rotations`, `truncations`) on the newest of them alone.
   */
  takeDue(mode: DueMode, nowMs: number, gauges: Gauges = NO_GAUGES): SealedWindow[] {
    const time = this.#time;
    time.nowS = Math.floor(nowMs / 1000);
    this.#gauges.note(gauges);
    if (mode === 'caught-up' || mode === 'last') {
      time.followClock();
      this.#open.admitWaiting();
    }
    const sealed = this.#takePortion(mode);
    this.#open.forgetClosed();
    this.sites.forgetBefore(time.writtenUntilS - time.latenessS - time.windowS);
    return sealed;
  }

  /** The log has been read to an end for good: nobody writes to it any more. */
  endInput(): void {
    this.#options.dimensions?.endInput(this.#time.newestS);
  }

  /** The dimension windows to write now, oldest first; call it after `takeDue`. */
  takeDimensions(mode: DueMode): SealedDimensions[] {
    return this.#options.dimensions?.takeDue(mode, this.#time) ?? [];
  }

  /** Routes and upstreams with a series of their own. */
  get dimensionSeries(): number {
    return this.#options.dimensions?.series ?? 0;
  }

  /** Requests whose route, upstream or status went to `other` since the process started. */
  get dimensionFolded(): number {
    return this.#options.dimensions?.folded ?? 0;
  }

  /** Dimension windows that begin before this have been taken, and none will come; after `takeDimensions`. */
  dimensionsTakenUntilS(mode: DueMode): number {
    return this.#options.dimensions?.takenUntilS(mode, this.#time) ?? Infinity;
  }

  #takePortion(mode: DueMode): SealedWindow[] {
    const { rewrite } = this.#options;
    const time = this.#time;
    const fromS = beginS(mode, this.#open.byStart, time);
    if (fromS === undefined) return [];
    const untilS = dueUntilS(mode, rewrite, time);
    const { starts, settledS } = dueWindows(mode, rewrite, this.#open.byStart, time, fromS);
    const sealed = this.#handOver(starts.slice(0, this.#portion(starts)), fromS);
    const restS = starts[sealed.length] ?? settledS;
    // Until the first window is over, an earlier one may come and be the first.
    if (untilS > fromS || mode === 'caught-up') {
      time.writtenUntilS = Math.max(fromS, Math.min(restS, settledS));
    }
    if (rewrite === 'never') {
      time.closedUntilS = Math.max(time.closedUntilS, Math.min(time.writtenUntilS, untilS));
    }
    return sealed;
  }

  /** How many of these windows make up a portion; at least one. */
  #portion(starts: readonly number[]): number {
    const quietSeries = this.sites.size + 1;
    let series = 0;
    let count = 0;
    while (count < starts.length && series < PORTION_SERIES) {
      series += this.#open.byStart.get(starts[count] ?? NEVER)?.seriesCount ?? quietSeries;
      count++;
    }
    return count;
  }

  /** Seals these windows, ascending. Those from `fromS` on are handed over for the first time. */
  #handOver(starts: readonly number[], fromS: number): SealedWindow[] {
    const newestS = starts.at(-1);
    return starts.map((startS) => {
      const window = this.#open.byStart.get(startS) ?? this.#open.quietAt(startS);
      if (startS >= fromS) {
        window.gauges = this.#gauges.take(window.gauges, startS === newestS);
        // What was counted once must stand in a correction again, so such a quiet window is kept.
        if (hasCounts(window.gauges)) this.#open.keep(window);
      }
      window.isDirty = false;
      return window.seal(this.log, this.#options.windowS, this.sites);
    });
  }

  snapshot(): LogWindowsSnapshot {
    const { traffic } = this.#options;
    if (traffic !== undefined) {
      for (const window of this.#open.byStart.values()) window.admitTo(traffic);
    }
    return {
      time: this.#time.snapshot(),
      gauges: this.#gauges.snapshot(),
      sites: this.sites.snapshot(),
      open: this.#open.snapshot(),
      dimensions: this.#options.dimensions?.snapshot(),
      traffic: traffic?.snapshot(),
    };
  }

  /** Takes up a snapshot; only on a new instance. */
  restore(snapshot: LogWindowsSnapshot): void {
    this.#time.restore(snapshot.time);
    this.#gauges.restore(snapshot.gauges);
    this.sites.restore(snapshot.sites);
    this.#open.restore(snapshot.open, this.sites);
    if (snapshot.traffic !== undefined) this.#options.traffic?.restore(snapshot.traffic);
    if (snapshot.dimensions !== undefined) this.#options.dimensions?.restore(snapshot.dimensions);
  }
}
