import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runLogrotate } from '../../support/logrotate.ts';
import { PromiseRig } from './promise-rig.ts';

/** The real logrotate rotates, once or several times, while the meter is killed or stopped. */

const WAYS: Record<string, string> = {
  compress: 'compress',
  delaycompress: 'compress\n  delaycompress',
  'dateext and compress': 'compress\n  dateext\n  dateformat -%Y%m%d-%s',
  'copytruncate and compress': 'copytruncate\n  compress',
};

for (const [way, words] of Object.entries(WAYS)) {
  test(`rotated while down, one to five generations, with ${way}`, async (t) => {
    const rig = await PromiseRig.start(t);
    const { log, victim } = rig;
    const create = words.includes('copytruncate') ? '' : '\n  create 0644';
    const config = `${log.path} {\n  rotate 99${create}\n  ${words}\n}\n`;
    log.write(100);
    await victim.start();
    await rig.delivered();
    for (const generations of words.includes('dateext') ? [1, 3] : [1, 2, 5]) {
      log.write(50);
      if (generations === 2) await victim.stop();
      else await victim.kill();
      for (let left = generations; left > 0; left -= 1) {
        log.write(30);
        await runLogrotate({ dir: rig.folder, config });
        log.reopen();
        // The date in the name has seconds.
        if (words.includes('dateext')) await delay(1_000);
      }
      log.write(20);
      await victim.start();
      await rig.delivered();
    }
    await rig.assertExact();
    const names = readdirSync(dirname(log.path));
    const compressed = names.filter((name) => name.endsWith('.gz'));
    assert.ok(compressed.length >= 3, names.join(' '));
    assert.ok(names.length >= 5 && readFileSync(log.path).length > 0);
  });
}
