import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../../support/wait-until.ts';
import { PromiseRig } from './promise-rig.ts';

test('the database is away for longer than the spool holds: the log itself is the buffer', async (t) => {
  const rig = await PromiseRig.start(t, {
    disorderMaxS: 280,
    env: { SPOOL_MAX_BYTES: '1MiB' },
  });
  const { log, victim, proxy } = rig;
  await proxy.setMode('refuse');
  log.start();
  await victim.start();
  await waitUntil(
    'reading has stopped',
    async () => {
      log.write(1500); // many windows changed at each beat: the spool fills up
      return (await rig.unready()).includes('spool-full');
    },
    { deadlineMs: 90_000, pollMs: 200 },
  );
  const readLines = await victim.metric('lines_total');
  const before = log.truth.lines;
  await waitUntil('the log has grown on', () => log.truth.lines > before + 200);
  assert.equal(await victim.metric('lines_total'), readLines);
  const folder = join(victim.stateDir, 'spool');
  const bytes = readdirSync(folder).reduce(
    (sum, name) => sum + statSync(join(folder, name)).size,
    0,
  );
  // What one turn appends may overstep the bound.
  assert.ok(bytes >= 2 ** 20 && bytes < 2 ** 20 * 1.5, `${bytes} bytes in the spool`);
  // It stays so over a kill and a rotation.
  await victim.kill();
  log.rename();
  log.reopen();
  await victim.start();
  await waitUntil('it is full again', async () => (await rig.unready()).includes('spool-full'));
  log.stop();
  await proxy.setMode('pass');
  await rig.assertExact();
  const dropped = /"code":"(spool-dropped|points-rejected)"/;
  assert.doesNotMatch(victim.output, dropped);
});
