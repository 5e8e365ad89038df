import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOMS, STAGES } from '../../scripts/layers.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** A file planted into a copy of src/, and the rule that must refuse it; `undefined` = must pass. */
interface Plant {
  readonly path: string;
  readonly text: string;
  readonly refusedBy: string | undefined;
}

const LAYER = 'eslint(no-restricted-imports)';
const CYCLE = 'import(no-cycle)';
const PROPERTY = 'eslint(no-restricted-properties)';

/** At most so many files lie loose at the root of src/. */
const LOOSE_FILES_MAX = 3;
/** "About fifteen": beyond this a folder holds more than one subject. */
const FOLDER_FILES_MAX = 17;

const use = (target: string) => `import { x } from '${target}';\nexport const y = x;\n`;

/** Every way of naming another module that TypeScript has. */
function waysToImport(target: string): Record<string, { text: string; rule: string }> {
  return {
    'value-import': { text: use(target), rule: LAYER },
    'namespace-import': {
      text: `import * as x from '${target}';\nexport const y = x;\n`,
      rule: LAYER,
    },
    'side-effect-import': { text: `import '${target}';\nexport const y = 1;\n`, rule: LAYER },
    'type-import': {
      text: `import type { X } from '${target}';\nexport type Y = X;\n`,
      rule: LAYER,
    },
    'inline-type-import': {
      text: `import { type X, x } from '${target}';\nexport const y: X = x;\n`,
      rule: LAYER,
    },
    're-export': { text: `export { x } from '${target}';\n`, rule: LAYER },
    'type-re-export': { text: `export type { X } from '${target}';\n`, rule: LAYER },
    'star-re-export': { text: `export * from '${target}';\n`, rule: LAYER },
    'dynamic-import': { text: `export const y = await import('${target}');\n`, rule: LAYER },
    'import-type-annotation': {
      text: `export type Y = import('${target}').X;\n`,
      rule: 'typescript(consistent-type-imports)',
    },
  };
}

/** Every folder of the table: its path, the way up to src/, and what it must know or not know. */
interface Folder {
  readonly path: string;
  readonly up: string;
  readonly may: readonly string[];
  readonly mayNot: readonly string[];
}

function folders(): Folder[] {
  return ROOMS.flatMap((room, index) => {
    const others = (up: string, from: number, to?: number) =>
      ROOMS.slice(from, to).map(({ name }) => `${up}${name}/planted-target.ts`);
    const children = room.children ?? [];
    return [
      {
        path: `src/${room.name}`,
        up: '../',
        may: [
          ...others('../', 0, index),
          ...children.map((child) => `./${child}/planted-target.ts`),
        ],
        mayNot: others('../', index + 1),
      },
      ...children.map((child, at) => ({
        path: `src/${room.name}/${child}`,
        up: '../../',
        may: [
          ...others('../../', 0, index),
          '../planted-target.ts',
          ...children.slice(0, at).map((other) => `../${other}/planted-target.ts`),
        ],
        mayNot: [
          ...others('../../', index + 1),
          ...children.slice(at + 1).map((other) => `../${other}/planted-target.ts`),
        ],
      })),
    ];
  });
}

const ALL_PACKAGES = [...new Set(ROOMS.flatMap(({ packages = [] }) => packages)), 'esbuild'];

