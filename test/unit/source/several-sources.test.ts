import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CombinedSource } from '../../../src/source/combined-source.ts';
import type { LineBatch } from '../../../src/source/line-batch.ts';
import type { LineSource } from '../../../src/source/line-source.ts';

/** Hands out so many batches of its own name. */
class Counted<C> implements LineSource<C> {
  left: number;
  asked = 0;
  isClosed = false;
  hasEnded = false;
  isWaiting = false;
  wake = (): void => {};
  readonly #name: string;
  readonly #checkpoint: C;

  constructor(name: string, left: number, checkpoint: C) {
    this.#name = name;
    this.left = left;
    this.#checkpoint = checkpoint;
  }

  async next(): Promise<LineBatch | undefined> {
    this.asked += 1;
    if (this.left === 0) return undefined;
    this.left -= 1;
    const nothing = { overlongLines: 0, overlongBytes: 0, before: false, headLost: false };
    const bytes = new Uint8Array(0);
    return { log: this.#name, path: this.#name, bytes, start: 0, end: 0, ...nothing };
  }

  wait(_maxMs: number, signal: AbortSignal): Promise<void> {
    this.isWaiting = true;
    return new Promise((resolve) => {
      this.wake = () => {
        this.isWaiting = false;
        resolve();
      };
      signal.addEventListener('abort', this.wake);
    });
  }

  checkpoint(): C {
    return this.#checkpoint;
  }

  status() {
    const log = this.#name;
    const quiet = { unreadBytes: 0, caughtUp: true, rotations: 0, truncations: 0 };
    return [{ log, path: log, ...quiet }];
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** Files have positions; whatever else there is passes by once. */
function combine(files: Counted<unknown> | undefined, passing: Counted<unknown>[], saved = {}) {
  return new CombinedSource({
    saved,
    kinds: {
      ...(files === undefined
        ? {}
        : { file: { sources: [files], positions: () => files.checkpoint() } }),
      passing: { sources: passing },
    },
  });
}

test('each source gets its turn, and nothing means that each of them has looked', async () => {
  const files = new Counted('files', 3, undefined);
  const stdin = new Counted('stdin', 1, undefined);
  const syslog = new Counted('syslog', 2, undefined);
  const all = combine(files, [stdin, syslog]);
  const order: (string | undefined)[] = [];
  for (let n = 0; n < 6; n += 1) order.push((await all.next())?.log);
  assert.deepEqual(order, ['files', 'stdin', 'syslog', 'files', 'syslog', 'files']);
  const asked = [files, stdin, syslog].map((one) => one.asked);
  assert.equal(await all.next(), undefined);
  assert.deepEqual(
    [files, stdin, syslog].map((one, i) => one.asked - (asked[i] ?? 0)),
    [1, 1, 1],
  );
});

test('the status is that of all, and the checkpoint has what each kind remembers', () => {
  const files = new Counted('files', 0, { at: 7 });
  const saved = { file: { at: 3 }, journal: { cursor: 'x' } };
  const all = combine(files, [new Counted('shop', 0, undefined)], saved);
  assert.deepEqual(
    all.status().map((one) => one.log),
    ['files', 'shop'],
  );
  assert.deepEqual(all.checkpoint(), { file: { at: 7 }, journal: { cursor: 'x' } });
});

test('positions of a kind that nothing is read from now stay', () => {
  const all = combine(undefined, [new Counted('shop', 0, undefined)], { file: { at: 3 } });
  assert.deepEqual(all.checkpoint(), { file: { at: 3 } });
});

test('whichever has something ends the wait of all', async () => {
  const files = new Counted('files', 0, undefined);
  const syslog = new Counted('syslog', 0, undefined);
  const all = combine(files, [syslog]);
  const waiting = all.wait(1000, new AbortController().signal);
  syslog.wake();
  await waiting;
  assert.equal(files.isWaiting, false);
  assert.equal(syslog.isWaiting, false);
});

test('it has ended when every source has, and never while there are files', async () => {
  const files = new Counted('files', 0, undefined);
  const stdin = new Counted('stdin', 0, undefined);
  const alone = combine(undefined, [stdin]);
  assert.equal(alone.hasEnded, false);
  stdin.hasEnded = true;
  assert.equal(alone.hasEnded, true);
  assert.equal(combine(files, [stdin]).hasEnded, false);
  const syslog = new Counted('syslog', 0, undefined);
  assert.equal(combine(undefined, [stdin, syslog]).hasEnded, false);
  await alone.close();
  await combine(files, []).close();
  assert.deepEqual([files.isClosed, stdin.isClosed], [true, true]);
});
