/**
 * One alert rule in the form of Grafana's provisioning files. A rule is a few queries, each reduced to
 * one number per series, an equation over them, and a threshold. Names of queries become letters in the
 * equation: `$errors` is the reduced query `errors`. Its words and its equation are in alerts.md.
 *
 * No front end is involved: there are no dashboard variables, `$__interval` would be 1 s, and the back
 * end knows `$timeFilter` only without braces. Series of two queries are joined when their labels are the
 * same, so the queries of one rule group by the same tags.
 */
import { DATASOURCE } from './panel.ts';
import { alertWords } from './words.ts';

export interface AlertQuery {
  readonly query: string;
  /** Seconds before now. */
  readonly from: number;
  /** Seconds before now; 30 leaves out what has not been written yet. */
  readonly to: number;
}

type State = 'OK' | 'Alerting' | 'KeepLast';

/** What a rule asks, by the names of its equation. */
export type AlertQueries = Readonly<Record<string, AlertQuery>>;

export interface AlertOptions {
  readonly keepFiringFor?: string;
  /** Both keep the state: neither silence nor an error of the database is an end of the trouble. */
  readonly noDataState?: State;
  readonly execErrState?: State;
  /** An environment variable of Grafana, `on` or `off`, and what counts where it is not set. */
  readonly switch?: { readonly variable: string; readonly unset: 'on' | 'off' };
}

const EXPRESSION = { type: '__expr__', uid: '__expr__' } as const;

function influxStep(refId: string, { query, from, to }: AlertQuery) {
  const text = { rawQuery: true, resultFormat: 'time_series', query };
  return {
    refId,
    relativeTimeRange: { from, to },
    datasourceUid: DATASOURCE.uid,
    model: { refId, datasource: DATASOURCE, ...text, intervalMs: 60_000, maxDataPoints: 43_200 },
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

function firing(refId: string, above: number) {
  const conditions = [{ evaluator: { type: 'gt', params: [above] } }];
  return expressionStep(refId, { type: 'threshold', expression: 'value', conditions });
}

/**
 * Provisioned rules cannot be switched on in the interface, and `isPaused` with a variable that is not set
 * keeps Grafana from starting. So the variable is a part of the condition's name: there is a step for
 * each of its values, and one for none.
 */
function conclusion(above: number, switched: AlertOptions['switch']) {
  if (switched === undefined) return { condition: 'firing', steps: [firing('firing', above)] };
  const off = (refId: string) =>
    expressionStep(refId, { type: 'math', expression: '${value} * 0' });
  const unset = switched.unset === 'on' ? firing('firing_', above) : off('firing_');
  return {
    condition: `firing_\${${switched.variable}}`,
    steps: [unset, firing('firing_on', above), off('firing_off')],
  };
}

function linkTo(uid: string, labels: readonly string[]): string {
  const values = labels.map((label) => `var-${label}={{ urlquery $labels.${label} }}`);
  return `{{ externalURL }}d/${uid}?from=now-1h&to=now${['', ...values].join('&')}`;
}

export function provisionedRule(uid: string, queries: AlertQueries, options: AlertOptions) {
  const { equation, above, panel, link, ...words } = alertWords(uid);
  const steps = Object.entries(queries).flatMap(([name, query]) => [
    influxStep(`${name}_raw`, query),
    expressionStep(name, {
      type: 'reduce',
      expression: `${name}_raw`,
      reducer: 'last',
      settings: { mode: 'dropNN' },
    }),
  ]);
  const expression = equation.replaceAll(/\$(\w+)/g, (_, name: string) => {
    if (queries[name] === undefined) throw new Error(`${uid}: no query is called ${name}`);
    return `\${${name}}`;
  });
  const { condition, steps: last } = conclusion(above, options.switch);
  const { keepFiringFor, noDataState = 'KeepLast', execErrState = 'KeepLast' } = options;
  return {
    uid,
    title: words.title,
    condition,
    data: [...steps, expressionStep('value', { type: 'math', expression }), ...last],
    for: words.for,
    ...(keepFiringFor === undefined ? {} : { keepFiringFor }),
    noDataState,
    execErrState,
    ...panel,
    labels: { severity: words.severity },
    annotations: {
      summary: words.summary,
      description: words.description,
      link: linkTo(link.dashboardUid, link.labels),
      // Panels, notifications and the history of states read these, not the keys of the rule.
      __dashboardUid__: panel.dashboardUid,
      __panelId__: String(panel.panelId),
    },
  };
}
