import assert from 'node:assert/strict';
import { chmodSync, cpSync, readFileSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { defer } from '../support/defer.ts';
import { findDockerEngine, type DockerEngine } from '../support/docker-engine.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** What the image of the Dockerfile depends on, and what it does not. */

const EPOCH_S = 1_700_000_000;
const BUILD_DEADLINE_MS = 4 * 60_000;

let engine: DockerEngine;
before(async () => {
  engine = await findDockerEngine();
});
after(() => engine?.stop());

async function docker(args: readonly string[]): Promise<string> {
  const result = await runCommand(['docker', ...args], {
    env: { ...engine.env, DOCKER_BUILDKIT: '1' },
    timeoutMs: BUILD_DEADLINE_MS,
  });
  assert.equal(result.code, 0, `docker ${args.join(' ')}\n${result.output}`);
  return result.stdout;
}

/** What .dockerignore lets in, and what the build itself is told by. */
function copyContext(into: string): void {
  const letIn = readFileSync(join(PROJECT_ROOT, '.dockerignore'), 'utf8').matchAll(/^!(\S+)$/gm);
  const names = [...letIn].map(([, name]) => name ?? '');
  assert.ok(names.includes('src'));
  for (const name of ['Dockerfile', '.dockerignore', ...names]) {
    cpSync(join(PROJECT_ROOT, name), join(into, name), { recursive: true });
  }
}

/** As a checkout by somebody whose umask is 077, at another time. */
function makePrivate(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() ? 0o700 : 0o600);
    utimesSync(path, 1, 1);
  }
}

interface Image {
  readonly RootFS: { readonly Layers: readonly string[] };
}

interface Build {
  readonly context: string;
  readonly epochS?: number;
  readonly args?: readonly string[];
}

/** An image whose files all have the time that was asked for, and which works. */
async function build(t: TestContext, tag: string, options: Build): Promise<Image> {
  const { context, epochS = EPOCH_S, args = [] } = options;
  const image = `nginx-meter-image-${process.pid}:${tag}`;
  defer(t, async () => {
    await docker(['image', 'rm', '--force', image]);
  });
  const epoch = ['--build-arg', `SOURCE_DATE_EPOCH=${epochS}`];
  await docker(['build', '--network', 'host', '--tag', image, ...epoch, ...args, context]);
  const walk = `
    const fs = require('fs'), times = new Set();
    for (const top of ['/app', '/usr', '/lib'])
      for (const name of fs.readdirSync(top, { recursive: true }))
        times.add(fs.lstatSync(top + '/' + name).mtimeMs / 1000);
    console.log([...times].join())`;
  const node = ['run', '--rm', '--entrypoint', '/usr/local/bin/node', image];
  assert.equal(await docker([...node, '-e', walk]), `${epochS}\n`, 'the time of every file');
  assert.match(await docker(['run', '--rm', image, '--version']), /^\d+\.\d+\.\d+/);
  const [inspected] = JSON.parse(await docker(['image', 'inspect', image])) as Image[];
  assert.ok(inspected !== undefined);
  return inspected;
}

test('the same sources give the same layers, whoever checked them out when', async (t) => {
  const context = temporaryFolder(t);
  copyContext(context);
  // The builder's cache holds the same files with another time.
  await build(t, 'cached', { context, epochS: EPOCH_S - 1 });
  const one = await build(t, 'one', { context });
  makePrivate(context);
  const other = await build(t, 'other', { context, args: ['--no-cache'] });
  // A layer's digest is that of its archive: names, contents, modes, owners and times.
  assert.deepEqual(other.RootFS.Layers, one.RootFS.Layers);
  t.diagnostic(`layers: ${one.RootFS.Layers.join(', ')}`);
});
