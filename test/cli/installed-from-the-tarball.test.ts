import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { combinedLine } from '../support/app-rig.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** What `npm pack` gives, as somebody gets it who has Node and nothing else. */

const PACKED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package.json',
  'packaging/nginx-meter.service',
];
const SOURCES = [...PACKED, 'scripts', 'src', 'tsconfig.json'];
const DEADLINE_MS = 120_000;

async function must(cwd: string, ...argv: readonly string[]): Promise<string> {
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    npm_config_update_notifier: 'false',
    NODE_TEST_CONTEXT: undefined,
  };
  const { code, stdout, output } = await runCommand(argv, { cwd, env, timeoutMs: DEADLINE_MS });
  assert.equal(code, 0, `${argv.join(' ')}\n${output}`);
  return stdout;
}

/** The path of the tarball. Packed in a copy, since package.json changes for a moment. */
async function pack(t: TestContext): Promise<string> {
  const tree = temporaryFolder(t);
  for (const path of SOURCES) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(PROJECT_ROOT, path), join(tree, path), { recursive: true });
  }
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(tree, 'node_modules'));
  const said = await must(tree, 'npm', 'pack', '--silent');
  const manifest = readFileSync(join(tree, 'package.json'), 'utf8');
  assert.equal(manifest, readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'), 'as before');
  const [tarball = '', ...more] = readdirSync(tree).filter((name) => name.endsWith('.tgz'));
  assert.deepEqual(more, []);
  // docs/getting-started.md hands it to npm install.
  assert.equal(said, `${tarball}\n`);
  return join(tree, tarball);
}

test('the tarball installs without a network and brings the command, the unit and the licences', async (t) => {
  const tarball = await pack(t);
  const listing = (await must('/', 'tar', '-tzf', tarball)).trim().split('\n');
  const paths = listing.map((path) => path.replace(/^package\//, ''));
  assert.deepEqual(paths.filter((path) => !path.startsWith('dist/')).toSorted(), PACKED);
  assert.ok(paths.includes('dist/LICENSES.txt'));

  const folder = temporaryFolder(t);
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--cache', 'cache', tarball];
  await must(folder, 'npm', ...install);
  const installed = readdirSync(join(folder, 'node_modules'));
  assert.deepEqual(
    installed.filter((name) => !name.startsWith('.')),
    ['nginx-meter'],
    'it brings no other package',
  );

  const meter = join(folder, 'node_modules/.bin/nginx-meter');
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.equal(await must(folder, meter, '--version'), `${version}\n`);
  writeFileSync(join(folder, 'access.log'), combinedLine().repeat(3));
  assert.match(await must(folder, meter, 'check', 'access.log'), /3 lines, 3 can be read/);
  const points = await must(folder, meter, 'backfill', '--stdout', 'access.log');
  assert.match(points, /^access_log,.*[ ,]count=3i/m);
});
