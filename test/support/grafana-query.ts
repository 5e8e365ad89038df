/**
 * What becomes of a query on its way from a dashboard to InfluxDB, as it was seen in Grafana 12.4: the
 * front end replaces the variables, the back end `$timeFilter` and a bare `$__interval`. An alert rule
 * passes through the back end alone.
 */
import type { LintVariable } from '../../scripts/dashboard-lint/lint-queries.ts';

export interface View {
  readonly fromMs: number;
  readonly toMs: number;
  /** Chosen values by variable; a variable that is not there stands at All, or at its first option. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
  /** Bucket; left out, Grafana's own rule chooses it. */
  readonly intervalMs?: number;
}

export interface QueryOptions {
  /** As in the panel: `30s`. */
  readonly interval?: string;
  readonly maxDataPoints?: number;
}

type DashboardVariable = LintVariable & {
  readonly allValue?: string;
  readonly current?: { readonly text: string | string[]; readonly value: string | string[] };
};

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = UNITS[unit ?? ''];
  if (amount === undefined || ms === undefined) throw new Error(`${text} is no interval`);
  return Number(amount) * ms;
}

/** The steps that Grafana rounds an interval to. */
const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000,
  43_200_000, 86_400_000, 604_800_000,
];

function roundedIntervalMs(ms: number): number {
  const index = STEPS_MS.findIndex((step, i) => ms < (step + (STEPS_MS[i + 1] ?? step)) / 2);
  return STEPS_MS[index] ?? 604_800_000;
}

function asText(ms: number): string {
  for (const [unit, size] of Object.entries(UNITS).toReversed())
    if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

function regexEscaped(value: string): string {
  return value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

/** The retention policies of a database that was set up with our rollups. */
const POLICIES = ['autogen', 'rollup_5m', 'rollup_1h'];

/** An interval variable at auto: the range in so many steps. */
function autoInterval(variable: DashboardVariable, view: View): string {
  const wanted = roundedIntervalMs((view.toMs - view.fromMs) / (variable.auto_count ?? 30));
  return asText(Math.max(durationMs(variable.auto_min ?? '10s'), wanted));
}

/** What a variable's regular expression leaves of the answer, itself with other variables in it. */
export function picked(
  variable: LintVariable,
  view: View,
  variables: readonly DashboardVariable[],
  values: readonly string[] = POLICIES,
): string[] {
  const text = (variable.regex ?? '').replaceAll(/\$\{(\w+)\}/g, (use, name: string) => {
    const other = variables.find((one) => one.name === name && one.type === 'interval');
    if (other === undefined) throw new Error(`${use} is no interval variable`);
    return autoInterval(other, view);
  });
  const [, pattern = ''] = /^\/(.*)\/$/.exec(text) ?? [];
  return values.filter((value) => new RegExp(pattern).test(value));
}

function chosen(
  variable: DashboardVariable,
  view: View,
  variables: readonly DashboardVariable[],
): string | readonly string[] {
  const value = view.values?.[variable.name];
  if (value !== undefined) return value;
  if (variable.includeAll === true) return '$__all';
  // Of a variable with one value the first of the answer is taken; without one it is empty.
  if (variable.regex !== undefined) return picked(variable, view, variables)[0] ?? '';
  return variable.current?.value ?? '';
}

/** The text of a variable in a query, by the rules of the InfluxDB plugin. */
function interpolated(
  variable: DashboardVariable,
  view: View,
  variables: readonly DashboardVariable[],
): string {
  const value = chosen(variable, view, variables);
  if (value === '$__all') return variable.allValue ?? '.*';
  if (variable.multi !== true && variable.includeAll !== true) return String(value);
  if (typeof value === 'string') return regexEscaped(value);
  return `(${value.map(regexEscaped).join('|')})`;
}

function replaced(
  text: string,
  view: View,
  variables: readonly DashboardVariable[],
  own: Readonly<Record<string, string>>,
): string {
  const unescapedVariables = new Set(
    variables
      .filter((one) => one.multi !== true && one.includeAll !== true)
      .map(({ name }) => name),
  );
  return text.replaceAll(
    /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g,
    (use: string, braced?: string, format?: string, bare?: string, at?: number) => {
      const name = braced ?? bare ?? '';
      const isLeftToTheBackEnd =
        bare !== undefined && /^(timeFilter|__interval|__interval_ms)$/.test(bare);
      const isInTrap = text.slice(0, at).includes('/') && text.slice(at).includes('/');
      const isUnescaped = unescapedVariables.has(name) || name.startsWith('__');
      if (bare !== undefined && isInTrap && isUnescaped)
        throw new Error(`Grafana would escape ${use} in ${text}`);
      if (isLeftToTheBackEnd) return use;
      if (own[name] !== undefined) return own[name];
      const variable = variables.find((one) => one.name === name);
      if (variable === undefined) throw new Error(`${use} is no variable, in ${text}`);
      if (format !== undefined) throw new Error(`the format of ${use} is not known here`);
      return interpolated(variable, view, variables);
    },
  );
}

function backEnd(text: string, fromMs: number, toMs: number, intervalMs: number): string {
  return text
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll('$__interval_ms', String(intervalMs))
    .replaceAll('$__interval', asText(intervalMs));
}

export function dashboardQuery(
  text: string,
  view: View,
  variables: readonly LintVariable[],
  options: QueryOptions = {},
): { readonly influxql: string; readonly intervalMs: number } {
  const rangeMs = view.toMs - view.fromMs;
  const range = {
    __from: String(view.fromMs),
    __to: String(view.toMs),
  };
  const leastMs = durationMs(replaced(options.interval ?? '10s', view, variables, {}));
  const wanted = roundedIntervalMs(rangeMs / (options.maxDataPoints ?? 1000));
  const intervalMs = view.intervalMs ?? Math.max(leastMs, wanted);
  const own = { ...range, __interval: asText(intervalMs), __interval_ms: String(intervalMs) };
  const influxql = backEnd(
    replaced(text, view, variables, own),
    view.fromMs,
    view.toMs,
    intervalMs,
  );
  return { influxql, intervalMs };
}

/** `from` and `to` are the rule's seconds before now. */
export function alertQuery(
  text: string,
  nowMs: number,
  range: { readonly from: number; readonly to: number },
): string {
  return backEnd(text, nowMs - range.from * 1000, nowMs - range.to * 1000, 60_000);
}
