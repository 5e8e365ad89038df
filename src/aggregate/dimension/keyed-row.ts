import { COARSE_LATENCY_BOUNDS_MS, type CoarseLatency } from './sealed-dimensions.ts';
import type { RowShape } from './key-totals.ts';

/**
 * The columns of a route's or an upstream's figures in key-totals.ts. Both have the same ones, so
 * that adding a request is the same few lines for both.
 */
const COUNT = 0;
const TRAFFIC = 1;
const ERRORS = 2;
/** 2xx … 5xx stand at CLASSES … CLASSES + 3. */
const CLASSES = 3;
const RETRIES = 7;
const RT_COUNT = 8;
const RT_SUM = 9;
const RT_MAX = 10;
const BINS = 11;

const OPEN_BIN = COARSE_LATENCY_BOUNDS_MS.length;

export const ROW_SHAPE: RowShape = { columns: BINS + OPEN_BIN + 1, greatest: [RT_MAX] };

/** Counts one request in the row that begins at `at`; `ms` is -1 where it has no time. */
export function addRequest(
  values: Float64Array,
  at: number,
  status: number,
  errors: number,
  traffic: number,
  ms: number,
): void {
  values[at + COUNT] = (values[at + COUNT] ?? 0) + 1;
  values[at + TRAFFIC] = (values[at + TRAFFIC] ?? 0) + traffic;
  values[at + ERRORS] = (values[at + ERRORS] ?? 0) + errors;
  if (status >= 200 && status < 600) {
    const column = at + CLASSES - 2 + ((status / 100) | 0);
    values[column] = (values[column] ?? 0) + 1;
  }
  if (ms < 0) return;
  values[at + RT_COUNT] = (values[at + RT_COUNT] ?? 0) + 1;
  values[at + RT_SUM] = (values[at + RT_SUM] ?? 0) + ms;
  if (ms > (values[at + RT_MAX] ?? 0)) values[at + RT_MAX] = ms;
  const bin = at + BINS + coarseBin(ms);
  values[bin] = (values[bin] ?? 0) + 1;
}

export function addRetries(values: Float64Array, at: number, retries: number): void {
  values[at + RETRIES] = (values[at + RETRIES] ?? 0) + retries;
}

/** Index of the first power of two that is not less. */
function coarseBin(ms: number): number {
  const bin = ms <= 1 ? 0 : 32 - Math.clz32(ms - 1);
  return bin < OPEN_BIN ? bin : OPEN_BIN;
}

export interface RowFigures {
  readonly count: number;
  readonly traffic: number;
  readonly errors: number;
  readonly classes: readonly [number, number, number, number];
  readonly retries: number;
  readonly latency: CoarseLatency | undefined;
}

export function figuresOf(values: Float64Array, hasLatency: boolean): RowFigures {
  const at = (column: number): number => values[column] ?? 0;
  return {
    count: at(COUNT),
    traffic: at(TRAFFIC),
    errors: at(ERRORS),
    classes: [at(CLASSES), at(CLASSES + 1), at(CLASSES + 2), at(CLASSES + 3)],
    retries: at(RETRIES),
    latency: hasLatency
      ? {
          count: at(RT_COUNT),
          sumMs: at(RT_SUM),
          maxMs: at(RT_MAX),
          bins: [...values.subarray(BINS, BINS + OPEN_BIN + 1)],
        }
      : undefined,
  };
}
