/** Rules on provisioned alert rules. */
export interface ProvisionedAlertRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange: { readonly from: number; readonly to: number };
    readonly model: {
      readonly refId: string;
      readonly query?: string;
      readonly type?: string;
      readonly expression?: string;
    };
  }[];
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly isPaused?: boolean;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const NO_DATA_STATES = new Set(['NoData', 'Alerting', 'OK', 'KeepLast']);
const EXEC_ERR_STATES = new Set(['Error', 'Alerting', 'OK', 'KeepLast']);
/** The only rule that means something by silence; the others would fire on a site without visitors. */
const DEAD_MAN = 'meter-silent';

type Fault = [rule: string, what: string];

function tagsOf(query: string): string {
  const [, terms = ''] = /GROUP BY ((?:(?!GROUP BY).)*)$/.exec(query) ?? [];
  return [...terms.matchAll(/"(\w+)"/g)].map(([, tag]) => tag).join(',');
}

function lintAlertQuery(query: string): Fault[] {
  const found: Fault[] = [];
  if (!query.includes('$timeFilter')) found.push(['alert-time', 'its query has no $timeFilter']);
  // No front end takes part, so nothing replaces these.
  for (const [use] of query.matchAll(/\$\{\w+\}|\$(?!timeFilter\b)\w+/g))
    found.push(['alert-variables', `${use} is not known where alert rules run`]);
  return found;
}

export function lintAlertRule(rule: ProvisionedAlertRule, datasource: string): Fault[] {
  const found: Fault[] = [];
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(rule.uid))
    found.push(['alert-uid', 'Grafana refuses this uid']);
  const refIds = rule.data.map(({ refId }) => refId);
  if (!refIds.includes(rule.condition)) found.push(['alert-condition', 'its condition is no step']);
  for (const { model } of rule.data)
    for (const [, braced, plain] of (model.expression ?? '').matchAll(/\$\{(\w+)\}|^(\w+)$/g))
      if (!refIds.includes(braced ?? plain ?? ''))
        found.push([
          'alert-condition',
          `${model.refId} refers to ${braced ?? plain}, which is no step`,
        ]);
  const queries = rule.data.filter(({ datasourceUid }) => datasourceUid !== '__expr__');
  if (queries.length === 0) found.push(['alert-time', 'asks nothing']);
  for (const { datasourceUid, model, relativeTimeRange } of queries) {
    if (datasourceUid !== datasource) found.push(['datasource-uid', `does not read ${datasource}`]);
    if (relativeTimeRange.from <= relativeTimeRange.to)
      found.push(['alert-time', `${model.refId} has an empty range`]);
    found.push(...lintAlertQuery(model.query ?? ''));
  }
  if (new Set(queries.map(({ model }) => tagsOf(model.query ?? ''))).size > 1)
    found.push(['alert-labels', 'its queries group by other tags, so their series are not joined']);
  if (!NO_DATA_STATES.has(rule.noDataState) || !EXEC_ERR_STATES.has(rule.execErrState))
    found.push(['alert-states', 'Grafana does not know its states']);
  if ((rule.noDataState === 'Alerting') !== (rule.uid === DEAD_MAN))
    found.push(['alert-states', `only ${DEAD_MAN} may fire on no data`]);
  if (!['critical', 'warning', 'info'].includes(rule.labels['severity'] ?? ''))
    found.push(['alert-severity', 'has no severity']);
  // Labels are expanded by the provisioning file's own rules; a bare $ would be taken for the environment.
  if (Object.values(rule.labels).some((text) => /(?<!\$)\$(?!\$)/.test(text)))
    found.push(['alert-labels-env', 'a $ in a label is taken for an environment variable']);
  for (const key of ['summary', 'description'])
    if ((rule.annotations[key] ?? '').length < 20) found.push(['alert-text', `has no ${key}`]);
  return found;
}
