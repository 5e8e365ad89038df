import { NEVER, type EventTime } from './event-time.ts';
import type { Window } from '../window.ts';

/**
 * When a window is over, and which windows to hand over. Pure functions of the marks in EventTime
 * and of the windows that are open.
 *
 * When a window counts as over. `catching-up`: only when no later line can change it, so that a
 * window once written in full is never overwritten by a part of it; `live`: by the watermark;
 * `caught-up`: by the wall clock too; `last`: everything that holds a line, whatever the time. Where
 * points are never rewritten, every mode but `last` waits until no later line can change the window.
 */
export type DueMode = 'catching-up' | 'live' | 'caught-up' | 'last';

export type Rewrite = 'always' | 'never';

/** How long after a window's end, by the clock, nginx is given to write its last lines. */
const GRACE_S = 1;
/** A longer gap in a log is left empty: nginx, or its log, was off. */
const GAP_MAX_S = 86_400;

/** Windows that end at or before this time are over; aligned. */
export function dueUntilS(mode: DueMode, rewrite: Rewrite, time: EventTime): number {
  if (mode === 'last') return time.frontS === NEVER ? NEVER : time.frontS + time.windowS;
  return time.align(overS(mode, rewrite, time));
}

/** The same for windows of any length, not aligned, and not for `last`. */
export function overS(mode: DueMode, rewrite: Rewrite, time: EventTime): number {
  const isByClock = mode === 'caught-up';
  const untilS = isByClock ? Math.max(time.watermarkS, time.nowS - GRACE_S) : time.watermarkS;
  const isHeldBack = mode === 'catching-up' || rewrite === 'never';
  return isHeldBack ? untilS - time.latenessS : untilS;
}

/**
 * Where the row of windows begins that have not been handed over yet; undefined while that is
 * open. A log that was never written begins after what is left alone, or with its first window; without
 * any, once all of it has been read, with the first window that begins from now on.
 */
export function beginS(
  mode: DueMode,
  windows: ReadonlyMap<number, Window>,
  time: EventTime,
): number | undefined {
  if (time.writtenUntilS !== NEVER) return time.writtenUntilS;
  if (time.leaveAloneUntilS !== NEVER) return time.leaveAloneUntilS;
  let firstS = Infinity;
  for (const [startS, window] of windows) {
    if (window.isOwn && !time.isLeftAlone(startS)) firstS = Math.min(firstS, startS);
  }
  if (firstS !== Infinity) return firstS;
  return mode === 'caught-up' ? time.align(time.nowS - GRACE_S) + time.windowS : undefined;
}

export interface Due {
  /** Starts of the windows to hand over, ascending: changed ones, and quiet ones. */
  readonly starts: readonly number[];
  /** Once they are handed over, no window that begins before this is owed. */
  readonly settledS: number;
}

/** What to hand over; quiet windows from `fromS` on. */
export function dueWindows(
  mode: DueMode,
  rewrite: Rewrite,
  windows: ReadonlyMap<number, Window>,
  time: EventTime,
  fromS: number,
): Due {
  const untilS = dueUntilS(mode, rewrite, time);
  const mayCorrect = mode === 'live' || mode === 'caught-up';
  const starts: number[] = [];
  const over: number[] = [];
  for (const [startS, window] of windows) {
    if (!window.isOwn || time.isLeftAlone(startS)) continue;
    const isOver = startS + time.windowS <= untilS;
    if (isOver) over.push(startS);
    if (!window.isDirty) continue;
    const isCorrection = mayCorrect && rewrite === 'always' && startS < fromS;
    if (isOver || isCorrection || mode === 'last') starts.push(startS);
  }
  over.sort((a, b) => a - b);
  const isQuiet = (startS: number) => !windows.has(startS) && !time.forgotten.has(startS);
  const quietFromS = Math.max(fromS, time.leaveAloneUntilS);
  // The line that ended a gap has come: then the gap reaches up to its window, however much is due.
  const resumesS = mode === 'caught-up' ? Infinity : firstFrom(windows, untilS);
  const lastS = Math.max(quietFromS, (over.at(-1) ?? -Infinity) + time.windowS);
  const isInGap = resumesS !== Infinity && resumesS - lastS > GAP_MAX_S;
  const quietUntilS = isInGap ? Math.min(lastS, untilS) : untilS;
  addQuiet(starts, over, isQuiet, quietFromS, quietUntilS, time.windowS);
  starts.sort((a, b) => a - b);
  return { starts, settledS: isInGap ? resumesS : untilS };
}

/** The earliest window from `atS` on that holds a line of its own. */
function firstFrom(windows: ReadonlyMap<number, Window>, atS: number): number {
  let firstS = Infinity;
  for (const [startS, window] of windows) {
    if (window.isOwn && startS >= atS && startS < firstS) firstS = startS;
  }
  return firstS;
}

/** Adds the starts in [fromS, untilS) that never had a line, except in gaps that are too long. */
function addQuiet(
  starts: number[],
  over: readonly number[],
  isQuiet: (startS: number) => boolean,
  fromS: number,
  untilS: number,
  windowS: number,
): void {
  let nextS = fromS;
  for (const gapEndS of [...over, untilS]) {
    if (gapEndS - nextS > GAP_MAX_S) nextS = gapEndS;
    for (; nextS < gapEndS; nextS += windowS) {
      if (isQuiet(nextS)) starts.push(nextS);
    }
    nextS = Math.max(nextS, gapEndS + windowS);
  }
}
