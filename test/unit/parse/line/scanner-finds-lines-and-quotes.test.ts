import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScanner, QUOTES_MAX, SCAN_LINES_MAX } from '../../../../src/parse/line/scanner.ts';
import { toBytes } from '../../../support/parsed-rows.ts';

test('positions are indexes into the bytes, wherever these lie', () => {
  const scanner = createScanner({ readBufferBytes: 4096 });
  const text = toBytes('xx\n"a" b\n\n"\nrest "');
  scanner.readBuffer.set(text, 100);
  const views = [
    { bytes: scanner.readBuffer, start: 103 },
    { bytes: scanner.readBuffer.subarray(50), start: 53 },
    { bytes: text, start: 3 },
  ];
  for (const { bytes, start } of views) {
    const end = start - 3 + text.length;
    const found = scanner.scan(bytes, start, end, 10);
    assert.equal(found, 3);
    const lines = [...scanner.lines.subarray(0, 6)].map((value, i) =>
      i % 2 === 0 ? value - start : value,
    );
    assert.deepEqual(lines, [5, 2, 6, 2, 8, 3]);
    assert.deepEqual(
      [...scanner.quotes.subarray(0, 3)].map((q) => q - start),
      [0, 2, 7],
    );
  }
});

test('no more lines than asked for', () => {
  const scanner = createScanner({ readBufferBytes: 16 });
  const bytes = toBytes('\n'.repeat(5000));
  assert.equal(scanner.scan(bytes, 0, 5000, 7), 7);
  assert.equal(scanner.lines[13], 0);
  assert.equal(scanner.lines[12], 6);
  assert.equal(scanner.scan(bytes, 0, 5000, 1e9), SCAN_LINES_MAX);
  assert.equal(scanner.scan(bytes, 0, 5000, 0), 0);
  assert.equal(scanner.scan(bytes, 4999, 4999, 1), 0);
});

test('nothing beyond the end is seen, up to the last byte of the read buffer', () => {
  const scanner = createScanner({ readBufferBytes: 300 });
  scanner.readBuffer.fill(0x0a);
  for (let end = 0; end <= 300; end++) {
    assert.equal(scanner.scan(scanner.readBuffer, 200, end, 256), Math.max(0, end - 200));
  }
});

test('the last bytes of a memory that is exactly full can be scanned', () => {
  const pageBytes = 65_536;
  const { byteOffset } = createScanner({ readBufferBytes: 1 }).readBuffer;
  const readBufferBytes = pageBytes - (byteOffset % pageBytes);
  const scanner = createScanner({ readBufferBytes });
  const { readBuffer } = scanner;
  readBuffer[readBufferBytes - 1] = 0x0a;
  assert.equal(scanner.scan(readBuffer, readBufferBytes - 10, readBufferBytes, 5), 1);
});

test('a line with more quotes than the table is found, its quotes cut', () => {
  const scanner = createScanner({ readBufferBytes: QUOTES_MAX + 100 });
  const bytes = toBytes(`${'"'.repeat(QUOTES_MAX + 50)}\nnext\n`);
  scanner.readBuffer.set(bytes);
  for (const place of [scanner.readBuffer, bytes]) {
    assert.equal(scanner.scan(place, 0, bytes.length, 10), 1);
    assert.deepEqual([...scanner.lines.subarray(0, 2)], [QUOTES_MAX + 50, QUOTES_MAX]);
    assert.equal(scanner.scan(place, QUOTES_MAX + 51, bytes.length, 10), 1);
  }
});

test('a line longer than the staging area is found in bytes from elsewhere', () => {
  const scanner = createScanner({ readBufferBytes: 16 });
  const bytes = toBytes(`"${'x'.repeat(300_000)}"\n"\n`);
  assert.equal(scanner.scan(bytes, 0, bytes.length, 10), 1);
  assert.deepEqual([...scanner.lines.subarray(0, 2)], [300_002, 2]);
  assert.deepEqual([...scanner.quotes.subarray(0, 2)], [0, 300_001]);
});

test('no line end, no line', () => {
  const scanner = createScanner({ readBufferBytes: 16 });
  const bytes = toBytes(`${'x'.repeat(100)}\n`);
  assert.equal(scanner.scan(bytes, 0, 100, 10), 0);
  assert.equal(scanner.scan(toBytes('x'.repeat(200_000)), 0, 200_000, 10), 0);
});
