/** Colours mean the same everywhere, and the thresholds that several panels share stand here once. */

export type Color =
  | 'green'
  | 'blue'
  | 'orange'
  | 'red'
  | 'purple'
  | 'yellow'
  | 'text'
  | 'semi-dark-green'
  | 'semi-dark-red';

/** Where a colour begins; the first has no lower bound. */
export type Step = readonly [from: number | null, color: Color];

export interface FieldOverride {
  /** Name of the series or column. */
  readonly field: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const PLAIN: readonly Step[] = [[null, 'text']];

/** Share of failed requests: 1 % deserves a look, 5 % is an incident. The alert rules use the same. */
export const ERROR_RATIO: readonly Step[] = [
  [null, 'green'],
  [0.01, 'orange'],
  [0.05, 'red'],
];

/** Milliseconds. Half a second feels slow, a second breaks the train of thought; edit to taste. */
export const LATENCY: readonly Step[] = [
  [null, 'green'],
  [500, 'orange'],
  [1000, 'red'],
];

/** Change against an earlier day: a fall to half is worse than a rise to one and a half. */
export const CHANGE: readonly Step[] = [
  [null, 'red'],
  [-0.5, 'orange'],
  [-0.2, 'green'],
  [0.5, 'orange'],
];

export const SHARE_GOOD: readonly Step[] = [
  [null, 'red'],
  [0.95, 'orange'],
  [0.99, 'green'],
];

export function fixed(
  field: string,
  color: Color,
  more: Record<string, unknown> = {},
): FieldOverride {
  return { field, properties: { color: { mode: 'fixed', fixedColor: color }, ...more } };
}

export const CLASS_COLORS: readonly FieldOverride[] = [
  fixed('1xx', 'yellow'),
  fixed('2xx', 'green'),
  fixed('3xx', 'blue'),
  fixed('4xx', 'orange'),
  fixed('499', 'purple'),
  fixed('5xx', 'red'),
];

export const QUANTILE_COLORS: readonly FieldOverride[] = [
  fixed('p50', 'green'),
  fixed('p95', 'orange'),
  fixed('p99', 'red'),
  fixed('max', 'purple'),
];
