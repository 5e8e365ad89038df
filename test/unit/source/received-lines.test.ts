import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../../support/property.ts';
import { PIECE_BYTES, ReceivedLines } from '../../../src/source/received-lines.ts';

function add(lines: ReceivedLines, log: number, text: string): boolean {
  const bytes = Buffer.from(text, 'latin1');
  return lines.add(log, bytes, 0, bytes.length);
}

interface Taken {
  readonly log: number;
  readonly lines: readonly string[];
}

function takeAll(lines: ReceivedLines): Taken[] {
  const target = new Uint8Array(PIECE_BYTES);
  const all: Taken[] = [];
  for (;;) {
    const taken = lines.take(target);
    if (taken === undefined) return all;
    const text = Buffer.from(target.subarray(0, taken.length)).toString('latin1');
    assert.ok(text === '' || text.endsWith('\n'));
    all.push({ log: taken.log, lines: text.split('\n').slice(0, -1) });
  }
}

test('lines of a log come out in order, and logs take turns', () => {
  const lines = new ReceivedLines(16 * PIECE_BYTES);
  const long = 'x'.repeat(PIECE_BYTES - 2);
  for (const text of ['a1', long, 'a2']) add(lines, 0, text);
  for (const text of ['b1', 'b2']) add(lines, 1, text);
  const seen = takeAll(lines).map((one) => [
    one.log,
    one.lines.map((line) => (line === long ? 'long' : line)),
  ]);
  assert.deepEqual(seen, [
    [0, ['a1']],
    [1, ['b1', 'b2']],
    [0, ['long']],
    [0, ['a2']],
  ]);
  assert.equal(lines.isEmpty, true);
});

test('a line feed in a message makes no second line', () => {
  const lines = new ReceivedLines(PIECE_BYTES);
  add(lines, 0, 'a\nforged\n\nline');
  assert.deepEqual(takeAll(lines), [{ log: 0, lines: ['a forged  line'] }]);
});

test('memory has a bound, and room comes back with reading', () => {
  const lines = new ReceivedLines(2 * PIECE_BYTES);
  const half = 'x'.repeat(PIECE_BYTES / 2 - 1);
  assert.deepEqual(
    Array.from({ length: 6 }, () => add(lines, 0, half)),
    [true, true, true, true, false, false],
  );
  assert.equal(lines.bytesOf(0), 2 * PIECE_BYTES);
  lines.take(new Uint8Array(PIECE_BYTES));
  assert.equal(lines.bytesOf(0), PIECE_BYTES);
  assert.equal(add(lines, 0, half), true);
});

test('a flood of one log leaves room for the first lines of another', () => {
  const lines = new ReceivedLines(8 * PIECE_BYTES);
  add(lines, 1, 'quiet');
  takeAll(lines);
  const full = 'x'.repeat(PIECE_BYTES - 1);
  let stored = 0;
  while (add(lines, 0, full)) stored += 1;
  assert.equal(stored, 7);
  assert.equal(add(lines, 1, 'quiet'), true);
});

test('over-long lines are counted with the next lines of their log', () => {
  const lines = new ReceivedLines(PIECE_BYTES);
  lines.addOverlong(0, 5000);
  lines.addOverlong(0, 6000);
  const target = new Uint8Array(PIECE_BYTES);
  assert.deepEqual(lines.take(target), {
    log: 0,
    length: 0,
    overlongLines: 2,
    overlongBytes: 11_000,
  });
  assert.equal(lines.take(target), undefined);
});

test('whatever is added and taken: each stored line comes out once, in the order of its log', () => {
  const step = fc.oneof(
    fc.record({ log: fc.nat(3), bytes: fc.integer({ min: 4, max: 40_000 }) }),
    fc.constant('take' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lines = new ReceivedLines(6 * PIECE_BYTES);
      const stored: string[][] = [[], [], [], []];
      const seen: string[][] = [[], [], [], []];
      const target = new Uint8Array(PIECE_BYTES);
      const take = () => {
        const taken = lines.take(target);
        if (taken === undefined) return false;
        const text = Buffer.from(target.subarray(0, taken.length)).toString('latin1');
        seen[taken.log]?.push(...text.split('\n').slice(0, -1));
        return true;
      };
      for (const [n, one] of steps.entries()) {
        if (one === 'take') {
          take();
          continue;
        }
        const text = `${n} `.padEnd(one.bytes, 'x');
        if (add(lines, one.log, text)) stored[one.log]?.push(text);
      }
      while (take());
      assert.deepEqual(seen, stored);
      assert.equal(lines.isEmpty, true);
    }),
    { numRuns: runsOfSlow(2) },
  );
});
