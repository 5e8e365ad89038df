import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../support/clock.ts';

test('sleepers wake in order, each at its own moment', async () => {
  const clock = new FakeClock(1_000_000);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = [sleep('b', 20), sleep('a', 10), sleep('c', 31)];
  await clock.advance(30);
  assert.deepEqual(woken, ['a@1000010', 'b@1000020']);
  assert.equal(clock.now(), 1_000_030);
  assert.equal(clock.nextDueMs, 1);
  await clock.advance(1);
  await Promise.all(all);
  assert.equal(clock.sleeping, 0);
});

test('a loop that sleeps again and again runs as often as time allows', async () => {
  const clock = new FakeClock();
  let rounds = 0;
  const stop = new AbortController();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(1000, stop.signal);
      rounds += 1;
    }
  })();
  await clock.advance(10_500);
  assert.equal(rounds, 10);
  stop.abort();
  await loop;
  assert.equal(clock.sleeping, 0);
});

test('a jump of the wall clock wakes nobody and leaves monotonic time alone', async () => {
  const clock = new FakeClock(5_000_000);
  let woken = false;
  const sleeper = clock.sleep(100).then(() => {
    woken = true;
  });
  clock.jump(-3_600_000);
  assert.equal(clock.now(), 1_400_000);
  assert.equal(clock.monotonicMs(), 0);
  await clock.advance(99);
  assert.equal(woken, false);
  await clock.advance(1);
  await sleeper;
  assert.equal(woken, true);
});
