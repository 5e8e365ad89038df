/** Colours mean the same everywhere, and the thresholds that several panels share stand here once. */

export type Color = 'green' | 'blue' | 'orange' | 'red' | 'purple' | 'yellow' | 'text';

/** Where a colour begins; the first has no lower bound. */
export type Step = readonly [from: number | null, color: Color];

export interface FieldOverride {
  /** Name of the series or column; a text between slashes is a regular expression. */
  readonly field: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const PLAIN: readonly Step[] = [[null, 'text']];

/** Green up to `orange`, red from `red` on; without the latter it never gets that bad. */
export function worseFrom(orange: number, red?: number): readonly Step[] {
  const steps: readonly Step[] = [
    [null, 'green'],
    [orange, 'orange'],
  ];
  return red === undefined ? steps : [...steps, [red, 'red']];
}

/** What must be nothing. */
export const NEVER: readonly Step[] = [
  [null, 'green'],
  [1, 'red'],
];

/** Share of failed requests: 1 % deserves a look, 5 % is an incident. The alert rules use the same. */
export const ERROR_RATIO = worseFrom(0.01, 0.05);

/** Milliseconds. Half a second feels slow, a second breaks the train of thought; edit to taste. */
export const LATENCY = worseFrom(500, 1000);

/** Times the requests of a day earlier: a fall to half is worse than a rise to one and a half. */
export const CHANGE: readonly Step[] = [
  [null, 'red'],
  [0.5, 'orange'],
  [0.8, 'green'],
  [1.5, 'orange'],
];

export const SHARE_GOOD: readonly Step[] = [
  [null, 'red'],
  [0.95, 'orange'],
  [0.99, 'green'],
];

export function thresholds(steps: readonly Step[]) {
  return { mode: 'absolute', steps: steps.map(([value, color]) => ({ value, color })) };
}

/** A unit, decimals and colours of their own for one series of a panel. */
export function own(
  field: string,
  unit: string,
  steps: readonly Step[] = PLAIN,
  decimals?: number,
): FieldOverride {
  const digits = decimals === undefined ? {} : { decimals };
  // Without its own colour mode an override's thresholds have no effect.
  const color = { mode: 'thresholds' };
  return { field, properties: { unit, ...digits, thresholds: thresholds(steps), color } };
}

export function fixed(
  field: string,
  color: Color,
  more: Record<string, unknown> = {},
): FieldOverride {
  return { field, properties: { color: { mode: 'fixed', fixedColor: color }, ...more } };
}

/** Several series that mean nearly the same: one colour, told apart by its brightness. */
function shades(field: string, color: Color): FieldOverride {
  return { field, properties: { color: { mode: 'shades', fixedColor: color } } };
}

export const CLASS_COLORS: readonly FieldOverride[] = [
  fixed('1xx', 'yellow'),
  fixed('2xx', 'green'),
  fixed('3xx', 'blue'),
  fixed('4xx', 'orange'),
  fixed('499', 'purple'),
  fixed('5xx', 'red'),
];

/** The colours of the values of a property: those of its class, and nothing alarming where nothing is alarming. */
export const VALUE_COLORS = {
  status: [
    shades('/^1/', 'yellow'),
    shades('/^2/', 'green'),
    shades('/^3/', 'blue'),
    shades('/^4/', 'orange'),
    shades('/^5/', 'red'),
    fixed('499', 'purple'),
  ],
  method: [shades('/./', 'blue')],
  cache: [
    shades('/./', 'blue'),
    fixed('HIT', 'green'),
    fixed('MISS', 'orange'),
    fixed('-', 'text'),
  ],
} as const satisfies Record<string, readonly FieldOverride[]>;

export const QUANTILE_COLORS: readonly FieldOverride[] = [
  fixed('p50', 'green'),
  fixed('p95', 'orange'),
  fixed('p99', 'red'),
];
