import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand, type CommandResult } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * A gate that never closes looks like one that always passes. Each test runs the very command of
 * package.json, with the project's own configuration files, on a small clean tree (must pass) and
 * on the same tree with one fault planted (must fail and name the fault).
 */
const CONFIGURATION = [
  'oxlint.config.ts',
  'scripts/layers.ts',
  'biome.json',
  'knip.json',
  'tsconfig.json',
  'src/page/tsconfig.json',
  '.gitignore',
];

const CLEAN_TREE: Readonly<Record<string, string>> = {
  'package.json': '{\n  "name": "small",\n  "private": true,\n  "type": "module"\n}\n',
  'src/main.ts': "import { one } from './one.ts';\n\nprocess.stdout.write(`${one}\\n`);\n",
  'src/one.ts': 'export const one = 1;\n',
  'src/page/page.ts': 'export const page = 1;\n',
};

interface Gates {
  readonly oxlint: string;
  readonly format: string;
  readonly knip: string;
  readonly types: string;
}
let gates: Gates;

before(() => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const steps = (scripts['lint'] ?? '').split('&&').map((step) => step.trim());
  const step = (name: string): string => {
    const found = steps.find((text) => text.startsWith(name));
    assert.ok(found, `npm run lint has no step ${name}: ${steps.join(' | ')}`);
    return found;
  };
  gates = {
    oxlint: step('oxlint'),
    format: step('biome format'),
    knip: step('knip'),
    types: scripts['types'] ?? '',
  };
  assert.match(gates.types, /^tsc\b/);
});

async function runGate(
  t: TestContext,
  command: string,
  faults: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const tree = temporaryFolder(t);
  for (const file of CONFIGURATION) cpSync(join(PROJECT_ROOT, file), join(tree, file));
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of Object.entries({ ...CLEAN_TREE, ...faults })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const bin = join(PROJECT_ROOT, 'node_modules/.bin');
  return runCommand(['sh', '-c', command], {
    cwd: tree,
    env: {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      NODE_TEST_CONTEXT: undefined,
      // Plain text, whatever this test itself runs under.
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      CI: undefined,
    },
  });
}

async function assertBites(
  t: TestContext,
  command: string,
  faults: Readonly<Record<string, string>>,
  names: readonly RegExp[],
): Promise<void> {
  const clean = await runGate(t, command, {});
  assert.equal(clean.code, 0, `"${command}" fails on a clean tree:\n${clean.output}`);
  const faulty = await runGate(t, command, faults);
  assert.notEqual(faulty.code, 0, `"${command}" lets the fault pass:\n${faulty.output}`);
  for (const name of names) assert.match(faulty.output, name);
}

const main = (text: string) => ({ 'src/main.ts': `${CLEAN_TREE['src/main.ts']}${text}` });

test('a floating promise fails the lint', async (t) => {
  await assertBites(
    t,
    gates.oxlint,
    {
      'src/main.ts': `import { rename } from 'node:fs/promises';\n\nrename('a', 'b');\n`,
      'src/one.ts': 'export async function one(): Promise<void> {}\nvoid one();\n',
    },
    [/no-floating-promises/, /src\/main\.ts:3/, /src\/one\.ts:2/],
  );
});

test('an async function where nobody waits for it fails the lint', async (t) => {
  await assertBites(
    t,
    gates.oxlint,
    main(`setTimeout(async () => {\n  await Promise.reject(new Error('lost'));\n}, 1);\n`),
    [/no-misused-promises/],
  );
});

test('reading the environment outside of src/config/config.ts fails the lint', async (t) => {
  const forms = [
    "export const a = process.env['HOME'];\n",
    "export const a = process['env'].HOME;\n",
    'export const { env } = process;\n',
    "import { env } from 'node:process';\n\nexport const a = env;\n",
  ];
  for (const text of forms) {
    await assertBites(t, gates.oxlint, { 'src/one.ts': text }, [
      /no-process-env|no-restricted-properties|no-restricted-imports/,
      /src\/one\.ts/,
    ]);
  }
  const config = await runGate(t, gates.oxlint, {
    'src/config/config.ts': "export const home = process.env['HOME'];\n",
  });
  assert.equal(config.code, 0, config.output);
});

test('a stage that reads the wall clock fails the lint', async (t) => {
  const text = 'export const startedMs = Date.now();\n';
  await assertBites(t, gates.oxlint, { 'src/source/planted.ts': text }, [
    /no-restricted-properties/,
  ]);
});

test('any, a default export and a barrel fail the lint', async (t) => {
  await assertBites(
    t,
    gates.oxlint,
    {
      'src/one.ts': 'export const one = (x: any): unknown => x;\nexport default one;\n',
      'src/source/index.ts': "export * from '../one.ts';\n",
    },
    [/no-explicit-any/, /no-default-export/, /no-barrel-file/],
  );
});

test('a badly formatted file fails the format check', async (t) => {
  await assertBites(t, gates.format, { 'src/one.ts': 'export const one = "1"\n' }, [
    /src\/one\.ts/,
  ]);
});

test('an unused export and an unused file fail the dead-code check', async (t) => {
  await assertBites(
    t,
    gates.knip,
    {
      'src/one.ts': 'export const one = 1;\nexport const nobodyWantsMe = 2;\n',
      'src/orphan.ts': 'export const orphan = 1;\n',
    },
    [/nobodyWantsMe/, /src\/orphan\.ts/],
  );
});

test('an unused and an undeclared dependency fail the dead-code check', async (t) => {
  const manifest =
    '{ "name": "small", "type": "module", "dependencies": { "undici": "8.12.4" } }\n';
  await assertBites(t, gates.knip, { 'package.json': manifest, ...main("import 'zod';\n") }, [
    /undici/,
    /zod/,
  ]);
});

test('a type error fails the types check', async (t) => {
  await assertBites(t, gates.types, main('export const s: string = one;\n'), [/TS2322/]);
});

test('syntax that type stripping cannot run fails the types check', async (t) => {
  await assertBites(t, gates.types, main('export enum Colour {\n  Red,\n}\n'), [/TS1294/]);
});
