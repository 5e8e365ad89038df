import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../../src/notice/notice.ts';
import { createNotifier } from '../../../src/notice/notifier.ts';
import { FakeClock } from '../../support/clock.ts';

interface Line {
  readonly level: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly message: string;
}

function setUp() {
  const clock = new FakeClock();
  const lines: Line[] = [];
  const at = (level: string) => (details: object, message: string) => {
    lines.push({ level, details: { ...details }, message });
  };
  const log = { info: at('info'), warn: at('warn'), error: at('error') };
  return { clock, lines, ...createNotifier(log, clock) };
}

const REFUSED: Notice = {
  code: 'write-retrying',
  subject: 'http://influx',
  message: 'No answer.',
};
const WRITTEN: Notice = {
  code: 'write-recovered',
  subject: 'http://influx',
  message: 'It answers again.',
};

test('a condition is logged once, then as a count, at most once a minute', async () => {
  const { clock, lines, notify } = setUp();
  for (let second = 0; second < 60; second++) {
    notify(REFUSED);
    await clock.advance(1000);
  }
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0], {
    level: 'warn',
    details: { code: 'write-retrying', subject: 'http://influx' },
    message: 'No answer.',
  });
  notify(REFUSED);
  assert.equal(lines.length, 2);
  assert.equal(lines[1]?.details['repeated'], 60);
});

test('the pauses of a condition that goes on grow, and no repetition is lost', async () => {
  const { clock, lines, notify, flush } = setUp();
  const seconds = 6 * 3600;
  for (let second = 0; second < seconds; second++) {
    notify(REFUSED);
    await clock.advance(1000);
  }
  flush();
  assert.ok(lines.length < 15, `${lines.length} lines in six hours`);
  const repeated = lines.map((line) => Number(line.details['repeated'] ?? 0));
  assert.equal(
    repeated.reduce((sum, n) => sum + n, 0),
    seconds - 1,
  );
});

test('the end of a condition says how long and how often, and the next time is news again', async () => {
  const { clock, lines, notify } = setUp();
  notify(REFUSED);
  await clock.advance(30_000);
  notify(REFUSED);
  await clock.advance(12_000);
  notify(WRITTEN);
  assert.deepEqual(lines[1], {
    level: 'info',
    details: { code: 'write-recovered', subject: 'http://influx', times: 2, lastedS: 42 },
    message: 'It answers again.',
  });
  notify(REFUSED);
  notify(WRITTEN);
  assert.deepEqual(
    lines.map((line) => line.details['code']),
    ['write-retrying', 'write-recovered', 'write-retrying', 'write-recovered'],
  );
});

test('conditions are told apart by their subject', () => {
  const { lines, notify } = setUp();
  notify(REFUSED);
  notify({ ...REFUSED, subject: 'http://other' });
  notify({ ...WRITTEN, subject: 'http://other' });
  notify(REFUSED);
  assert.deepEqual(
    lines.map((line) => [line.details['code'], line.details['subject'], line.details['times']]),
    [
      ['write-retrying', 'http://influx', undefined],
      ['write-retrying', 'http://other', undefined],
      ['write-recovered', 'http://other', 1],
    ],
  );
});

test('what happens now and then is logged each time', async () => {
  const { clock, lines, notify } = setUp();
  for (let rotation = 0; rotation < 5; rotation++) {
    notify({ code: 'file-rotated', subject: '/a.log', message: 'Rotated.' });
    await clock.advance(5 * 60_000);
  }
  assert.equal(lines.length, 5);
});

test('repetitions before a silence are said when the entry is forgotten', async () => {
  const { clock, lines, notify } = setUp();
  notify(REFUSED);
  notify(REFUSED);
  notify(REFUSED);
  await clock.advance(11 * 60_000);
  notify({ code: 'stdin-ended', message: 'Something else.' });
  assert.deepEqual(
    lines.map((line) => [line.details['code'], line.details['repeated']]),
    [
      ['write-retrying', undefined],
      ['write-retrying', 2],
      ['stdin-ended', undefined],
    ],
  );
});

test('ten thousand subjects do not fill the memory', () => {
  const { lines, notify, flush } = setUp();
  for (let n = 0; n < 10_000; n++) notify({ ...REFUSED, subject: `${n}` });
  for (let n = 0; n < 10_000; n++) notify({ ...REFUSED, subject: `${n}` });
  // Had all of them been kept, the second round would have been repetitions.
  assert.equal(lines.length, 20_000);
  flush();
  assert.equal(lines.length, 20_000);
});

test('the details of a notice are logged with it', () => {
  const { lines, notify } = setUp();
  notify({ ...REFUSED, details: { status: 503, attempt: 1 } });
  assert.equal(lines[0]?.details['status'], 503);
});
