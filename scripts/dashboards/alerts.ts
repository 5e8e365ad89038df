/** The default alert rules. The thresholds are the numbers to change; every traffic rule has a least traffic. */
import { stringify } from 'yaml';
import { provisionedRule, type AlertRule } from './alert-rule.ts';
import { METER_RULES } from './alerts-meter.ts';
import { TRAFFIC_RULES } from './alerts-traffic.ts';

const ALERT_RULES: readonly AlertRule[] = [...TRAFFIC_RULES, ...METER_RULES];

function line(rule: AlertRule): string {
  const paused = rule.isPaused === true ? ' (paused)' : '';
  return `#   ${rule.uid}: ${rule.equation} > ${rule.above} for ${rule.for}, ${rule.severity}${paused}`;
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
  return {
    orgId: 1,
    name,
    folder: 'nginx',
    interval: '1m',
    rules: rules.map(provisionedRule),
  };
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
  const rows = ALERT_RULES.map((rule) => {
    const { uid, title, severity, isPaused, description } = rule;
    const state = isPaused === true ? `${severity}, paused` : severity;
    return `| ${title} (\`${uid}\`) | ${state} | ${rule.for} | ${description} |`;
  });
  return `${['| alert | severity | after | what to do |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}
