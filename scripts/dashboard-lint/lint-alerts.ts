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
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const NO_DATA_STATES = new Set(['NoData', 'Alerting', 'OK', 'KeepLast']);
const EXEC_ERR_STATES = new Set(['Error', 'Alerting', 'OK', 'KeepLast']);
/** The only rule that fires when there is no data, and the only one that does when the database has no answer. */
const DEAD_MAN = 'meter-silent';
const NO_ANSWER = 'database-silent';

type Fault = [rule: string, what: string];

/** What the series of a query are told apart by. */
export function tagsOf(query: string): string[] {
  const [, terms = ''] = /GROUP BY ((?:(?!GROUP BY).)*)$/.exec(query) ?? [];
  return [...terms.matchAll(/"(\w+)"/g)].map(([, tag]) => tag ?? '');
}

/** The names that a condition may have: a variable of Grafana's stands for itself, for on and for off. */
function conditionsOf({ condition }: ProvisionedAlertRule): string[] {
  const [stem = '', isSwitched] = condition.split(/(\$\{\w+\})$/);
  return isSwitched === undefined ? [condition] : ['', 'on', 'off'].map((value) => stem + value);
}

function lintStates(rule: ProvisionedAlertRule): Fault[] {
  const found: Fault[] = [];
  if (!NO_DATA_STATES.has(rule.noDataState) || !EXEC_ERR_STATES.has(rule.execErrState))
    found.push(['alert-states', 'Grafana does not know its states']);
  if ((rule.noDataState === 'Alerting') !== (rule.uid === DEAD_MAN))
    found.push(['alert-states', `only ${DEAD_MAN} may fire on no data`]);
  if ((rule.execErrState === 'Alerting') !== (rule.uid === NO_ANSWER))
    found.push(['alert-states', `only ${NO_ANSWER} may fire on an error`]);
  // Silence is no end of a trouble: a rule that was firing goes on until there are better numbers.
  const keeps = [rule.noDataState, rule.execErrState].every((state) => state === 'KeepLast');
  if (!keeps && ![DEAD_MAN, NO_ANSWER].includes(rule.uid))
    found.push(['alert-states', 'would resolve when all meters fall silent']);
  return found;
}

function lintWords({ dashboardUid, panelId, annotations }: ProvisionedAlertRule): Fault[] {
  const found: Fault[] = [];
  for (const key of ['summary', 'description'])
    if ((annotations[key] ?? '').length < 20) found.push(['alert-text', `has no ${key}`]);
  // Panels, notifications and histories of states read these two, and nothing else.
  if (
    annotations['__dashboardUid__'] !== dashboardUid ||
    annotations['__panelId__'] !== String(panelId)
  )
    found.push(['alert-annotations', 'its notifications do not name its panel']);
  const texts = Object.values(annotations);
  if (texts.some((text) => /\{\{ ?humanize |\}\} ?(?:ms|bytes)\b/.test(text)))
    found.push(['alert-units', 'writes 5.8k ms where people read 5.8 s']);
  if (texts.some((text) => text.includes('${')))
    found.push(['alert-labels-env', 'a braced name is taken for an environment variable']);
  return found;
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
  for (const condition of conditionsOf(rule))
    if (!refIds.includes(condition)) found.push(['alert-condition', `${condition} is no step`]);
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
  if (new Set(queries.map(({ model }) => tagsOf(model.query ?? '').join())).size > 1)
    found.push(['alert-labels', 'its queries group by other tags, so their series are not joined']);
  if (!['critical', 'warning', 'info'].includes(rule.labels['severity'] ?? ''))
    found.push(['alert-severity', 'has no severity']);
  // Labels are expanded by the provisioning file's own rules; a bare $ would be taken for the environment.
  if (Object.values(rule.labels).some((text) => /(?<!\$)\$(?!\$)/.test(text)))
    found.push(['alert-labels-env', 'a $ in a label is taken for an environment variable']);
  return [...found, ...lintStates(rule), ...lintWords(rule)];
}
