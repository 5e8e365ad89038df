import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { LintDashboard } from '../../scripts/dashboard-lint/lint.ts';
import type { ProvisionedAlertRule } from '../../scripts/dashboard-lint/lint-alerts.ts';
import { PROJECT_ROOT } from './project.ts';

/** Any part of a file that a test changes or looks into, with whatever shape it has. */
export type Json = ReturnType<typeof JSON.parse>;

/** The files as Grafana gets them, read anew for each caller, who may change them. */
export function committedDashboards(): LintDashboard[] {
  const folder = join(PROJECT_ROOT, 'grafana/dashboards');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as LintDashboard);
}

export function committedAlertRules(): ProvisionedAlertRule[] {
  const file = provisioning('alerting/nginx-rules.yml') as {
    groups: { rules: ProvisionedAlertRule[] }[];
  };
  return file.groups.flatMap((group) => group.rules);
}

/** A file of grafana/provisioning as an object. */
export function provisioning(path: string): unknown {
  return parse(readFileSync(join(PROJECT_ROOT, 'grafana/provisioning', path), 'utf8'));
}
