import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderConfigTable, renderEnvExample } from '../src/config/table.ts';
import { renderNoticeTable } from '../src/notice/table.ts';
import { renderSchemaTable } from '../src/points/schema-table.ts';
import { renderMetricsTable } from '../src/status/metrics-table.ts';

/**
 * Writes what follows from the code into the documents: the region of a page between
 * `<!-- generated:begin -->` and `<!-- generated:end -->`, and `.env.example` as a whole. Run it after
 * changing a setting, the schema or a metric; test/contract/docs-are-generated.test.ts notices when nobody did.
 */

const PAGES: Readonly<Record<string, () => string>> = {
  'docs/settings.md': renderConfigTable,
  'docs/measurements.md': renderSchemaTable,
  'docs/operating.md': renderMetricsTable,
  'docs/notices.md': renderNoticeTable,
};

const BEGIN = '<!-- generated:begin -->';
const END = '<!-- generated:end -->';

/** Text of every generated document, by its path in the checkout. */
export function generatedDocuments(): Map<string, string> {
  const pages = Object.entries(PAGES).map(
    ([page, render]) => [page, filled(page, render())] as const,
  );
  return new Map([...pages, ['.env.example', renderEnvExample()]]);
}

export function pathOf(document: string): string {
  return fileURLToPath(new URL(`../${document}`, import.meta.url));
}

function filled(page: string, content: string): string {
  const text = readFileSync(pathOf(page), 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${page} has no region ${BEGIN} … ${END}.`);
  return `${text.slice(0, from)}${BEGIN}\n\n${content}\n${text.slice(to)}`;
}

if (import.meta.main) {
  for (const [document, text] of generatedDocuments()) writeFileSync(pathOf(document), text);
}
