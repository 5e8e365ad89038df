import type { RecordBatch } from '../../parse/record-batch.ts';
import type { RowDimensions } from '../../request/row-dimensions.ts';
import { CountedRows } from './counted-rows.ts';
import { DimensionWindow, type Choices, type DimensionWindowSnapshot } from './dimension-window.ts';
import { overS, type DueMode, type Rewrite } from '../time/due-windows.ts';
import { NEVER, type EventTime } from '../time/event-time.ts';
import { HeavyHitters, type HeavyHittersSnapshot } from './heavy-hitters.ts';
import { ROW_SHAPE } from './keyed-row.ts';
import type { KeyTotals } from './key-totals.ts';
import { COUNTRIES, STATUSES, KEPT_VALUES_MAX } from './property-table.ts';
import type { SealedDimensions } from './sealed-dimensions.ts';
import type { DimensionSizes } from './top-list-kinds.ts';
import { TopLists } from './top-lists.ts';
import type { TrafficTotals } from '../traffic-totals.ts';
import { KeptValues, type KeptValuesSnapshot } from './kept-values.ts';

/**
 * The dimension windows of one log. LogWindows decides about every line (late, unparsed, …) and gives
 * only those to `count()` that it has counted, so sums over a dimension are the totals.
 *
 * Owns: the windows that a line may still change, and which routes and upstreams have a series. A
 * window is handed over when it is over, and again, whole, whenever it has changed since. It is
 * forgotten once all totals of its time have been handed over and no line can change them; that time
 * is then closed in EventTime too, so that it never opens again with a part of its lines.
 *
 * A window without a line is not written.
 *
 * What can be lost here: nothing. What the checkpoint did not save is computed again from the log.
 */

export interface DimensionsOptions {
  readonly log: string;
  /** Length in seconds, a multiple of the length of the windows of the totals. */
  readonly windowS: number;
  readonly latenessS: number;
  readonly errorStatusMin: number;
  readonly routesMax: number;
  readonly rewrite: Rewrite;
  /** How much finer than in a window of a minute: for a window that holds whole files. */
  readonly sizes?: DimensionSizes;
  /** Shared by all logs. */
  readonly rows: RowDimensions;
  /** Takes what was counted in windows that are forgotten. */
  readonly traffic?: TrafficTotals | undefined;
}

export interface DimensionsSnapshot {
  readonly windowS: number;
  readonly routes: HeavyHittersSnapshot;
  readonly upstreams: HeavyHittersSnapshot;
  readonly statuses: KeptValuesSnapshot;
  readonly countries: KeptValuesSnapshot;
  readonly windows: readonly DimensionWindowSnapshot[];
}

const UPSTREAMS_MAX = 32;
const UPSTREAM_CANDIDATES_MAX = 128;
/** Of routes; the same whatever their limit is, so that a checkpoint outlives a change of it. */
const ROUTE_CANDIDATES_MAX = 512;
/** About the series of one window, for how much is handed over at a time. */
const SERIES_MAX = 150;

export class Dimensions {
  /** Requests added to `other` since the process started. */
  folded = 0;
  readonly #options: DimensionsOptions;
  readonly #choices: Choices;
  readonly #topLists: TopLists;
  readonly #byStart = new Map<number, DimensionWindow>();
  #records: RecordBatch | undefined;
  /** The window of the last line. */
  #last: DimensionWindow | undefined;
  #lastEndS = 0;
  /** Rows of the last window that its dimensions do not hold yet; none between two batches. */
  readonly #waiting = new CountedRows();

