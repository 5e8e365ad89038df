import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { StdinSource } from '../../../../src/source/stdin/stdin-source.ts';
import type { Notice } from '../../../../src/notice/notice.ts';
import { FakeClock } from '../../../support/clock.ts';
import { defer } from '../../../support/defer.ts';
import { lines, MAX_LINE_BYTES, seenBatch, type SeenBatch } from '../../../support/followed-log.ts';

class Piped {
  readonly input: PassThrough;
  readonly clock = new FakeClock();
  readonly notices: Notice[] = [];
  readonly batches: SeenBatch[] = [];
  readonly source: StdinSource;

  constructor(t: TestContext, input = new PassThrough({ highWaterMark: 16 * 1024 })) {
    this.input = input;
    this.source = new StdinSource({
      input: this.input,
      log: 'pod',
      readBuffer: new Uint8Array(MAX_LINE_BYTES + 1),
      maxLineBytes: MAX_LINE_BYTES,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
    });
    defer(t, () => this.source.close());
  }

  /** Reads until there is no more. */
  async read(): Promise<string[]> {
    const read: string[] = [];
    for (;;) {
      const batch = await this.source.next();
      if (batch === undefined) return read;
      const seen = seenBatch(batch);
      this.batches.push(seen);
      read.push(...seen.lines);
    }
  }
}

const text = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('');

test('complete lines are read, and a line in pieces once its end has come', async (t) => {
  const piped = new Piped(t);
  piped.input.write(`${text(lines('a', 0, 3))}first half, `);
  assert.deepEqual(await piped.read(), lines('a', 0, 3));
  assert.equal(piped.source.status()[0]?.unreadBytes, 'first half, '.length);
  piped.input.write('second half');
  assert.deepEqual(await piped.read(), []);
  piped.input.write(`\n${text(lines('b', 0, 1))}`);
  assert.deepEqual(await piped.read(), ['first half, second half', ...lines('b', 0, 1)]);
  assert.deepEqual([...new Set(piped.batches.map(({ log, path }) => `${log} ${path}`))], ['pod -']);
});

test('at the end of the input the rest without a line feed is a line, and then it has ended', async (t) => {
  const piped = new Piped(t);
  piped.input.end(`${text(lines('a', 0, 2))}the rest`);
  assert.equal(piped.source.hasEnded, false);
  assert.deepEqual(await piped.read(), [...lines('a', 0, 2), 'the rest']);
  assert.equal(piped.source.hasEnded, true);
  assert.equal(piped.source.status()[0]?.caughtUp, true);
  assert.deepEqual(
    piped.notices.map((notice) => notice.code),
    ['stdin-followed', 'stdin-ended'],
  );
});

test('an input without a byte ends at once', async (t) => {
  const piped = new Piped(t);
  piped.input.end();
  assert.deepEqual(await piped.read(), []);
  assert.equal(piped.source.hasEnded, true);
});

test('a line that is too long is passed over and counted, also one that never ends', async (t) => {
  const piped = new Piped(t);
  const long = 'x'.repeat(3 * MAX_LINE_BYTES);
  piped.input.write(`${text(lines('a', 0, 1))}${long}\n${text(lines('b', 0, 1))}`);
  assert.deepEqual(await piped.read(), [...lines('a', 0, 1), ...lines('b', 0, 1)]);
  piped.input.end(long);
  assert.deepEqual(await piped.read(), []);
  const sum = (of: (batch: SeenBatch) => number) =>
    piped.batches.reduce((n, one) => n + of(one), 0);
  assert.equal(
    sum((batch) => batch.overlongLines),
    2,
  );
  assert.equal(
    sum((batch) => batch.overlongBytes),
    2 * long.length + 1,
  );
});

test('lines longer than one read of the stream keep their order in any pieces', async (t) => {
  const piped = new Piped(t);
  const sent = lines('long', 0, 400).map((line, i) => `${line} ${'y'.repeat((i * 37) % 4000)}`);
  const bytes = text(sent);
  const reading: string[] = [];
  for (let at = 0; at < bytes.length; at += 5003) {
    piped.input.write(bytes.slice(at, at + 5003));
    if (at % 3 === 0) reading.push(...(await piped.read()));
  }
  piped.input.end();
  reading.push(...(await piped.read()));
  assert.deepEqual(reading, sent);
});

test('nothing is taken out of the stream while nobody asks', async (t) => {
  const piped = new Piped(t);
  const chunk = Buffer.from(text(lines('a', 0, 100)));
  let written = 0;
  while (piped.input.write(chunk)) written += 1;
  assert.ok(written < 10, 'the stream has pushed back');
  assert.equal((await piped.read()).length, (written + 1) * 100);
});

test('a backlog is not said to be caught up before a quiet second', async (t) => {
  const piped = new Piped(t);
  const isCaughtUp = () => piped.source.status()[0]?.caughtUp;
  piped.input.write(text(lines('a', 0, 1)));
  await piped.read();
  assert.equal(isCaughtUp(), false);
  await piped.clock.advance(900);
  piped.input.write(text(lines('b', 0, 1)));
  await piped.read();
  await piped.clock.advance(900);
  await piped.read();
  assert.equal(isCaughtUp(), false);
  await piped.clock.advance(100);
  await piped.read();
  assert.equal(isCaughtUp(), true);
  // From then on it is caught up whenever nothing is there.
  piped.input.write(text(lines('c', 0, 1)));
  await piped.read();
  assert.equal(isCaughtUp(), true);
});

test('whoever waits is woken by what comes, and by the end', async (t) => {
  const piped = new Piped(t);
  await piped.read();
  const never = new AbortController().signal;
  const lineCame = piped.source.wait(60_000, never);
  piped.input.write(text(lines('a', 0, 1)));
  await lineCame;
  await piped.read();
  const endCame = piped.source.wait(60_000, never);
  piped.input.end();
  await endCame;
  assert.deepEqual(await piped.read(), []);
  assert.equal(piped.source.hasEnded, true);
});

test('an input that breaks is reported, and what came before it is counted', async (t) => {
  const piped = new Piped(t);
  piped.input.write(text(lines('a', 0, 1)));
  const read = await piped.read();
  piped.input.destroy(new Error('EIO'));
  read.push(...(await piped.read()));
  assert.deepEqual(read, lines('a', 0, 1));
  assert.equal(piped.source.hasEnded, true);
  assert.match(piped.source.status()[0]?.trouble ?? '', /EIO/);
});

test('who is given the input next goes on where the one before has stopped', async (t) => {
  const first = new Piped(t);
  first.input.write(`${text(lines('a', 0, 2))}half a `);
  assert.deepEqual(await first.read(), lines('a', 0, 2));
  await first.source.close();
  const second = new Piped(t, first.input);
  second.input.end(`line\n${text(lines('b', 0, 1))}`);
  assert.deepEqual(await second.read(), ['half a line', ...lines('b', 0, 1)]);
  await second.source.close();
  const third = new Piped(t, first.input);
  assert.deepEqual(await third.read(), []);
  assert.equal(third.source.hasEnded, true, 'an input that has ended before stays ended');
});
