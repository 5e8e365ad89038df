import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainLine } from '../../../../src/parse/advice/explain.ts';
import { toBytes } from '../../../support/parsed-rows.ts';

const LINE = '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"';

/** The explanation with the line's text from where it stopped. */
function explained(line: string, format = 'combined') {
  const explanation = explainLine(format, toBytes(line));
  if (explanation === undefined) return undefined;
  const { reason, atByte, expected } = explanation;
  return [reason, line.slice(atByte, atByte + 5), expected];
}

test('nothing to explain', () => {
  for (const line of [LINE, `${LINE}\n`, `${LINE}\r\n`, `\0\0${LINE}`]) {
    assert.equal(explained(line), undefined);
    assert.equal(explained(line, 'auto'), undefined);
  }
});

const cases: [line: string, explanation: [string, string, string]][] = [
  [LINE.replace('200', '-'), ['status', '- 5 "', 'a status of three digits ($status)']],
  [LINE.replace(' 5 ', ' 5x '), ['number', 'x "-"', '` "` after $body_bytes_sent']],
  [LINE.replace(' 5 ', ' x '), ['number', 'x "-"', 'a number of bytes or - ($body_bytes_sent)']],
  [
    LINE.replace('22/Nov', '31/Nov'),
    ['time', '31/No', 'a time such as 22/Nov/2026:10:00:00 +0000 ($time_local)'],
  ],
  [LINE.replace('] "', ']"'), ['shape', '"GET ', '`] "` after $time_local']],
  [LINE.slice(0, -1), ['shape', '', '`"` after $http_user_agent']],
  [LINE.slice(0, 60), ['shape', '20', 'a status of three digits ($status)']],
  [`${LINE} 0.043`, ['shape', ' 0.04', 'the end of the line after $http_user_agent']],
  [`${LINE} "-"`, ['shape', ' "-"', 'the end of the line after $http_user_agent']],
  [
    LINE.replace('curl', 'a "b" c'),
    ['shape', 'b" c"', 'the end of the line after $http_user_agent'],
  ],
  ['', ['empty', '', 'a line that is not empty']],
  ['hello', ['shape', '', '` - ` after $remote_addr']],
  [`\0${LINE} x`, ['shape', ' x', 'the end of the line after $http_user_agent']],
];
for (const [line, explanation] of cases) {
  test(JSON.stringify(explanation), () => assert.deepEqual(explained(line), explanation));
}

test('auto explains against the format that got furthest', () => {
  const explanation = explainLine('auto', toBytes(`${LINE} "-" 0.04x`));
  assert.equal(explanation?.formatName, 'main-time');
  assert.equal(explanation.atByte, `${LINE} "-" 0.04`.length);
});

test('a literal at the beginning of the line', () => {
  assert.deepEqual(explained('<1> 2', '<$status> $msec'), [
    'status',
    '1> 2',
    'a status of three digits ($status)',
  ]);
  assert.deepEqual(explained('x', '<$status> $msec'), ['shape', 'x', '`<` at the beginning']);
});

test('the expected text is made of the format alone', () => {
  const hostile = LINE.replace('curl', '\u001b[31m" x');
  assert.doesNotMatch(explained(hostile)?.[2] ?? '', /\u001b/);
});
