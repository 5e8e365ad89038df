import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSorter } from '../../../../src/pipeline/backfill/line-sorter.ts';
import { fc, runsOfSlow } from '../../../support/property.ts';

/** Small enough that some hundred lines make many files of several levels. */
const MEMORY_BYTES = 256;

interface Line {
  readonly second: number;
  readonly isTimed: boolean;
  readonly text: string;
}

function add(sorter: LineSorter, { second, isTimed, text }: Line): void {
  const bytes = Buffer.from(`${text}\n`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  sorter.add(second, isTimed, view, 0, bytes.length);
}

function sorted(lines: readonly Line[], memoryBytes: number): string[] {
  const sorter = new LineSorter(memoryBytes);
  for (const line of lines) add(sorter, line);
  const target = new Uint8Array(300);
  const found: string[] = [];
  for (let next = sorter.next(target); next !== undefined; next = sorter.next(target)) {
    found.push(...Buffer.from(target.subarray(0, next.length)).toString().split('\n').slice(0, -1));
  }
  sorter.close();
  return found;
}

const line = fc.record({
  second: fc.integer({ min: 0, max: 20 }),
  isTimed: fc.boolean(),
  text: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 }),
});

test('lines come out in one order, whatever order they come in and however little memory there is', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 200 }), fc.nat(), (lines, turn) => {
      const at = lines.length === 0 ? 0 : turn % lines.length;
      const turned = [...lines.slice(at).reverse(), ...lines.slice(0, at)];
      const expected = sorted(lines, 1024 * 1024);
      assert.deepEqual(sorted(turned, MEMORY_BYTES), expected);
      const count = (all: readonly string[]) => all.toSorted().join('\n');
      assert.equal(count(expected), count(lines.map(({ text }) => text)));
    }),
    { numRuns: runsOfSlow(4) },
  );
});

test('enough files for a second level are merged into the same order', () => {
  const lines = Array.from({ length: 1000 }, (_, i) => ({
    second: (i * 7919) % 997,
    isTimed: true,
    text: `line ${i} with some text that takes room`,
  }));
  const sorter = new LineSorter(MEMORY_BYTES);
  for (const one of lines) add(sorter, one);
  assert.ok(sorter.spilledBytes > 40_000, 'nothing went to the disk');
  sorter.close();
  const found = sorted(lines, MEMORY_BYTES);
  assert.deepEqual(found, sorted(lines, 1024 * 1024));
  const seconds = new Map(lines.map(({ text, second }) => [text, second]));
  const order = found.map((text) => seconds.get(text) ?? -1);
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  );
});

test('lines without a time stand at the end of their second, over-long ones after it', () => {
  const sorter = new LineSorter(4096);
  add(sorter, { second: 2, isTimed: true, text: 'b' });
  add(sorter, { second: 1, isTimed: false, text: 'odd' });
  sorter.addOverlong(1, 1, 5000);
  add(sorter, { second: 1, isTimed: true, text: 'z' });
  const target = new Uint8Array(100);
  const text = (length: number) => Buffer.from(target.subarray(0, length)).toString();
  const first = sorter.next(target);
  assert.deepEqual([text(first?.length ?? 0), first?.overlongLines], ['z\nodd\n', 0]);
  const second = sorter.next(target);
  assert.deepEqual([text(second?.length ?? 0), second?.overlongLines], ['b\n', 1]);
  assert.equal(second?.overlongBytes, 5000);
  assert.equal(sorter.next(target), undefined);
  sorter.close();
});
