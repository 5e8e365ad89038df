/** When one log was looked at, and when it is due again. All times are monotonic. */

/** A log with newer lines than this is looked at by a timer, a quiet one when its folder says so. */
const BUSY_MS = 2000;
/** The timer. */
export const LOOK_MS = 250;
/** Old files are looked at for late lines at each poll for so long, and then only now and then. */
const LATE_WRITER_MS = 60_000;
const THOROUGH_MS = 60_000;

export interface LookTimesOptions {
  readonly pollIntervalMs: number;
  /** How often a quiet log is looked at. */
  readonly sweepMs: (folder: string) => number;
}

export class LookTimes {
  readonly #options: LookTimesOptions;
  readonly #folder: string;
  lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Unless an event comes first. */
  dueMs = Number.NEGATIVE_INFINITY;
  #linesAtMs = Number.NEGATIVE_INFINITY;
  #thoroughAtMs = Number.NEGATIVE_INFINITY;
  #pathSeenMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string, options: LookTimesOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Lines flow. */
  isBusy(nowMs: number): boolean {
    return nowMs - this.#linesAtMs < BUSY_MS;
  }

  /** Something may have happened to the log: it is looked at by then. */
  touch(byMs: number): void {
    this.dueMs = Math.min(this.dueMs, byMs);
    this.#pathSeenMs = Number.NEGATIVE_INFINITY;
  }

  noteLines(nowMs: number): void {
    this.#linesAtMs = nowMs;
    this.noteLook(nowMs);
  }

  noteLook(nowMs: number): void {
    const { pollIntervalMs, sweepMs } = this.#options;
    this.lookedAtMs = nowMs;
    const everyMs = this.isBusy(nowMs) ? Math.min(LOOK_MS, pollIntervalMs) : sweepMs(this.#folder);
    this.dueMs = nowMs + everyMs;
  }

  /** A look at all files of the log, and at its path. */
  noteThorough(nowMs: number): void {
    this.noteLook(nowMs);
    this.#thoroughAtMs = nowMs;
    this.#pathSeenMs = nowMs;
  }

  /** `retiredMs`: when an old file that may still be written to was last heard of; 0 for none. */
  isThoroughDue(nowMs: number, retiredMs: number): boolean {
    const isRecent = retiredMs > 0 && nowMs - retiredMs < LATE_WRITER_MS;
    const everyMs = isRecent ? this.#options.pollIntervalMs : THOROUGH_MS;
    return nowMs - this.#thoroughAtMs >= everyMs;
  }

  /** Whether the path is to be looked at, too; it counts as done. */
  takePathDue(nowMs: number): boolean {
    if (nowMs - this.#pathSeenMs < this.#options.pollIntervalMs) return false;
    this.#pathSeenMs = nowMs;
    return true;
  }
}
