import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
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

/** What each folder may know of ours, besides itself, src/clock.ts and src/notice/notice.ts. */
const KNOWS: Readonly<Record<string, readonly string[]>> = {
  follow: [],
  parse: ['follow'],
  aggregate: ['follow', 'parse'],
  influx: ['follow', 'parse', 'aggregate'],
  status: ['follow', 'parse', 'aggregate', 'influx'],
};
const FOLDERS = Object.keys(KNOWS);

/** Every way of naming another module that TypeScript has. */
function waysToImport(target: string): Record<string, { text: string; rule: string }> {
  return {
    'value-import': { text: `import { x } from '${target}';\nexport const y = x;\n`, rule: LAYER },
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

function plants(): Plant[] {
  const all: Plant[] = [];
  const add = (path: string, text: string, refusedBy: string | undefined) =>
    all.push({ path, text, refusedBy });
  const use = (target: string) => `import { x } from '${target}';\nexport const y = x;\n`;

  for (const [name, { text, rule }] of Object.entries(waysToImport('../config.ts'))) {
    for (const folder of FOLDERS) add(`src/${folder}/planted-${name}.ts`, text, rule);
  }
  for (const folder of FOLDERS) {
    for (const other of FOLDERS) {
      if (other === folder) continue;
      const allowed = KNOWS[folder]?.includes(other) === true;
      add(
        `src/${folder}/planted-knows-${other}.ts`,
        use(`../${other}/planted-target.ts`),
        allowed ? undefined : LAYER,
      );
    }
    for (const [name, target] of Object.entries({
      'own-folder': './planted-target.ts',
      clock: '../clock.ts',
      report: '../report.ts',
      node: 'node:fs',
      'node-sub': 'node:fs/promises',
    })) {
      add(`src/${folder}/planted-may-${name}.ts`, use(target), undefined);
    }
    for (const [name, target] of Object.entries({
      pipeline: '../pipeline.ts',
      detour: './../pipeline.ts',
      'longer-detour': '../follow/../pipeline.ts',
      'test-code': '../support/clock.ts',
      pino: 'pino',
      zod: 'zod',
      'zod-sub': 'zod/v4',
      dotenv: 'dotenv',
      'create-require': 'node:module',
      'process-module': 'node:process',
      'absolute-path': '/src/config/config.ts',
    })) {
      add(`src/${folder}/planted-no-${name}.ts`, use(target), LAYER);
    }
    const target = 'export const x = 1;\nexport interface X {\n  readonly x: number;\n}\n';
    add(`src/${folder}/planted-target.ts`, target, undefined);
    if (folder !== 'status') {
      add(`src/${folder}/planted-no-metrics-client.ts`, use('@prometheus-io/client'), LAYER);
      add(`src/${folder}/planted-no-hono.ts`, use('hono'), LAYER);
    }
  }
  add('src/follow/planted-may-chokidar.ts', use('chokidar'), undefined);
  add('src/influx/planted-may-undici.ts', use('undici'), undefined);
  add('src/parse/planted-no-chokidar.ts', use('chokidar'), LAYER);
  add('src/parse/planted-no-undici.ts', use('undici'), LAYER);
  add('src/planted-pipeline.ts', use('./status/planted-target.ts'), LAYER);

  const cycle = 'import(no-cycle)';
  add(
    'src/parse/planted-cycle-a.ts',
    "import { b } from './planted-cycle-b.ts';\nexport const a: number = b;\n",
    cycle,
  );
  add(
    'src/parse/planted-cycle-b.ts',
    "import { a } from './planted-cycle-a.ts';\nexport const b: number = a;\n",
    cycle,
  );
  add(
    'src/parse/planted-type-cycle-a.ts',
    "import type { B } from './planted-type-cycle-b.ts';\nexport type A = B[];\n",
    cycle,
  );
  add(
    'src/parse/planted-type-cycle-b.ts',
    "import type { A } from './planted-type-cycle-a.ts';\nexport type B = A | 1;\n",
    cycle,
  );
  return all;
}

/** Diagnostics by planted file, out of the project's own lint configuration on a copy of its src/. */
async function lintWith(t: TestContext, planted: readonly Plant[]): Promise<Map<string, string[]>> {
  const copy = temporaryFolder(t);
  cpSync(join(PROJECT_ROOT, 'src'), join(copy, 'src'), { recursive: true });
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
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
  const report = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  const byFile = new Map<string, string[]>();
  for (const { filename, code } of report.diagnostics) {
    byFile.set(filename, [...(byFile.get(filename) ?? []), code]);
  }
  return byFile;
}

test('the lint configuration refuses every import against the layering and nothing else', async (t) => {
  const planted = plants();
  const found = await lintWith(t, planted);
  const wrong: string[] = [];
  for (const { path, refusedBy } of planted) {
    const codes = (found.get(path) ?? []).filter(
      (code) => code === LAYER || code.includes('cycle') || code === refusedBy,
    );
    if (refusedBy === undefined && codes.length > 0)
      wrong.push(`${path}: refused by ${codes.join(', ')}`);
    if (refusedBy !== undefined && !codes.includes(refusedBy)) wrong.push(`${path}: not refused`);
  }
  assert.deepEqual(wrong, []);
});

test('app.ts and the commands may know the status server', async (t) => {
  const text = "import { x } from './status/planted-target.ts';\nexport const y = x;\n";
  const target = {
    path: 'src/status/planted-target.ts',
    text: 'export const x = 1;\n',
    refusedBy: undefined,
  };
  const app = { path: 'src/app/app.ts', text, refusedBy: undefined };
  const found = await lintWith(t, [target, app]);
  assert.deepEqual(
    (found.get('src/app/app.ts') ?? []).filter((code) => code === LAYER),
    [],
  );
});
