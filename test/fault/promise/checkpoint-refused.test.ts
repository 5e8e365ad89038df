import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PromiseRig } from './promise-rig.ts';

/** A checkpoint that cannot be used is refused and kept, and the same points come out of the log again. */

const DAMAGES: Record<string, (bytes: Buffer) => Buffer> = {
  'one bit of its body': (bytes) => {
    const at = bytes.length - 100;
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    return bytes;
  },
  'its header': (bytes) => Buffer.concat([Buffer.from('x'), bytes]),
  'another version': (bytes) =>
    Buffer.from(bytes.toString('latin1').replace(/"version":\d+/, '"version":99'), 'latin1'),
  'cut short': (bytes) => bytes.subarray(0, bytes.length / 2),
  empty: () => Buffer.alloc(0),
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`a checkpoint is refused: ${what}`, async (t) => {
    const rig = await PromiseRig.start(t);
    const { log, victim } = rig;
    // Running from the start on: without a checkpoint a rotated file only completes the first window
    // of the current one, and the oldest lines may lie before that.
    await victim.start();
    log.write(300);
    log.rename();
    log.reopen();
    log.write(200);
    await rig.delivered();
    await victim.kill();
    const path = join(victim.stateDir, 'checkpoint');
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    log.write(100);
    await victim.start();
    await rig.assertExact();
    assert.match(victim.output, /"code":"checkpoint-refused"/);
    const kept = readdirSync(victim.stateDir).filter((name) => name.includes('.refused-'));
    assert.equal(kept.length, 1);
    assert.deepEqual(readFileSync(join(victim.stateDir, kept[0]!)), damaged);
    assert.ok(existsSync(path));
  });
}
