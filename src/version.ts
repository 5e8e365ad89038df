import { readFileSync } from 'node:fs';

/** The version in package.json, which stands beside src/ as well as beside dist/. */
export const VERSION = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const content: unknown = JSON.parse(text);
  return typeof content === 'object' && content !== null && 'version' in content
    ? String(content.version)
    : 'unknown';
}
