import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * Tools such as Biome and oxlint bring one package per platform as optional dependencies. Where a
 * registry lacks some of them, `npm install` drops them from the lock file without a word, and `npm ci`
 * then fails on their platforms. The remedy is `npm install --package-lock-only` with one that has all.
 */
interface LockedPackage {
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };

test('every package has its integrity, so that npm ci takes nothing else under its name', () => {
  const without = Object.entries(packages).filter(([path, { integrity }]) => {
    return path !== '' && integrity === undefined;
  });
  assert.deepEqual(
    without.map(([path]) => path),
    [],
  );
});

test('the packages of every platform are there', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
    ),
  );
  assert.deepEqual(missing, []);
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(text, /"resolved"/);
});

for (const cpu of ['x64', 'arm64']) {
  test(`npm ci on ${cpu} takes the packages of that platform and of no other`, async (t) => {
    const cwd = temporaryFolder(t);
    for (const name of ['package.json', 'package-lock.json']) {
      cpSync(join(PROJECT_ROOT, name), join(cwd, name));
    }
    const platform = [`--cpu=${cpu}`, '--os=linux', '--libc=glibc'];
    // The level is given: below `npm run --silent` npm would list nothing.
    const quiet = ['--dry-run', '--offline', '--ignore-scripts', '--loglevel=notice'];
    const argv = ['npm', 'ci', ...quiet, ...platform];
    const { code, stdout, output } = await runCommand(argv, { cwd, timeoutMs: 60_000 });
    assert.equal(code, 0, output);
    const added = [...stdout.matchAll(/^add (\S+) \S+$/gm)].map(([, name]) => name ?? '');
    const native = added.filter((name) =>
      /(?:^|[/-])(?:linux|darwin|win32|freebsd|android|openharmony)-/.test(name),
    );
    assert.ok(native.includes(`node-linux-${cpu}`), native.join(' '));
    assert.ok(native.length > 5, native.join(' '));
    for (const name of native) assert.match(name, new RegExp(`linux-${cpu}(?:-gnu)?$`));
  });
}
