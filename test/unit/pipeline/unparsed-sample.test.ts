import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineBatch } from '../../../src/source/line-batch.ts';
import { createParser } from '../../../src/parse/parser.ts';
import { RecordBatch } from '../../../src/parse/record-batch.ts';
import { createScanner } from '../../../src/parse/line/scanner.ts';
import { UnparsedSample } from '../../../src/pipeline/unparsed-sample.ts';

const GOOD = '1.2.3.4 - - [22/Nov/2026:21:10:43 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"';

function parsed(...lines: string[]): [LineBatch, RecordBatch] {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const records = new RecordBatch(16);
  const batch = {
    log: 'access',
    path: '/logs/access.log',
    bytes,
    start: 0,
    end: bytes.length,
    overlongLines: 0,
    overlongBytes: 0,
    before: false,
    headLost: false,
  };
  const scanner = createScanner({ readBufferBytes: 65_536 });
  createParser({ format: 'combined', scanner }).parse(batch, 0, records);
  return [batch, records];
}

test('the first line that does not fit is an example, safe to print, with its reason', () => {
  const [batch, records] = parsed(GOOD, 'odd \u001b[31mline');
  const notice = new UnparsedSample().of(batch, records, 0);
  assert.equal(notice?.code, 'line-unparsed');
  assert.equal(notice?.subject, '/logs/access.log');
  assert.deepEqual(notice?.details, { reason: 'shape', example: 'odd \\x1b[31mline' });
});

test('what to do about it can be done, wherever the line came from', () => {
  const [batch, records] = parsed('odd');
  const adviceFor = (path: string) =>
    new UnparsedSample().of({ ...batch, path }, records, 0)?.message ?? '';
  assert.match(adviceFor('/logs/a.log'), /`nginx-meter check \/logs\/a\.log` shows where such/);
  assert.match(adviceFor('-'), /Save some .* to a file; `nginx-meter check FILE` shows where such/);
  assert.match(
    adviceFor('syslog://0.0.0.0:5514#shop'),
    /a second access_log .* a file; `nginx-meter check FILE` shows where such/,
  );
});

test('one example a minute, however many lines do not fit', () => {
  const [batch, records] = parsed('odd');
  const sample = new UnparsedSample();
  assert.notEqual(sample.of(batch, records, 0), undefined);
  assert.equal(sample.of(batch, records, 59_999), undefined);
  assert.notEqual(sample.of(batch, records, 60_000), undefined);
});

test('lines that fit are nothing to tell about, and do not use the minute up', () => {
  const sample = new UnparsedSample();
  assert.equal(sample.of(...parsed(GOOD), 0), undefined);
  assert.notEqual(sample.of(...parsed(GOOD, 'odd'), 1), undefined);
});

test('a long line is cut', () => {
  const [batch, records] = parsed('x'.repeat(30_000));
  const example = new UnparsedSample().of(batch, records, 0)?.details?.['example'];
  assert.equal(typeof example === 'string' && example.length, 161);
});

test('while no line fits, it is told what they look like and not what they say', () => {
  const sample = new UnparsedSample();
  sample.of(...parsed('GET /users/4711 secret=Hunter2'), 0);
  assert.equal(sample.likeness(true), 'xxx /xxxx/9999 xxxx=xxxx9');
  assert.equal(sample.likeness(false), undefined, 'some stray lines are in every log');
  for (let i = 0; i < 100; i++) sample.of(...parsed(...Array.from({ length: 12 }, () => 'odd')), 0);
  assert.equal(sample.likeness(false), 'xxx /xxxx/9999 xxxx=xxxx9');
  sample.of(...parsed(GOOD), 0);
  assert.equal(sample.likeness(false), undefined);
});
