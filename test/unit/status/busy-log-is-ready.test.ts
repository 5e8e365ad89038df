import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreadyReasons } from '../../../src/status/readiness.ts';
import { healthyStatus, logFigures } from '../../support/meter-status.ts';

const codesOf = (changes: Parameters<typeof logFigures>[0]) =>
  unreadyReasons(healthyStatus({ logs: [logFigures(changes)] })).map(({ code }) => code);

test('a log that is written faster than it falls quiet is ready while its lines are read fresh', () => {
  // At any moment something is unread; what counts is how old the lines are that are being read.
  assert.deepEqual(codesOf({ caughtUp: false, unreadBytes: 51_792, lagMs: 950 }), []);
  assert.deepEqual(codesOf({ caughtUp: false, unreadBytes: 0, lagMs: 950 }), []);
});

test('old lines, or none yet, mean that there is more to read back', () => {
  assert.deepEqual(codesOf({ caughtUp: false, unreadBytes: 9, lagMs: 60_000 }), ['catching-up']);
  assert.deepEqual(codesOf({ caughtUp: false, unreadBytes: 9, lagMs: 0, watermarkMs: undefined }), [
    'catching-up',
  ]);
});
