import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const LINE = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';
/** More than a pipe holds: once it has been taken, the command reads. */
const BYTES = 4 * 1024 * 1024;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a backfill that waits for its input, with exit code 1 and a sentence`, async (t) => {
    const words = [join(PROJECT_ROOT, 'src/main.ts'), 'backfill', '--stdout', '-'];
    const child = spawn(process.execPath, words, {
      cwd: temporaryFolder(t),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await new Promise((taken) => child.stdin.write(LINE.repeat(BYTES / LINE.length), taken));
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Stopped before the end\./);
  });
}
