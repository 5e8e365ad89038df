/**
 * `npm pack` runs this before it packs, and again with `restore` behind it. The bundle in dist/ needs no
 * other package, and whoever installs it has a Node already; so package.json goes without dependencies
 * and scripts, and without `private`, which keeps a checkout from being published by mistake.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from './build.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MANIFEST = join(ROOT, 'package.json');
const KEPT_ASIDE = join(ROOT, '.cache/package.json');

const NOT_PACKED = [
  'private',
  'scripts',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'allowScripts',
];

function restore(): void {
  if (existsSync(KEPT_ASIDE)) renameSync(KEPT_ASIDE, MANIFEST);
}

async function prepare(): Promise<void> {
  // Left behind by a run that was killed.
  restore();
  await buildProgram(join(ROOT, 'dist'));
  const text = readFileSync(MANIFEST, 'utf8');
  const manifest = JSON.parse(text) as Record<string, unknown>;
  for (const field of NOT_PACKED) delete manifest[field];
  mkdirSync(dirname(KEPT_ASIDE), { recursive: true });
  writeFileSync(KEPT_ASIDE, text);
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[2] === 'restore') restore();
else await prepare();
