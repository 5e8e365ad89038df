import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderConfigTable, renderEnvExample } from '../src/config/table.ts';
import { renderNoticeTable } from '../src/notice/table.ts';
import { renderPresetTable } from '../src/parse/format/preset-table.ts';
import { renderKeyTable } from '../src/parse/json/common-keys.ts';
import { renderSchemaTable } from '../src/points/schema-table.ts';
import { renderMetricsTable } from '../src/status/metrics-table.ts';
import { renderAlertsTable } from './dashboards/alerts.ts';

/**
 * Writes what follows from the code into the documents: the regions of a page between
 * `<!-- NAME:begin -->` and `<!-- NAME:end -->`, and `.env.example` as a whole. Run it after changing
 * what a region says; test/contract/docs-are-generated.test.ts notices when nobody did.
 */

interface Region {
  readonly page: string;
  readonly name: string;
  readonly render: () => string;
}

const REGIONS: readonly Region[] = [
  { page: 'docs/settings.md', name: 'settings', render: renderConfigTable },
  { page: 'docs/measurements.md', name: 'measurements', render: renderSchemaTable },
  { page: 'docs/operating.md', name: 'metrics', render: renderMetricsTable },
  { page: 'docs/operating.md', name: 'alerts', render: renderAlertsTable },
  { page: 'docs/log-formats.md', name: 'presets', render: renderPresetTable },
  { page: 'docs/log-formats.md', name: 'json-keys', render: renderKeyTable },
  { page: 'docs/notices.md', name: 'notices', render: renderNoticeTable },
];

/** Text of every generated document, by its path in the checkout. */
export function generatedDocuments(): Map<string, string> {
  const texts = new Map([['.env.example', renderEnvExample()]]);
  for (const region of REGIONS) {
    const text = texts.get(region.page) ?? readFileSync(pathOf(region.page), 'utf8');
    texts.set(region.page, filled(text, region));
  }
  return texts;
}

export function pathOf(document: string): string {
  return fileURLToPath(new URL(`../${document}`, import.meta.url));
}

function filled(text: string, { page, name, render }: Region): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no region ${begin} … ${end}.`);
  return `${text.slice(0, from)}${begin}\n\n${render()}\n${text.slice(to)}`;
}

if (import.meta.main) {
  for (const [document, text] of generatedDocuments()) writeFileSync(pathOf(document), text);
}
