import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathOf } from '../../scripts/generate-docs.ts';
import { findGoneNames } from '../support/documented-names.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('every path, test and npm script that a page names is there', () => {
  assert.deepEqual(findGoneNames(pathOf('.')), []);
});

test('what is gone is found, and what is there is passed', (t) => {
  const root = temporaryFolder(t);
  const files = {
    'package.json': '{"scripts":{"demo":"node demo.ts"}}',
    'test/unit/kept.test.ts': '',
    'src/kept.ts': '',
    'README.md':
      '`src/kept.ts` `src/*.ts` `kept.test.ts` `npm run demo` `GET /src/a.html`\n' +
      '`src/gone.ts` `src/*.wat` `gone.test.ts`\n```sh\nnpm run -s gone\n```\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const gone = ['src/gone.ts', 'src/*.wat', 'gone.test.ts', 'npm run gone'];
  assert.deepEqual(
    findGoneNames(root),
    gone.map((name) => `README.md: ${name}`),
  );
});
