import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderConfigTable, renderEnvExample } from '../src/config/table.ts';
import { renderSchemaTable } from '../src/points/schema-table.ts';

/**
 * Writes what follows from the code into the documents: the regions of README.md between
 * `<!-- NAME:begin -->` and `<!-- NAME:end -->`, and `.env.example`. Run it after changing a setting
 * or the schema; test/contract/docs-are-generated.test.ts notices when nobody did.
 */

/** Text of every generated document, by its path in the checkout. */
export function generatedDocuments(): Map<string, string> {
  const readme = readFileSync(pathOf('README.md'), 'utf8');
  const withSettings = replaceRegion(readme, 'config', renderConfigTable());
  return new Map([
    ['README.md', replaceRegion(withSettings, 'schema', renderSchemaTable())],
    ['.env.example', renderEnvExample()],
  ]);
}

export function pathOf(document: string): string {
  return fileURLToPath(new URL(`../${document}`, import.meta.url));
}

function replaceRegion(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no region ${begin} … ${end}.`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n${text.slice(to)}`;
}

if (import.meta.main) {
  for (const [document, text] of generatedDocuments()) writeFileSync(pathOf(document), text);
}
