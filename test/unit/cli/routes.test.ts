import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { routesCommand } from '../../../src/cli/routes.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

async function routes(path: string, settings: Readonly<Record<string, string>> = {}) {
  let text = '';
  const output = { write: (part: string) => void (text += part) };
  const code = await routesCommand(path, loadConfig(settings), output);
  return { code, text };
}

test('what each path became, how often, and why', async (t) => {
  const path = join(temporaryFolder(t), 'access.log');
  const line = (target: string) =>
    `192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET ${target} HTTP/1.1" 200 5 "-" "curl"\n`;
  writeFileSync(
    path,
    ['/users/42', '/users/alice?x=1', '/about', '/shop/a', '/users/7'].map(line).join(''),
  );
  const { code, text } = await routes(path, { ROUTES: '/shop/*' });
  assert.equal(code, 0);
  assert.deepEqual(text.split('\n'), [
    '       3  /users/:id  from /users/42',
    '          42 is a number, date, hash or code, or a title by its length',
    '       1  /about',
    '       1  /shop/*  from /shop/a',
    '          a rule of ROUTES',
    '',
  ]);
});

test('a file that cannot be read, and one without requests', async (t) => {
  const folder = temporaryFolder(t);
  const missing = await routes(join(folder, 'none.log'));
  assert.equal(missing.code, 1);
  assert.match(missing.text, /none\.log/);
  writeFileSync(join(folder, 'odd.log'), 'hello\n');
  const odd = await routes(join(folder, 'odd.log'));
  assert.equal(odd.code, 1);
  assert.match(odd.text, /No line of .*odd\.log can be read/);
});
