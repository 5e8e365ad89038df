import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { startStandInDatabase } from '../support/stand-in-database.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('demo shows windows, stops by itself and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t);
  const env = { TMPDIR: folder, LISTEN: '127.0.0.1:0' };
  const { code, stdout, stderr } = await runMeter(['demo', '--seconds', '3'], { cwd: folder, env });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Made-up traffic, about 120 requests\/s/);
  assert.match(stderr, /^The page: http:\/\/127\.0\.0\.1:\d+\/$/m);
  const windows = stdout.split('\n').filter((line) => line.includes('"log":"demo"'));
  assert.ok(windows.length >= 2, stdout);
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(existsSync(join(folder, 'state')), false);
});

for (const [words, isWritten] of [
  [['demo', '--seconds', '3'], false],
  [['demo', '--seconds', '3', '--write'], true],
] as const) {
  test(`${words.join(' ')} with a database in the environment ${isWritten ? 'writes there' : 'leaves it alone'}`, async (t) => {
    const folder = temporaryFolder(t);
    const database = await startStandInDatabase(t);
    const target = { INFLUX_URL: database.url, INFLUX_DB: 'real' };
    const env = { TMPDIR: folder, LISTEN: '127.0.0.1:0', ...target };
    const { code, stderr } = await runMeter([...words], { cwd: folder, env });
    assert.equal(code, 0, stderr);
    assert.equal(database.writes > 0, isWritten);
    assert.equal(stderr.includes('Nothing is written to INFLUX_URL'), !isWritten);
  });
}
