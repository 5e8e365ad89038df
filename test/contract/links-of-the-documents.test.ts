import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathOf } from '../../scripts/generate-docs.ts';
import { findDeadLinks } from '../support/markdown-links.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('every relative link and anchor of every page leads somewhere, and every page is linked', () => {
  assert.deepEqual(findDeadLinks(pathOf('.')), []);
});

const README = '# Top\n\n[one](docs/one.md#a-heading-of-it) and ![picture](docs/p.png)\n';
const ONE = '# One\n\n## A heading, of it\n\n[back](../README.md#top) `[code](gone.md)`\n';

function deadIn(t: TestContext, files: Readonly<Record<string, string>>): string[] {
  const root = temporaryFolder(t);
  const all = { 'README.md': README, 'docs/one.md': ONE, 'docs/p.png': '', ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return findDeadLinks(root).map(({ page, target, why }) => `${page} ${target}: ${why}`);
}

test('pages whose links all lead somewhere are passed', (t) => {
  assert.deepEqual(deadIn(t, {}), []);
});

test('a link to a file that is gone is found', (t) => {
  const dead = deadIn(t, { 'docs/one.md': '[x](two.md)\n## A heading of it\n' });
  assert.deepEqual(dead, ['docs/one.md two.md: no such file']);
});

test('a link to a heading that was renamed is found, in the same page and in another', (t) => {
  const dead = deadIn(t, { 'docs/one.md': '# One\n\n[x](#two)\n' });
  assert.deepEqual(dead, [
    'README.md docs/one.md#a-heading-of-it: no such heading',
    'docs/one.md #two: no such heading',
  ]);
});

test('a heading within a block of code is no heading', (t) => {
  const dead = deadIn(t, { 'docs/one.md': '```sh\n## A heading of it\n```\n' });
  assert.deepEqual(dead, ['README.md docs/one.md#a-heading-of-it: no such heading']);
});

test('a link out of the checkout is found', (t) => {
  const dead = deadIn(t, { 'docs/one.md': `${ONE}[x](../../secret.md)\n` });
  assert.deepEqual(dead, ['docs/one.md ../../secret.md: outside of the checkout']);
});

test('a page that nobody links to is found', (t) => {
  assert.deepEqual(deadIn(t, { 'docs/two.md': '# Two\n' }), ['docs/two.md : no page links here']);
});