function plants(): Plant[] {
  const all: Plant[] = [];
  const add = (path: string, text: string, refusedBy: string | undefined) =>
    all.push({ path, text, refusedBy });

  for (const { path, up, may, mayNot } of folders()) {
    add(`${path}/planted-target.ts`, 'export const x = 1;\nexport type X = number;\n', undefined);
    const allowed = [...may, './planted-target.ts', `${up}clock.ts`, 'node:fs', 'node:fs/promises'];
    allowed.forEach((target, i) => add(`${path}/planted-may-${i}.ts`, use(target), undefined));
    const refused = [
      ...mayNot,
      `${up}main.ts`,
      `./${up}main.ts`,
      `${up}text/../main.ts`,
      `${up}../test/support/clock.ts`,
      'node:module',
      'node:process',
      '/src/config/config.ts',
    ];
    refused.forEach((target, i) => add(`${path}/planted-no-${i}.ts`, use(target), LAYER));
    for (const [way, { text, rule }] of Object.entries(waysToImport(`${up}main.ts`)))
      add(`${path}/planted-way-${way}.ts`, text, rule);
  }
  for (const { name, packages = [] } of ROOMS) {
    for (const [i, target] of ALL_PACKAGES.entries()) {
      const refusedBy = packages.includes(target) ? undefined : LAYER;
      add(`src/${name}/planted-package-${i}.ts`, use(target), refusedBy);
    }
  }
  for (const { name, seam = [], children = [] } of ROOMS) {
    for (const [i, child] of children.entries()) {
      // A seam is one file: planted in its place in the copy.
      if (i > 0) continue;
      for (const file of seam)
        add(`src/${name}/${file}.ts`, use(`./${child}/planted-target.ts`), LAYER);
    }
  }
  for (const name of STAGES) {
    const clock = 'export const y = Date.now();\n';
    add(`src/${name}/planted-clock.ts`, clock, PROPERTY);
  }
  const cycle = (a: string, b: string, from: string, to: string) => {
    add(`src/parse/planted-${from}.ts`, a, CYCLE);
    add(`src/parse/planted-${to}.ts`, b, CYCLE);
  };
  cycle(
    "import { b } from './planted-cycle-b.ts';\nexport const a: number = b;\n",
    "import { a } from './planted-cycle-a.ts';\nexport const b: number = a;\n",
    'cycle-a',
    'cycle-b',
  );
  cycle(
    "import type { B } from './planted-type-cycle-b.ts';\nexport type A = B[];\n",
    "import type { A } from './planted-type-cycle-a.ts';\nexport type B = A | 1;\n",
    'type-cycle-a',
    'type-cycle-b',
  );
  return all;
}

/** Diagnostics by planted file, out of the project's own lint configuration on a copy of its src/. */
async function lintWith(t: TestContext, planted: readonly Plant[]): Promise<Map<string, string[]>> {
  const copy = temporaryFolder(t);
  cpSync(join(PROJECT_ROOT, 'src'), join(copy, 'src'), { recursive: true });
  for (const file of ['oxlint.config.ts', 'scripts/layers.ts', 'tsconfig.json', 'package.json']) {
    cpSync(join(PROJECT_ROOT, file), join(copy, file));
  }
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const { path, text } of planted) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  const { stdout, output } = await runCommand(
    [join(PROJECT_ROOT, 'node_modules/.bin/oxlint'), '--format=json', 'src'],
    { cwd: copy },
  );
  assert.match(stdout, /"diagnostics"/, output);
  const found = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  const byFile = new Map<string, string[]>();
  for (const { filename, code } of found.diagnostics) {
    byFile.set(filename, [...(byFile.get(filename) ?? []), code]);
  }
  return byFile;
}

test('the lint configuration refuses every import against the table and nothing else', async (t) => {
  const planted = plants();
  const found = await lintWith(t, planted);
  const wrong: string[] = [];
  for (const { path, refusedBy } of planted) {
    const codes = (found.get(path) ?? []).filter(
      (code) => [LAYER, CYCLE, PROPERTY].includes(code) || code === refusedBy,
    );
    if (refusedBy === undefined && codes.length > 0)
      wrong.push(`${path}: refused by ${codes.join(', ')}`);
    if (refusedBy !== undefined && !codes.includes(refusedBy)) wrong.push(`${path}: not refused`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(planted.length > 1000, `${planted.length} planted`);
});

test('every folder of src/ is a room of the table, and none holds too much', () => {
  const known = new Set(folders().map(({ path }) => path));
  const loose = readdirSync(join(PROJECT_ROOT, 'src')).filter((name) => name.includes('.'));
  assert.ok(loose.length <= LOOSE_FILES_MAX, `loose at the root of src/: ${loose.join(', ')}`);
  const found = new Set<string>();
  for (const entry of readdirSync(join(PROJECT_ROOT, 'src'), {
    recursive: true,
    encoding: 'utf8',
  })) {
    if (entry.endsWith('.ts') && entry.includes('/')) found.add(`src/${dirname(entry)}`);
  }
  assert.deepEqual([...found].toSorted(), [...known].toSorted());
  for (const folder of found) {
    const files = readdirSync(join(PROJECT_ROOT, folder)).filter((name) => name.endsWith('.ts'));
    assert.ok(files.length <= FOLDER_FILES_MAX, `${folder} has ${files.length} files`);
  }
});
