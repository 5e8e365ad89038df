/** Every file that is written by `npm run dashboards`, by its path in the checkout. */
import type { Dashboard } from '@grafana/schema';
import { ALERT_RULES_FILE } from './alerts.ts';
import { METER } from './meter.ts';
import { DRILLDOWN } from './drilldown.ts';
import { OVERVIEW } from './overview.ts';
import { PROMETHEUS } from './prometheus.ts';
import { VISITORS } from './visitors.ts';
import { INIT_STATEMENTS, REBUILD_STATEMENTS } from './rollups.ts';

const DASHBOARDS: readonly { readonly file: string; readonly dashboard: Dashboard }[] = [
  { file: 'overview.json', dashboard: OVERVIEW },
  { file: 'drilldown.json', dashboard: DRILLDOWN },
  { file: 'visitors.json', dashboard: VISITORS },
  { file: 'meter.json', dashboard: METER },
];

export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, dashboard } of DASHBOARDS)
    files.set(`grafana/dashboards/${file}`, `${JSON.stringify(dashboard, null, 2)}\n`);
  files.set('grafana/examples/prometheus.json', `${JSON.stringify(PROMETHEUS, null, 2)}\n`);
  files.set('grafana/provisioning/alerting/nginx-rules.yml', ALERT_RULES_FILE);
  files.set('influxdb/init/10-retention-and-rollups.iql', INIT_STATEMENTS);
  files.set('influxdb/rebuild-rollups.iql', REBUILD_STATEMENTS);
  return files;
}
