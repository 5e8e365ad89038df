import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('a file system that takes no new folders ends the start, with a sentence', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async (t) => {
  // /proc answers ENOENT to mkdir, though the parent is there. As a process: it once spun in there.
  const { code, stdout } = await runMeter([], {
    cwd: temporaryFolder(t),
    env: { STATE_DIR: '/proc/nginx-meter/state', LOG_PATHS: '-', LISTEN: 'off' },
    timeoutMs: 20_000,
  });
  assert.equal(code, 1, stdout);
  assert.match(
    stdout,
    /STATE_DIR \/proc\/nginx-meter\/state cannot be written \(ENOENT\)\. Set STATE_DIR to/,
  );
});
