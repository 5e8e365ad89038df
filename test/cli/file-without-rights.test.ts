import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

for (const words of [['backfill', '--stdout'], ['check']]) {
  for (const name of ['secret.log', 'folder/access.log']) {
    test(`whose rights are missing is said: ${words.join(' ')} ${name}`, async (t) => {
      const cwd = temporaryFolder(t);
      writeFileSync(join(cwd, 'secret.log'), 'x\n', { mode: 0o000 });
      mkdirSync(join(cwd, 'folder'), { mode: 0o000 });
      const isRoot = process.getuid?.() === 0;
      // root reads everything, unless it has lost the capabilities for that
      const prefix = isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
      const main = join(PROJECT_ROOT, 'src/main.ts');
      const argv = [...prefix, process.execPath, main, ...words, name];
      const { code, output } = await runCommand(argv, { cwd });
      assert.equal(code, 1, output);
      const who = `${process.getuid?.()}:${process.getgid?.()}`;
      const expected = `${name} cannot be read (EACCES). This process runs as ${who}. Give it the group`;
      assert.ok(output.includes(expected), output);
      assert.doesNotMatch(output, /every poll|EACCES: /);
    });
  }
}
