/** The default alert rules; what they say and when they fire is in alerts.md. Every traffic rule has a least traffic. */
import { stringify } from 'yaml';
import { type AlertOptions, type AlertQueries, provisionedRule } from './alert-rule.ts';
import { alertWords } from './words.ts';
import { METER_QUERIES } from './alerts-meter.ts';
import { TRAFFIC_QUERIES } from './alerts-traffic.ts';

/** For who has such an objective: of a budget of 0.1 %, what a month's would last two days, or five. */
const BY_OBJECTIVE = { switch: { variable: 'ALERT_ERROR_BUDGET', unset: 'off' } } as const;

const OPTIONS: Readonly<Record<string, AlertOptions>> = {
  'nginx-5xx-ratio-high': { keepFiringFor: '2m' },
  'nginx-slo-burn-fast': BY_OBJECTIVE,
  'nginx-slo-burn-slow': BY_OBJECTIVE,
  // A row always has a count above nothing: these two fire by having no row, and by an error.
  'meter-silent': { noDataState: 'Alerting' },
  'database-silent': { noDataState: 'OK', execErrState: 'Alerting' },
  'meter-host-silent': { switch: { variable: 'ALERT_HOST_SILENT', unset: 'on' } },
};

const UIDS = [...Object.keys(TRAFFIC_QUERIES), ...Object.keys(METER_QUERIES)];

function switchOf(uid: string, words: (variable: string, unset: string) => string): string {
  const switched = OPTIONS[uid]?.switch;
  return switched === undefined ? '' : words(switched.variable, switched.unset);
}

function line(uid: string): string {
  const { equation, above, for: time, severity } = alertWords(uid);
  const by = switchOf(uid, (variable, unset) => ` (${variable}, ${unset} unless set)`);
  return `#   ${uid}: ${equation} > ${above} for ${time}, ${severity}${by}`;
}

const HEADER = [
  '# Written by npm run dashboards from scripts/dashboards/alerts.md and alerts-*.ts.',
  '# To change a threshold here, edit the last `params` of a rule; Grafana shows provisioned rules read-only.',
  '# A rule that leaves this file stays in Grafana until it is named under deleteRules.',
  '#',
  ...UIDS.map(line),
  '',
].join('\n');

function group(name: string, queries: Readonly<Record<string, AlertQueries>>) {
  const rules = Object.entries(queries).map(([uid, own]) =>
    provisionedRule(uid, own, OPTIONS[uid] ?? {}),
  );
  // The title of the dashboards' folder: one of that title is made, and no second one.
  return { orgId: 1, name, folder: 'nginx', interval: '1m', rules };
}

export const ALERT_RULES_FILE =
  HEADER +
  stringify(
    {
      apiVersion: 1,
      groups: [group('nginx-traffic', TRAFFIC_QUERIES), group('nginx-meter', METER_QUERIES)],
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );

/** The rules as Markdown, for docs/operating.md; ends with a line feed. */
export function renderAlertsTable(): string {
  const rows = UIDS.map((uid) => {
    const { title, severity, for: time, description } = alertWords(uid);
    const by = switchOf(uid, (variable, unset) => `, \`${variable}\` (${unset})`);
    return `| ${title} (\`${uid}\`) | ${severity}${by} | ${time} | ${description} |`;
  });
  return `${['| alert | severity | after | what to do first |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}
