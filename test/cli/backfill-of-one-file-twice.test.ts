import assert from 'node:assert/strict';
import { linkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('a file that is given twice, by whatever path, is read once, with a warning', async (t) => {
  const dir = temporaryFolder(t);
  const path = join(dir, 'access.log');
  const line = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';
  writeFileSync(path, line);
  // The same text in a file of its own is another request.
  writeFileSync(join(dir, 'access.log.1'), line);
  symlinkSync(path, join(dir, 'access.log.2'));
  linkSync(path, join(dir, 'access.log.3'));
  const names = ['access.log', './access.log', 'access.log.1', 'access.log.2', 'access.log.3'];
  const done = await runMeter(['backfill', '--stdout', ...names], { cwd: dir });
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^access_log,.*,count=2i,/m);
  const warnings = done.stderr.split('\n').filter((text) => text.includes('"level":"warn"'));
  assert.deepEqual(
    warnings.map((text) => (JSON.parse(text) as { msg: string }).msg),
    ['./access.log', 'access.log.2', 'access.log.3'].map(
      (name) => `${name} is the same file as access.log, which was given before, and is read once.`,
    ),
  );
});