  constructor(options: DimensionsOptions) {
    const { windowS, routesMax, sizes } = options;
    const scale = sizes?.scale ?? 1;
    this.#options = options;
    this.#topLists = new TopLists(sizes);
    const hitters = (keptMax: number, candidatesMax: number) =>
      new HeavyHitters({ keptMax, candidatesMax, windowS, shape: ROW_SHAPE });
    this.#choices = {
      routes: hitters(routesMax, scale * ROUTE_CANDIDATES_MAX),
      upstreams: hitters(UPSTREAMS_MAX, scale * UPSTREAM_CANDIDATES_MAX),
      statuses: new KeptValues(STATUSES, KEPT_VALUES_MAX, windowS),
      countries: new KeptValues(COUNTRIES, KEPT_VALUES_MAX, windowS),
    };
  }

  /** Routes and upstreams with a series of their own. */
  get series(): number {
    return this.#choices.routes.keptCount + this.#choices.upstreams.keptCount;
  }

  get openWindows(): number {
    return this.#byStart.size;
  }

  /** Series of windows that no line can change any more. */
  overdueSeries(time: EventTime): number {
    let series = 0;
    for (const window of this.#byStart.values()) {
      if (this.#isClosed(window, time)) series += Math.min(window.lines, SERIES_MAX);
    }
    return series;
  }

  /** The rows that the next calls are about; `rows` has looked them up. */
  begin(records: RecordBatch): void {
    this.#records = records;
    this.#last = undefined;
  }

  /** All rows that begin() was about have been given to count(): counts those that still wait. */
  end(): void {
    this.#flush();
  }

  /** Counts the rows that wait, all of one window. */
  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#last?.count(waiting, this.#options.rows);
    waiting.length = 0;
  }

  /**
   * The newest event time goes on from `fromS` to `toS`, and the watermark to `watermarkS`; the line
   * that did it is not counted yet.
   */
  advance(fromS: number, toS: number, watermarkS: number): void {
    if (fromS === NEVER) return;
    const { windowS, latenessS } = this.#options;
    for (const window of this.#byStart.values()) {
      if (window.isComplete || window.startS + windowS + latenessS > watermarkS) continue;
      this.#flush();
      window.complete();
    }
    const windows = Math.floor(toS / windowS) - Math.floor(fromS / windowS);
    if (windows === 0) return;
    this.#flush();
    const openFromS = fromS - latenessS - windowS + 1;
    const { routes, upstreams, statuses, countries } = this.#choices;
    for (const one of [routes, upstreams, statuses, countries]) one.cross(windows, openFromS);
  }

  /**
   * No line comes after the one of `newestS`: chooses for the open windows as at the next crossing.
   */
  endInput(newestS: number): void {
    this.advance(newestS, newestS + this.#options.windowS, NEVER);
  }

  /** Counts a row that LogWindows has counted, at the latest with `end()`. */
  count(row: number, atS: number, siteName: string, isOwn: boolean): void {
    const { rows, errorStatusMin } = this.#options;
    const records = this.#records;
    if (records === undefined) return;
    const last = this.#last;
    const isSame = last !== undefined && atS >= last.startS && atS < this.#lastEndS;
    const window = isSame ? last : this.#windowOf(atS, isOwn);
    const status = records.status[row] ?? 0;
    this.#waiting.add(
      row - rows.from,
      window.sites.indexOf(siteName),
      status,
      status >= errorStatusMin ? 1 : 0,
      records.bytesOut[row] ?? 0,
      records.requestMs[row] ?? -1,
    );
  }

  #windowOf(atS: number, isOwn: boolean): DimensionWindow {
    this.#flush();
    const { windowS } = this.#options;
    const startS = Math.floor(atS / windowS) * windowS;
    let window = this.#byStart.get(startS);
    if (window === undefined) {
      window = new DimensionWindow(startS, this.#choices, this.#topLists);
      this.#byStart.set(startS, window);
    }
    window.isOwn ||= isOwn;
    window.families |= this.#records?.families ?? 0;
    this.#last = window;
    this.#lastEndS = startS + windowS;
    return window;
  }

  /**
   * The windows to write now, oldest first. Call it after the totals have been taken; `time` is
   * theirs. They count as handed over, as those of LogWindows do.
   */
  takeDue(mode: DueMode, time: EventTime): SealedDimensions[] {
    const { log, windowS, rewrite } = this.#options;
    const untilS = this.#untilS(mode, time);
    const mayCorrect = rewrite === 'always' && (mode === 'live' || mode === 'caught-up');
    const sealed: SealedDimensions[] = [];
    const starts = [...this.#byStart.keys()].sort((a, b) => a - b);
    for (const startS of starts) {
      const window = this.#byStart.get(startS);
      if (window === undefined || !isOwed(window, time)) continue;
      const isOver = startS + windowS <= untilS;
      const isCorrection = mayCorrect && window.wasHandedOver;
      if (isOver || isCorrection || mode === 'last') sealed.push(window.seal(log));
    }
    this.#forgetClosed(time);
    return sealed;
  }

  /** Windows that end at or before this are over. */
  #untilS(mode: DueMode, time: EventTime): number {
    const { rewrite } = this.#options;
    if (mode === 'last') return Infinity;
    // Then the totals say which lines are still taken.
    return rewrite === 'never' ? time.closedUntilS : overS(mode, rewrite, time);
  }

  /** While everything is handed over once: windows that begin before this have been. */
  takenUntilS(mode: DueMode, time: EventTime): number {
    const { windowS } = this.#options;
    return Math.floor(this.#untilS(mode, time) / windowS) * windowS;
  }

  #isClosed({ startS }: DimensionWindow, time: EventTime): boolean {
    const { windowS, latenessS } = this.#options;
    const endS = startS + windowS;
    return endS + latenessS <= time.watermarkS || endS <= time.closedUntilS;
  }

  #forgetClosed(time: EventTime): void {
    const { windowS } = this.#options;
    for (const [startS, window] of this.#byStart) {
      const endS = startS + windowS;
      // Before the first own window there is only what a rotated predecessor left, which nobody writes.
      const isBefore = !window.isOwn && time.writtenUntilS === NEVER;
      const areTotalsWritten = time.writtenUntilS >= endS || isBefore;
      if (!areTotalsWritten || isOwed(window, time) || !this.#isClosed(window, time)) continue;
      this.#byStart.delete(startS);
      if (window.isOwn) this.#options.traffic?.addDimensions(window.seal(this.#options.log));
      window.close();
      this.folded += window.folded;
      if (this.#last === window) this.#last = undefined;
      time.forgotten.add(startS, endS);
    }
  }

  snapshot(): DimensionsSnapshot {
    return {
      windowS: this.#options.windowS,
      routes: this.#choices.routes.snapshot(),
      upstreams: this.#choices.upstreams.snapshot(),
      statuses: this.#choices.statuses.snapshot(),
      countries: this.#choices.countries.snapshot(),
      windows: Array.from(this.#byStart.values(), (window) => window.snapshot()),
    };
  }

  /** Takes up a snapshot; only on a new instance with windows of the same length. */
  restore(snapshot: DimensionsSnapshot): void {
    const { routes, upstreams, statuses, countries } = this.#choices;
    const routesAt = byStart(routes.restore(snapshot.routes));
    const upstreamsAt = byStart(upstreams.restore(snapshot.upstreams));
    statuses.restore(snapshot.statuses);
    countries.restore(snapshot.countries);
    for (const saved of snapshot.windows) {
      const { startS } = saved;
      const window = new DimensionWindow(
        startS,
        this.#choices,
        this.#topLists,
        routesAt.get(startS),
        upstreamsAt.get(startS),
      );
      window.restore(saved);
      this.#byStart.set(startS, window);
    }
  }
}

function byStart(all: readonly KeyTotals[]): ReadonlyMap<number, KeyTotals> {
  return new Map(all.map((one) => [one.startS, one]));
}

/** Changed since it was last written, and written at all. */
function isOwed(window: DimensionWindow, time: EventTime): boolean {
  const { isDirty, routes, upstreams } = window;
  const hasChanged = isDirty || routes.isDirty || upstreams.isDirty;
  return hasChanged && window.isOwn && !time.isLeftAlone(window.startS);
}
