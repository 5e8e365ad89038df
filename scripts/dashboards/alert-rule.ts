/**
 * One alert rule in the form of Grafana's provisioning files. A rule is a few queries, each reduced to
 * one number per series, an equation over them, and a threshold. Names of queries become letters in the
 * equation: `$errors` is the reduced query `errors`.
 *
 * No front end is involved: there are no dashboard variables, `$__interval` would be 1 s, and the back
 * end knows `$timeFilter` only without braces. Series of two queries are joined when their labels are the
 * same, so the queries of one rule group by the same tags.
 */
import { DATASOURCE } from './panel.ts';

export interface AlertQuery {
  readonly query: string;
  /** Seconds before now. */
  readonly from: number;
  /** Seconds before now; 30 leaves out what has not been written yet. */
  readonly to: number;
  /** What becomes of several points of a series. */
  readonly reducer?: 'last' | 'max' | 'sum';
}

export interface AlertRule {
  readonly uid: string;
  readonly title: string;
  readonly queries: Readonly<Record<string, AlertQuery>>;
  /** Over the names of the queries, `$errors / $requests`. */
  readonly equation: string;
  readonly above: number;
  readonly for: string;
  readonly keepFiringFor?: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly noDataState: 'OK' | 'Alerting';
  readonly execErrState: 'KeepLast' | 'Alerting';
  readonly isPaused?: boolean;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly summary: string;
  /** What to do. */
  readonly description: string;
}

const EXPRESSION = { type: '__expr__', uid: '__expr__' } as const;

function influxStep(refId: string, query: AlertQuery) {
  return {
    refId,
    relativeTimeRange: { from: query.from, to: query.to },
    datasourceUid: DATASOURCE.uid,
    model: {
      refId,
      datasource: DATASOURCE,
      rawQuery: true,
      resultFormat: 'time_series',
      query: query.query,
      intervalMs: 60_000,
      maxDataPoints: 43_200,
    },
  };
}

function expressionStep(refId: string, model: Record<string, unknown>) {
  return {
    refId,
    relativeTimeRange: { from: 0, to: 0 },
    datasourceUid: EXPRESSION.uid,
    model: { refId, datasource: EXPRESSION, ...model },
  };
}

function reduceStep(refId: string, expression: string, reducer: string) {
  const settings = { mode: 'dropNN' };
  return expressionStep(refId, { type: 'reduce', expression, reducer, settings });
}

export function provisionedRule(rule: AlertRule) {
  const names = Object.keys(rule.queries);
  const steps = Object.entries(rule.queries).flatMap(([name, query]) => [
    influxStep(`${name}_raw`, query),
    reduceStep(name, `${name}_raw`, query.reducer ?? 'last'),
  ]);
  for (const [, used] of rule.equation.matchAll(/\$(\w+)/g))
    if (!names.includes(used ?? '')) throw new Error(`${rule.uid}: no query is called ${used}`);
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'firing',
    data: [
      ...steps,
      expressionStep('value', {
        type: 'math',
        expression: rule.equation.replaceAll(/\$(\w+)/g, '${$1}'),
      }),
      expressionStep('firing', {
        type: 'threshold',
        expression: 'value',
        conditions: [{ evaluator: { type: 'gt', params: [rule.above] } }],
      }),
    ],
    for: rule.for,
    ...(rule.keepFiringFor === undefined ? {} : { keepFiringFor: rule.keepFiringFor }),
    noDataState: rule.noDataState,
    execErrState: rule.execErrState,
    ...(rule.isPaused === true ? { isPaused: true } : {}),
    dashboardUid: rule.dashboardUid,
    panelId: rule.panelId,
    labels: { severity: rule.severity },
    annotations: { summary: rule.summary, description: rule.description },
  };
}
