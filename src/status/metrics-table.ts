import type { MetricAbout } from './metric-about.ts';
import { MetricsPage } from './metrics.ts';

/** Every metric of `/metrics` as Markdown, for docs/operating.md; ends with a line feed. */
export function renderMetricsTable(): string {
  const rows = new MetricsPage().metrics.toSorted(byName).map(renderRow);
  return `${['| metric | type | by | meaning |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

function byName(a: MetricAbout, b: MetricAbout): number {
  return a.name < b.name ? -1 : 1;
}

function renderRow({ name, type, help, labelNames }: MetricAbout): string {
  const by = labelNames.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${type} | ${by} | ${help} |`;
}
