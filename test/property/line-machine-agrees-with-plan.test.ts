import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { compileLogFormat } from '../../src/parse/format/log-format.ts';
import { createParser } from '../../src/parse/parser.ts';
import { PRESETS } from '../../src/parse/format/presets.ts';
import { recordBatchBytes } from '../../src/parse/record-batch.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { anyFormat, record } from '../support/arbitrary-record.ts';
import { renderLine } from '../support/nginx-log-line.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';

const CAPACITY = 16;
const SPANS_MAX = 32;
const spanNames = Array.from({ length: SPANS_MAX }, (_, i) => `v${i}`);
const scanner = createScanner({
  readBufferBytes: 1 << 16,
  sharedBytes: recordBatchBytes(CAPACITY, spanNames),
});
const { memory, at } = scanner.shared;
const room = { buffer: memory.buffer, at };

/** Lines that the machine itself has fitted. */
let fitted = 0;
const fit = scanner.machine.fit.bind(scanner.machine);
scanner.machine.fit = (code, base, from, line, ...rest) => {
  const until = fit(code, base, from, line, ...rest);
  fitted += until - line;
  return until;
};

/** Changes that make a line nearly right: a piece taken out, written twice, or something put in. */
const change = fc.record({
  at: fc.nat(400),
  length: fc.nat(6),
  instead: fc.constantFrom(
    '',
    '',
    ' ',
    '-',
    '"',
    ',',
    ', ',
    ' : ',
    ':',
    '.',
    '0',
    '12',
    '\0',
    '\r',
    'x',
  ),
});
const lines = fc.array(fc.record({ given: record, changes: fc.array(change, { maxLength: 2 }) }), {
  minLength: 1,
  maxLength: 12,
});

function check(format: string, all: typeof lines extends fc.Arbitrary<infer T> ? T : never): void {
  const spans = [...format.matchAll(/\$(\w+)/g)].map(([, name = '']) => name).slice(0, SPANS_MAX);
  const text = all.map(({ given, changes }) => {
    let line = renderLine(format, given.values);
    for (const { at: from, length, instead } of changes) {
      const cut = from % (line.length + 1);
      line = line.slice(0, cut) + instead + line.slice(cut + length);
    }
    return `${line}\n`;
  });
  const elsewhere = toBytes(text.join(''));
  scanner.readBuffer.set(elsewhere);
  const inside = scanner.readBuffer.subarray(0, elsewhere.length);
  const options = { capacity: CAPACITY, spans };
  const byPlan = parseBytes(createParser({ format, scanner }), elsewhere, options);
  const byMachine = parseBytes(createParser({ format, scanner }), inside, { ...options, room });
  assert.deepEqual(byMachine, byPlan);
}

for (const { name, text } of PRESETS) {
  test(`lines of ${name}, right and nearly right, give the same rows by the machine and without`, () => {
    fitted = 0;
    fc.assert(fc.property(lines, (all) => check(text, all)));
    const { quoteCount } = compileLogFormat(name, text).program;
    assert.ok(quoteCount < 0 || fitted > 0, `the machine has fitted ${fitted} lines`);
  });
}

test('lines of any format, right and nearly right, give the same rows by the machine and without', () => {
  fitted = 0;
  fc.assert(fc.property(anyFormat, lines, (format, all) => check(format, all)));
  assert.ok(fitted > 20, `the machine has fitted ${fitted} lines`);
});
