/** The default alert rules. The thresholds are the numbers to change; every traffic rule has a least traffic. */
import { stringify } from 'yaml';
import { provisionedRule, type AlertRule } from './alert-rule.ts';
import { alertWords } from './words.ts';
import { METER_RULES } from './alerts-meter.ts';
import { TRAFFIC_RULES } from './alerts-traffic.ts';

const ALERT_RULES: readonly AlertRule[] = [...TRAFFIC_RULES, ...METER_RULES];

function line({ uid, equation, above, switch: switched }: AlertRule): string {
  const { for: time, severity } = alertWords(uid);
  const by = switched === undefined ? '' : ` (${switched.variable}, ${switched.unset} unless set)`;
  return `#   ${uid}: ${equation} > ${above} for ${time}, ${severity}${by}`;
}

const HEADER = [
  '# Written by npm run dashboards from scripts/dashboards/alerts-*.ts.',
  '# To change a threshold here, edit the last `params` of a rule; Grafana shows provisioned rules read-only.',
  '# A rule that leaves this file stays in Grafana until it is named under deleteRules.',
  '#',
  ...ALERT_RULES.map(line),
  '',
].join('\n');

function group(name: string, rules: readonly AlertRule[]) {
  // The title of the dashboards' folder: one of that title is made, and no second one.
  return { orgId: 1, name, folder: 'nginx', interval: '1m', rules: rules.map(provisionedRule) };
}

export const ALERT_RULES_FILE =
  HEADER +
  stringify(
    {
      apiVersion: 1,
      groups: [group('nginx-traffic', TRAFFIC_RULES), group('nginx-meter', METER_RULES)],
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );

/** The rules as Markdown, for docs/operating.md; ends with a line feed. */
export function renderAlertsTable(): string {
  const rows = ALERT_RULES.map(({ uid, switch: switched }) => {
    const { title, severity, for: time, description } = alertWords(uid);
    const by = switched === undefined ? '' : `, \`${switched.variable}\` (${switched.unset})`;
    return `| ${title} (\`${uid}\`) | ${severity}${by} | ${time} | ${description} |`;
  });
  return `${['| alert | severity | after | what to do first |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}
