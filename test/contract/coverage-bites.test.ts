import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** Each test runs the very command of package.json on a small tree. */

const REPORTER = 'scripts/coverage-reporter.ts';

const ONE = 'export function one(): number {\n  return 1;\n}\n';
const TREE: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }\n',
  'src/one.ts': ONE,
  'src/types.ts': 'export interface Nothing {\n  readonly to: "run";\n}\n'.repeat(20),
  'test/unit/one.test.ts': `import { test } from 'node:test';
import { one } from '../../src/one.ts';
test('one', () => one());
`,
};

async function coverageOf(t: TestContext, more: Readonly<Record<string, string>>) {
  const tree = temporaryFolder(t);
  for (const [path, text] of Object.entries({ ...TREE, ...more })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  cpSync(join(PROJECT_ROOT, REPORTER), join(tree, REPORTER));
  const manifest = readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
  return runCommand(['sh', '-c', scripts['test:coverage'] ?? ''], {
    cwd: tree,
    env: { NODE_TEST_CONTEXT: undefined, NODE_V8_COVERAGE: undefined, NO_COLOR: '1' },
  });
}

test('tests that run all of src/ pass', async (t) => {
  const { code, stdout } = await coverageOf(t, {});
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^coverage 100\.00 % of 3 lines of src\/$/m);
});

for (const [situation, more] of [
  [
    'a function that no test calls',
    { 'src/one.ts': `${ONE}export function two(): number {\n  return 2;\n}\n` },
  ],
  ['a file that no test loads', { 'src/two.ts': ONE.replace('one', 'two') }],
] as const) {
  test(`${situation} is named, and with less than 90 % the command fails`, async (t) => {
    const { code, stdout } = await coverageOf(t, more);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^ +[1-9]\d*  src\/(one|two)\.ts$/m);
    assert.match(stdout, /less than 90 % of the lines/);
  });
}
