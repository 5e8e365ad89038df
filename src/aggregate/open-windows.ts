import { NEVER, type EventTime } from './time/event-time.ts';
import type { SiteTable } from './site/site-table.ts';
import type { TrafficTotals } from './traffic-totals.ts';
import { Window, type WindowSnapshot } from './window.ts';

/**
 * The windows of one log that are held in memory, and the lines that have none of their own.
 *
 * A line without an event time (unparsed) or with one that counts no more (late) is accounted for in
 * the *front* window, see EventTime; unparsed lines that come before anything with a time wait for
 * the first window.
 *
 * Bound: the windows within the allowed lateness, WINDOWS_AHEAD_MAX ahead of the clock, and while
 * reading back what PORTION of the pipeline allows to be overdue.
 */

/** At most so many windows ahead of the clock; a line for one more has no believable time. */
export const WINDOWS_AHEAD_MAX = 720;

export interface OpenWindowsSnapshot {
  readonly families: number;
  readonly waiting: Waiting;
  readonly windows: readonly WindowSnapshot[];
}

interface Waiting {
  readonly unparsed: number;
  readonly bytes: number;
  readonly isOwn: boolean;
}

const NOBODY_WAITS: Waiting = { unparsed: 0, bytes: 0, isOwn: false };

export class OpenWindows {
  /** Which FAMILY_* a window without a record is written with. */
  families = 0;
  readonly #time: EventTime;
  readonly #traffic: TrafficTotals | undefined;
  readonly #byStart = new Map<number, Window>();
  #waiting = NOBODY_WAITS;

  /** `traffic` takes what was counted in the windows that are forgotten. */
  constructor(time: EventTime, traffic?: TrafficTotals) {
    this.#time = time;
    this.#traffic = traffic;
  }

  get byStart(): ReadonlyMap<number, Window> {
    return this.#byStart;
  }

  /** The window that begins at `startS`; undefined when it would be one too many ahead of the clock. */
  openAt(startS: number): Window | undefined {
    const window = this.#byStart.get(startS);
    if (window !== undefined) return window;
    const isAhead = startS > this.#time.nowS;
    return isAhead && this.#countAhead() >= WINDOWS_AHEAD_MAX ? undefined : this.#open(startS);
  }

  addLate(bytes: number, isOwn: boolean): void {
    const front = this.#front();
    front.late++;
    front.touch(bytes, isOwn);
  }

  addUnparsed(lines: number, bytes: number, isOwn: boolean): void {
    if (this.#time.frontS === NEVER) {
      const waiting = this.#waiting;
      this.#waiting = {
        unparsed: waiting.unparsed + lines,
        bytes: waiting.bytes + bytes,
        isOwn: waiting.isOwn || isOwn,
      };
      return;
    }
    const front = this.#front();
    front.unparsed += lines;
    front.touch(bytes, isOwn);
  }

  /** Lets the lines that wait into the front window, if that is known by now. */
  admitWaiting(): void {
    if (this.#waiting.unparsed > 0 && this.#time.frontS !== NEVER) this.#front();
  }

  /** A window without a line is written as zeros; nothing of it need be kept. */
  quietAt(startS: number): Window {
    const window = new Window(startS);
    window.families = this.families;
    window.isOwn = true;
    return window;
  }

  keep(window: Window): void {
    this.#byStart.set(window.startS, window);
  }

  /** Drops the windows that no line can change any more, once they have been handed over. */
  forgetClosed(): void {
    const time = this.#time;
    const endedS = time.nowS - time.windowS - time.latenessS;
    for (const [startS, window] of this.#byStart) {
      const isOwed = window.isDirty && window.isOwn && !time.isLeftAlone(startS);
      // A window without a record, in a log without records, would never be passed by the watermark.
      const isIdle = window.counted + window.filtered === 0 && startS <= endedS;
      if (isOwed || !(isIdle || time.isClosed(startS))) continue;
      this.#byStart.delete(startS);
      if (window.isOwn && this.#traffic !== undefined) window.addTo(this.#traffic);
      if (window.lines > 0) time.forgotten.add(startS, startS + time.windowS);
    }
  }

  #countAhead(): number {
    if (this.#byStart.size < WINDOWS_AHEAD_MAX) return 0;
    let ahead = 0;
    for (const startS of this.#byStart.keys()) if (startS > this.#time.nowS) ahead++;
    return ahead;
  }

  /** Only called when the front is known. */
  #front(): Window {
    const startS = this.#time.frontS;
    return this.#byStart.get(startS) ?? this.#open(startS);
  }

  #open(startS: number): Window {
    const window = new Window(startS);
    window.families = this.families;
    this.#byStart.set(startS, window);
    const { unparsed, bytes, isOwn } = this.#waiting;
    if (unparsed > 0) {
      window.unparsed += unparsed;
      window.touch(bytes, isOwn);
      this.#waiting = NOBODY_WAITS;
    }
    return window;
  }

  snapshot(): OpenWindowsSnapshot {
    return {
      families: this.families,
      waiting: this.#waiting,
      windows: Array.from(this.#byStart.values(), (window) => window.snapshot()),
    };
  }

  restore(snapshot: OpenWindowsSnapshot, sites: SiteTable): void {
    this.families = snapshot.families;
    this.#waiting = snapshot.waiting;
    for (const window of snapshot.windows) {
      this.#byStart.set(window.startS, Window.restore(window, sites));
    }
  }
}
