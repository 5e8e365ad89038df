import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROJECT_ROOT } from '../../support/project.ts';
import { runCommand } from '../../support/run-command.ts';
import { PromiseRig } from './promise-rig.ts';

test('a second meter on the same STATE_DIR refuses to start and names the first', async (t) => {
  const rig = await PromiseRig.start(t);
  const { log, victim } = rig;
  log.write(100);
  await victim.start();
  const second = await runCommand([process.execPath, 'src/main.ts'], {
    cwd: PROJECT_ROOT,
    env: { LOG_PATHS: log.path, STATE_DIR: victim.stateDir, LISTEN: 'off', INFLUX_URL: undefined },
    timeoutMs: 30_000,
  });
  assert.equal(second.code, 1, second.output);
  assert.match(second.output, new RegExp(`in use by another nginx-meter \\(pid ${victim.pid}\\)`));
  log.write(100);
  await rig.delivered();
  // A lock that its holder left behind by being killed is none.
  await victim.kill();
  log.write(100);
  await victim.start();
  await rig.assertExact();
});
