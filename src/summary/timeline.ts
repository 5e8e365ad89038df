import { LATENCY_BOUNDS_MS } from '../aggregate/sealed-window.ts';

/**
 * Requests over time: a row of figures a step, for a span that is not known beforehand. It begins with
 * steps of `stepS`, and whenever there are more than STEPS_MAX it goes on with a longer one, so memory
 * is bounded whatever the span. Steps are aligned to the epoch.
 */
const STEPS_MAX = 2000;
/** Seconds; each is a multiple of the one before, so that steps can be put together. */
const LENGTHS_S = [
  1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 31_449_600, 3_144_960_000, 314_496_000_000,
];

const COUNT = 0;
/** 1xx … 5xx. */
const CLASSES = 1;
const TRAFFIC = 6;
const TIMED = 7;
const SUM_MS = 8;
const MAX_MS = 9;
const BINS = 10;
const COLUMNS = BINS + LATENCY_BOUNDS_MS.length + 1;

export interface Step {
  /** Epoch seconds. */
  readonly startS: number;
  readonly count: number;
  /** 1xx … 5xx. */
  readonly classes: readonly number[];
  readonly traffic: number;
  readonly latency: StepLatency;
}

/** In ms; `bins` by the bounds of LATENCY_BOUNDS_MS, then the open bin. */
export interface StepLatency {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  readonly bins: readonly number[];
}

export class Timeline {
  stepS: number;
  #rows = new Map<number, Float64Array>();
  #last: Float64Array | undefined;
  #lastStartS = Number.NaN;

  constructor(stepS: number) {
    this.stepS = stepS;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** One request; `ms` is -1 where it has no time, `bin` the bin of the time. */
  addRequest(atS: number, status: number, traffic: number, ms: number, bin: number): void {
    const row = this.#rowAt(atS);
    row[COUNT]!++;
    const statusClass = Math.floor(status / 100);
    if (statusClass >= 1 && statusClass <= 5) row[CLASSES + statusClass - 1]!++;
    row[TRAFFIC]! += traffic;
    if (ms < 0) return;
    row[TIMED]!++;
    row[SUM_MS]! += ms;
    row[MAX_MS] = Math.max(row[MAX_MS]!, ms);
    row[BINS + bin]!++;
  }

  /** Adds what is known of a step, or of a part of one. */
  add({ startS, count, classes, traffic, latency }: Step): void {
    const row = this.#rowAt(startS);
    row[COUNT]! += count;
    classes.forEach((requests, i) => (row[CLASSES + i]! += requests));
    row[TRAFFIC]! += traffic;
    row[TIMED]! += latency.count;
    row[SUM_MS]! += latency.sumMs;
    row[MAX_MS] = Math.max(row[MAX_MS]!, latency.maxMs);
    latency.bins.forEach((requests, i) => (row[BINS + i]! += requests));
  }

  #rowAt(atS: number): Float64Array {
    const startS = Math.floor(atS / this.stepS) * this.stepS;
    if (startS === this.#lastStartS && this.#last !== undefined) return this.#last;
    let row = this.#rows.get(startS);
    if (row === undefined) {
      row = new Float64Array(COLUMNS);
      this.#rows.set(startS, row);
      if (this.#rows.size > STEPS_MAX) {
        this.#lengthen();
        return this.#rowAt(atS);
      }
    }
    this.#last = row;
    this.#lastStartS = startS;
    return row;
  }

  #lengthen(): void {
    const steps = this.steps();
    this.stepS = LENGTHS_S.find((length) => length > this.stepS) ?? this.stepS * 100;
    this.#rows = new Map();
    this.#last = undefined;
    for (const step of steps) this.add(step);
  }

  /** The steps put together to longer ones; `stepS` must be a multiple of the length there is. */
  inStepsOf(stepS: number): Step[] {
    const longer = new Timeline(stepS);
    for (const step of this.steps()) longer.add(step);
    return longer.steps();
  }

  /** Steps that have requests, ascending. */
  steps(): Step[] {
    return Array.from(this.#rows, ([startS, row]) => ({
      startS,
      count: row[COUNT]!,
      classes: [...row.subarray(CLASSES, CLASSES + 5)],
      traffic: row[TRAFFIC]!,
      latency: {
        count: row[TIMED]!,
        sumMs: row[SUM_MS]!,
        maxMs: row[MAX_MS]!,
        bins: [...row.subarray(BINS)],
      },
    })).toSorted((a, b) => a.startS - b.startS);
  }
}
