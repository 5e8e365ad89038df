import assert from 'node:assert/strict';
import { symlinkSync, unlinkSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../../../../src/clock.ts';
import { FollowedLog, lines, openFilesIn } from '../../../support/followed-log.ts';
import { waitUntil } from '../../../support/wait-until.ts';

/** Long enough that only an event can end the wait while the test is young. */
const FOREVER_MS = 60_000;

for (const watchPolling of [false, true]) {
  test(`an append wakes the reader, ${watchPolling ? 'by polling' : 'by an event'}`, async (t) => {
    const pollIntervalMs = watchPolling ? 50 : FOREVER_MS;
    const log = new FollowedLog(t, { clock: systemClock, watchPolling, pollIntervalMs });
    log.append(lines('a', 0, 1));
    await log.start();
    await log.read();
    const stop = new AbortController();
    const read: string[] = [];
    const reading = (async () => {
      while (!stop.signal.aborted) {
        await log.source.wait(FOREVER_MS, stop.signal);
        read.push(...(await log.read()));
      }
    })();
    // The watch takes a moment to stand: each try writes a line.
    let written = 1;
    await waitUntil('a line was read', () => {
      log.append(lines('a', written, 1));
      written += 1;
      return read.length > 0;
    });
    stop.abort();
    await reading;
    assert.equal(read[0], lines('a', 1, 1)[0]);
  });
}

test('a wait ends after the poll interval, after its own time, or when it is aborted', async (t) => {
  const log = new FollowedLog(t);
  await log.start();
  for (const [maxMs, passMs] of [
    [FOREVER_MS, 1000],
    [300, 300],
  ] as const) {
    const waiting = log.source.wait(maxMs, new AbortController().signal);
    await log.clock.advance(passMs);
    await waiting;
  }
  const stop = new AbortController();
  const waiting = log.source.wait(FOREVER_MS, stop.signal);
  stop.abort();
  await waiting;
});

test('closing leaves no descriptor behind', async (t) => {
  const log = new FollowedLog(t, { readFrom: 'all' });
  for (let number = 1; number <= 30; number += 1) {
    log.append(lines(`g${number}-`, 0, 2), log.at(`access.log.${number}`));
  }
  log.append(lines('a', 0, 1));
  await log.start();
  await log.read();
  assert.ok(openFilesIn(log.folder).length <= 6, openFilesIn(log.folder).join());
  await log.stop();
  assert.deepEqual(openFilesIn(log.folder), []);
});

test('a symbolic link to the current file: rotation is a new target', async (t) => {
  const log = new FollowedLog(t);
  log.append(lines('a', 0, 2), log.at('access-2026-11-21.log'));
  symlinkSync('access-2026-11-21.log', log.path);
  await log.start();
  assert.deepEqual(await log.read(), lines('a', 0, 2));
  log.append(lines('b', 0, 2), log.at('access-2026-11-22.log'));
  unlinkSync(log.path);
  symlinkSync('access-2026-11-22.log', log.path);
  log.append(lines('a', 2, 1), log.at('access-2026-11-21.log'));
  assert.deepEqual(await log.readAndDrain(), [...lines('a', 2, 1), ...lines('b', 0, 2)]);
  await log.restart(() => {
    log.append(lines('b', 2, 1), log.at('access-2026-11-22.log'));
    log.append(lines('c', 0, 2), log.at('access-2026-11-23.log'));
    log.append(lines('d', 0, 2), log.at('access-2026-11-24.log'));
    unlinkSync(log.path);
    symlinkSync('access-2026-11-24.log', log.path);
  });
  assert.deepEqual(await log.readAndDrain(), [
    ...lines('b', 2, 1),
    ...lines('c', 0, 2),
    ...lines('d', 0, 2),
  ]);
});
