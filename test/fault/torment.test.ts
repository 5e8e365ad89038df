/**
 * The promise under torment: whatever is done to the meter, the database, the disk and the log, the sums
 * in the database equal the truth, field by field. `ROUNDS=200` for the long form, `SEED=` to repeat a run,
 * `KIND=` for one kind of campaign only.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KINDS } from './torment/campaign-kind.ts';
import { Campaign } from './torment/campaign.ts';
import { FaultRota } from './torment/influx-proxy.ts';
import { KillPoints } from './torment/kill-points.ts';
import { canMount } from './torment/small-disk.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** A campaign settles at its end, which costs as much as some rounds. */
const ROUNDS_PER_CAMPAIGN = ROUNDS > 60 ? 12 : 4;
const kinds = KINDS.filter(({ name }) => name.includes(process.env['KIND'] ?? ''));

const killPoints = new KillPoints();
const proxyFaults = new FaultRota();
const total = {
  rounds: 0,
  kills: 0,
  lines: 0,
  counters: 0,
  histories: 0,
  lost: 0,
  doubled: 0,
  skipped: 0,
};
const torments = new Map<string, number>();

const probe = mkdtempSync(join(tmpdir(), 'nginx-meter-mount-'));
const hasMount = await canMount(probe);
rmSync(probe, { recursive: true });

console.log(`torment: ROUNDS=${ROUNDS} SEED=${SEED}`);

for (let i = 0; i * ROUNDS_PER_CAMPAIGN < ROUNDS; i += 1) {
  const kind = kinds[i % kinds.length]!;
  const rounds = Math.min(ROUNDS_PER_CAMPAIGN, ROUNDS - i * ROUNDS_PER_CAMPAIGN);
  const seed = SEED + i;
  const name = `campaign ${i + 1}, ${kind.name}: ${rounds} rounds, seed ${seed}`;
  const skip = kind.isOnTmpfs && !hasMount;
  if (skip) {
    total.skipped += rounds;
    console.log(`SKIPPED, ${rounds} rounds: no tmpfs can be mounted here (root needed): ${name}`);
  }
  test(name, { skip, timeout: 300_000 }, async (t) => {
    const campaign = await Campaign.prepare({ kind, seed, rounds, killPoints, proxyFaults });
    let isRight = false;
    try {
      const verdict = await campaign.run();
      total.lost += verdict.lostLines;
      total.doubled += verdict.doubledLines;
      isRight = verdict.differences.length === 0;
      assert.deepEqual(verdict.differences.slice(0, 20), []);
    } finally {
      for (const key of ['rounds', 'kills', 'lines', 'counters', 'histories'] as const) {
        total[key] += campaign.counts[key];
      }
      for (const [name, count] of campaign.torments)
        torments.set(name, (torments.get(name) ?? 0) + count);
      await campaign.close(!isRight);
      if (!isRight) {
        t.diagnostic(
          `kept for a look: ${campaign.folder} (journal.txt); again with SEED=${seed} ` +
            `ROUNDS=${rounds} KIND='${kind.name}'`,
        );
      }
    }
  });
}

after(() => {
  console.log(
    [
      `torment: ${total.rounds} rounds (${total.skipped} skipped), ${total.kills} kills of the meter, ` +
        `${killPoints.total} of them at kill points, ${total.lines} lines, ` +
        `${total.lost} lost, ${total.doubled} counted twice, ${total.counters} counters and ${total.histories} histories compared, SEED=${SEED}`,
      `kill points: ${killPoints.table()}`,
      `torments: ${[...torments].map(([name, count]) => `${name} ${count}`).join(', ')}`,
    ].join('\n'),
  );
});

test('every kill point was visited', { skip: ROUNDS < 200 || kinds.length < KINDS.length }, () => {
  const missed = [...killPoints.visits].filter(([, visits]) => visits === 0);
  assert.deepEqual(missed, []);
});
