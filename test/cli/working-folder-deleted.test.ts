import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const MAIN = [process.execPath, join(PROJECT_ROOT, 'src/main.ts')];

for (const words of [[], ['check'], ['backfill', 'a.log'], ['healthcheck'], ['demo']]) {
  test(`a deleted working folder is said in a sentence, exit code 1: ${words.join(' ')}`, async (t) => {
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
    const argv = ['sh', '-c', script, ...MAIN, ...words];
    const { code, stdout, stderr } = await runCommand(argv, { cwd: temporaryFolder(t) });
    assert.equal(code, 1, stderr);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      'nginx-meter cannot start. The working folder cannot be found (ENOENT); it has probably been ' +
        'deleted. Change to another folder and start it again.\n',
    );
  });
}
