import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const MAIN = [process.execPath, join(PROJECT_ROOT, 'src/main.ts')];
const LINE = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';

for (const words of [['backfill', '--stdout', 'a.log'], ['check', 'a.log'], ['--help']]) {
  test(`a full device is said in a sentence, exit code 1: ${words.join(' ')}`, async (t) => {
    const cwd = temporaryFolder(t);
    writeFileSync(join(cwd, 'a.log'), LINE);
    const argv = ['sh', '-c', 'exec "$0" "$@" > /dev/full', ...MAIN, ...words];
    const { code, stderr } = await runCommand(argv, { cwd });
    assert.equal(code, 1, stderr);
    assert.equal(
      stderr,
      'nginx-meter: standard output cannot be written (ENOSPC: no space left on device, write). ' +
        'Make room where it goes, or send it elsewhere.\n',
    );
  });

  test(`a reader that has seen enough is no fault: ${words.join(' ')}`, async (t) => {
    const cwd = temporaryFolder(t);
    writeFileSync(join(cwd, 'a.log'), LINE);
    // The right side is gone for certain before the left side begins.
    const script =
      '{ read -r go < gone; "$0" "$@"; echo "code $?" >&2; } | { exec <&-; echo > gone; }';
    const argv = ['sh', '-c', `mkfifo gone; ${script}`, ...MAIN, ...words];
    const { stderr } = await runCommand(argv, { cwd });
    assert.equal(stderr, 'code 0\n');
  });
}
