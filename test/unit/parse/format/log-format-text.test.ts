import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFormatText } from '../../../../src/parse/format/format-text.ts';
import { LogFormatError } from '../../../../src/parse/format/log-format-error.ts';

/** The elements as one text with variables in angle brackets. */
function shown(text: string): string {
  return readFormatText(text)
    .elements.map((element) => (element.kind === 'variable' ? `<${element.name}>` : element.text))
    .join('');
}

function errorOf(text: string): LogFormatError {
  try {
    readFormatText(text);
  } catch (error) {
    assert.ok(error instanceof LogFormatError);
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${text}` });
}

const accepted: [name: string, text: string, elements: string][] = [
  ['bare', '$a - [$b] "$c"', '<a> - [<b>] "<c>"'],
  ['bare with line ends around it', '\r\n$a $b\r\n', '<a> <b>'],
  ['bare, backslashes as they are', '$a\\t$b', '<a>\\t<b>'],
  ['bare beginning with a quote, like CSV', '"$a","$b"', '"<a>","<b>"'],
  ['bare beginning with a quote and without text between variables', '"$a" "$b"', '"<a>" "<b>"'],
  ['one string in single quotes', '\'$a "$b"\'', '<a> "<b>"'],
  ['one string in double quotes', '"$a \\"$b\\""', '<a> "<b>"'],
  ['several strings over lines', "'$a - '\n    '$b [$c]'", '<a> - <b> [<c>]'],
  ['a variable does not go on in the next string', "'$a' 'b'", '<a>b'],
  ['braces', '${a}b${c}', '<a>b<c>'],
  ['a directive', "log_format main '$a '\n  '$b';", '<a> <b>'],
  ['a directive with escape', "log_format  x  escape=none\n'$a';\n", '<a>'],
  [
    'a directive in tabs, with comments',
    "\tlog_format x # why\n\t'$a ' # one\n\t'$b' ;",
    '<a> <b>',
  ],
  ['a quoted name', "log_format 'x' '$a';", '<a>'],
  ['an unquoted string', 'log_format x $a;', '<a>'],
  ['escape without the directive', "escape=none '$a'", '<a>'],
  ["nginx's backslashes", "'\\'\\\"\\\\\\t\\x\\$a'", '\'"\\\t\\x\\<a>'],
  ['names with digits and underscores', '$upstream_http_x_1 ', '<upstream_http_x_1> '],
];
for (const [name, text, elements] of accepted) {
  test(name, () => assert.equal(shown(text), elements));
}

test('escape is read', () => {
  assert.equal(readFormatText("log_format x '$a';").escape, 'default');
  assert.equal(readFormatText("log_format x escape=default '$a';").escape, 'default');
  assert.equal(readFormatText("log_format x escape=none '$a';").escape, 'none');
  assert.equal(readFormatText("log_format x escape=json '$a';").escape, 'json');
});

const refused: [name: string, text: string, at: number | undefined, message: RegExp][] = [
  ['a string without end', "log_format x '$a", 13, /no closing '/],
  ['text right after a quote', "log_format x '$a''$b';", 17, /After a closing quote/],
  ['a brace without end', '$a ${b', 3, /no closing }/],
  ['a lone dollar', '$a costs $ 5', 9, /followed by the name/],
  ['a dollar at the end', '$a $', 3, /followed by the name/],
  ['a directive without a format', 'log_format main;', 16, /needs a name and a format/],
  ['an unknown escape', "log_format x escape=html '$a';", 13, /escape=html/],
  ['two directives', "log_format x '$a'; log_format y '$b';", 19, /one log_format only/],
  ['a line break in a bare format', '$a\n$b', 2, /line break/],
  ['a line break in quotes', "'$a\n$b'", 3, /line break/],
  ['far too long', 'x'.repeat(20_000), undefined, /at most 16384/],
];
for (const [name, text, at, message] of refused) {
  test(name, () => {
    const error = errorOf(text);
    assert.match(error.message, message);
    assert.equal(error.at, at);
  });
}

test('the caret stands under the place, on its line', () => {
  const error = errorOf("log_format x '$a '\n\t'${b ';");
  const [, excerpt = '', caret = ''] = error.message.split('\n');
  assert.equal(excerpt, "   '${b ';");
  assert.equal(excerpt[caret.indexOf('^')], '$');
});

test('the excerpt of a long line is cut and holds no terminal sequence', () => {
  const error = errorOf(`${'x'.repeat(500)}\u001b[31m\u202e$ ${'y'.repeat(500)}`);
  const [, excerpt = '', caret = ''] = error.message.split('\n');
  assert.ok(excerpt.length < 100);
  assert.doesNotMatch(excerpt, /[\u001b\u202e]/u);
  assert.equal(excerpt[caret.indexOf('^')], '$');
});
