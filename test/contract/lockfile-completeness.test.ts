import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingPlatformPackages, type Lockfile } from '../../scripts/complete-lockfile.ts';
import { PROJECT_ROOT } from '../support/project.ts';

const text = readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8');

test('the lock file has the packages of every platform, so that npm ci takes it everywhere', () => {
  const missing = [...missingPlatformPackages(JSON.parse(text) as Lockfile).keys()];
  assert.deepEqual(missing, [], 'run: node scripts/complete-lockfile.ts');
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(text, /"resolved"/);
});

test('a dropped platform package is found and described', () => {
  const lockfile: Lockfile = {
    packages: {
      'node_modules/tool': {
        version: '1.2.3',
        dev: true,
        optionalDependencies: { '@tool/linux-x64-musl': '1.2.3', '@tool/darwin-arm64': '1.2.3' },
      },
      'node_modules/@tool/darwin-arm64': { version: '1.2.3' },
    },
  };
  assert.deepEqual(
    [...missingPlatformPackages(lockfile)],
    [
      [
        'node_modules/@tool/linux-x64-musl',
        {
          version: '1.2.3',
          cpu: ['x64'],
          os: ['linux'],
          libc: ['musl'],
          dev: true,
          optional: true,
        },
      ],
    ],
  );
});
