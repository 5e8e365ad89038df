import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { combinedLine } from '../support/app-rig.ts';
import { runMeter } from '../support/cli.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('a log without the variable of CLIENT_IP_FROM is told of once for each log', async (t) => {
  const dir = temporaryFolder(t);
  for (const name of ['a.log', 'a.log.1', 'b.log']) writeFileSync(join(dir, name), combinedLine());
  const done = await runMeter(['backfill', '--stdout', 'a.log', 'a.log.1', 'b.log'], {
    cwd: dir,
    env: { CLIENT_IP_FROM: '$http_x_forwarded_for:2' },
  });
  assert.equal(done.code, 0, done.stderr);
  const told = done.stderr.match(/of the log \w+ has no \$http_x_forwarded_for/g);
  assert.deepEqual(told?.sort(), [
    'of the log a has no $http_x_forwarded_for',
    'of the log b has no $http_x_forwarded_for',
  ]);
});
