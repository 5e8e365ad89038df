/**
 * What Grafana makes of an alert rule: every query by itself over its own time range, reduced to a number
 * per series, the equation for the series that all queries have, the threshold. Only the parts of
 * Grafana's expressions that our rules use.
 */
import type { ProvisionedAlertRule } from '../../scripts/dashboard-lint/lint-alerts.ts';
import { alertQuery } from './grafana-query.ts';
import type { Influx, InfluxSeries } from './influxdb.ts';

type Step = ProvisionedAlertRule['data'][number];
/** By the labels of the series, as text. */
type Numbers = ReadonlyMap<string, number>;

export interface AlertState {
  /** Labels of the series over the threshold. */
  readonly firing: readonly string[];
  /** No query gave a series. */
  readonly isNoData: boolean;
}

function reduce(series: InfluxSeries, reducer: string): number | undefined {
  // dropNN: nulls are left out first.
  const values = series.values.flatMap((row) =>
    row.slice(1).filter((one) => typeof one === 'number'),
  );
  if (reducer === 'last') return values.at(-1);
  if (reducer === 'max') return values.length === 0 ? undefined : Math.max(...values);
  throw new Error(`the reducer ${reducer} is not known here`);
}

function labelsOf(series: InfluxSeries): string {
  return Object.entries(series.tags ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

const OPERATORS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  {
    '>=': (a, b) => Number(a >= b),
    '<=': (a, b) => Number(a <= b),
    '>': (a, b) => Number(a > b),
    '<': (a, b) => Number(a < b),
    '==': (a, b) => Number(a === b),
  },
  { '*': (a, b) => a * b },
];

/** Numbers, `${name}`, parentheses, comparisons and products. */
export function calculate(expression: string, valueOf: (name: string) => number): number {
  const tokens = expression.match(/\$\{\w+\}|\d+(?:\.\d+)?|>=|<=|==|[<>*()]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(' ', ''))
    throw new Error(`cannot read ${expression}`);
  let at = 0;
  const operand = (): number => {
    const token = tokens[at++] ?? '';
    if (token === '(') {
      const inside = level(0);
      if (tokens[at++] !== ')') throw new Error(`a parenthesis is open in ${expression}`);
      return inside;
    }
    return token.startsWith('$') ? valueOf(token.slice(2, -1)) : Number(token);
  };
  const level = (depth: number): number => {
    const operators = OPERATORS[depth];
    if (operators === undefined) return operand();
    let left = level(depth + 1);
    for (
      let apply = operators[tokens[at] ?? ''];
      apply !== undefined;
      apply = operators[tokens[at] ?? '']
    ) {
      at += 1;
      left = apply(left, level(depth + 1));
    }
    return left;
  };
  const result = level(0);
  if (at !== tokens.length) throw new Error(`something is left over in ${expression}`);
  return result;
}

async function numbersOf(influx: Influx, db: string, step: Step, reducer: string, nowMs: number) {
  const series = await influx.query(
    alertQuery(step.model.query ?? '', nowMs, step.relativeTimeRange),
    db,
  );
  const numbers = new Map<string, number>();
  for (const one of series) {
    const number = reduce(one, reducer);
    if (number !== undefined) numbers.set(labelsOf(one), number);
  }
  return numbers;
}

export async function evaluateRule(
  influx: Influx,
  db: string,
  rule: ProvisionedAlertRule,
  nowMs: number,
  switchedTo: 'on' | 'off' | '' = 'on',
): Promise<AlertState> {
  const byName = new Map<string, Numbers>();
  for (const { refId, model } of rule.data) {
    if (model.type !== 'reduce') continue;
    const source = rule.data.find((step) => step.refId === model.expression);
    if (source === undefined) throw new Error(`${rule.uid}: ${refId} reduces nothing`);
    const { reducer } = model as unknown as { reducer: string };
    byName.set(refId, await numbersOf(influx, db, source, reducer, nowMs));
  }
  const step = (refId: string) => rule.data.find((one) => one.refId === refId)?.model;
  const equation = step('value')?.expression ?? '';
  // A condition that is no threshold is that of a rule which is switched off: the value times zero.
  const condition = step(rule.condition.replace(/\$\{\w+\}$/, switchedTo)) as unknown as {
    conditions?: { evaluator: { type: string; params: number[] } }[];
  };
  const limit = condition.conditions?.[0]?.evaluator.params[0] ?? Number.POSITIVE_INFINITY;
  // A query that is for the words alone joins nothing.
  const used = [...byName].filter(([name]) => equation.includes(`\${${name}}`));
  const [first = new Map<string, number>(), ...others] = used.map(([, numbers]) => numbers);
  const shared = [...first.keys()].filter((labels) => others.every((one) => one.has(labels)));
  const firing = shared.filter(
    (labels) => calculate(equation, (name) => byName.get(name)?.get(labels) ?? Number.NaN) > limit,
  );
  return { firing, isNoData: [...byName.values()].every((numbers) => numbers.size === 0) };
}
