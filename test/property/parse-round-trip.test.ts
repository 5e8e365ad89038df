import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { explainLine } from '../../src/parse/advice/explain.ts';
import { compileLogFormat } from '../../src/parse/format/log-format.ts';
import { createParser } from '../../src/parse/parser.ts';
import { PRESETS } from '../../src/parse/format/presets.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { meaningOfName } from '../../src/parse/format/variables.ts';
import { anyFormat, record } from '../support/arbitrary-record.ts';
import { renderLine } from '../support/nginx-log-line.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';

const scanner = createScanner({ readBufferBytes: 1 << 16 });

function checkRoundTrip(
  format: string,
  given: { values: Record<string, string> } & Record<string, unknown>,
): void {
  // A variable of somebody's own is asked for by what it means, or not at all.
  const names = [...format.matchAll(/\$\{?(\w+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => meaningOfName(name) === name && !/^upstream_(?:host|uri)$/u.test(name));
  const line = renderLine(format, given.values);
  const parser = createParser({ format, scanner });
  const [row, ...more] = parseBytes(parser, toBytes(`${line}\n`), { spans: names });
  assert.equal(more.length, 0);
  assert.equal(row?.reason, 'parsed', JSON.stringify(explainLine(format, toBytes(line))));
  assert.equal(row.timeS, given['seconds']);
  assert.equal(row.status, given['status']);
  if (names.includes('body_bytes_sent') || names.includes('bytes_sent'))
    assert.equal(row.bytesOut, given['bytes'] ?? 0);
  if (names.includes('request_length')) assert.equal(row.bytesIn, given['bytesIn'] ?? 0);
  if (names.includes('request_time'))
    assert.equal(row.requestMs, given['milliseconds'] ?? undefined);
  for (const name of names) {
    const value = given.values[name];
    assert.equal(row.spans[name], value === '' || value === '-' ? undefined : value, `$${name}`);
  }
}

// What these write without quotes a client can shift, and check says so.
const SHIFTED: ReadonlySet<string> = new Set(['npmplus', 'apisix', 'alibaba', 'seafile']);

for (const { name, text } of PRESETS) {
  if (SHIFTED.has(name)) continue;
  test(`what nginx writes as ${name} is read back, whatever clients send`, () => {
    fc.assert(fc.property(record, (given) => checkRoundTrip(text, given)));
  });
}

test('a format without ambiguities is read back exactly, whatever clients send', () => {
  let tried = 0;
  fc.assert(
    fc.property(anyFormat, record, (format, given) => {
      if (compileLogFormat('x', format).ambiguities.length > 0) return;
      tried++;
      checkRoundTrip(format, given);
    }),
  );
  assert.ok(tried > 20, `only ${tried} formats had no ambiguity`);
});
