import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { combinedLine } from '../support/app-rig.ts';
import { runMeter } from '../support/cli.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

function logFile(t: TestContext): string {
  const path = join(temporaryFolder(t), 'access.log');
  writeFileSync(path, combinedLine());
  return path;
}

test('with a FILE, a default state folder that cannot be used is said and no trouble', async (t) => {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'state'), '');
  const file = await runMeter(['check', logFile(t)], { cwd });
  assert.equal(file.code, 0, file.output);
  assert.match(file.stdout, /state, which is no folder/);
  const env = { LOG_PATHS: logFile(t) };
  const run = await runMeter(['check'], { cwd, env });
  assert.equal(run.code, 1, run.output);
});
