/**
 * Writes the dashboards, the alert rules and the rollups that the committed files hold.
 *
 *   npm run dashboards            writes what differs
 *   npm run dashboards -- --check writes nothing; exit code 1 when a file is not what the code says
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './dashboards/generated-files.ts';

const root = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

let differing = 0;
for (const [name, text] of generatedFiles()) {
  const path = join(root, name);
  if (current(path) === text) continue;
  differing += 1;
  console.log(isCheck ? `${name} is not what npm run dashboards writes` : `wrote ${name}`);
  if (isCheck) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (isCheck && differing > 0) process.exitCode = 1;
