import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { PromiseRig } from './promise-rig.ts';

/** The wall clock of the meter jumps, while nginx's lines (another machine's, say) go on as before. */

for (const [name, hours] of [
  ['forward an hour and back', 1],
  ['back an hour and forward', -1],
] as const) {
  test(`the clock jumps ${name}`, async (t) => {
    const file = join(temporaryFolder(t), 'clock-offset');
    const rig = await PromiseRig.start(t, {
      disorderMaxS: 20,
      env: { WINDOW: '10s', CLOCK_OFFSET_FILE: file },
    });
    const { log, victim } = rig;
    const jump = (offsetS: number): void => {
      writeFileSync(file, String(offsetS * 1000));
      if (victim.isRunning) victim.signal('SIGUSR2');
    };
    jump(0);
    log.start();
    await victim.start();
    await rig.settledOnce();
    for (const offsetS of [hours * 3600, 0, hours * 3600]) {
      jump(offsetS);
      const before = log.truth.lines;
      await waitUntil('traffic has gone on', () => log.truth.lines > before + 400);
      await rig.settledOnce();
    }
    await victim.kill();
    jump(0);
    await victim.start();
    log.stop();
    await rig.assertExact();
  });
}
