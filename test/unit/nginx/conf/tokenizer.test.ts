import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import {
  type Directive,
  NginxConfError,
  readDirectives,
} from '../../../../src/nginx/conf/tokenizer.ts';

type Plain = [name: string, args: readonly string[], block?: Plain[]];

function plain(directives: readonly Directive[]): Plain[] {
  return directives.map(({ name, args, block }) =>
    block === undefined ? [name, args] : [name, args, plain(block)],
  );
}

const read = (text: string) => plain(readDirectives(text, 'nginx.conf'));

function errorOf(text: string): string {
  try {
    readDirectives(text, 'nginx.conf');
  } catch (error) {
    assert.ok(error instanceof NginxConfError, text);
    return error.message;
  }
  return assert.fail(`accepted: ${text}`);
}

const cases: [text: string, directives: Plain[]][] = [
  ['', []],
  ['\uFEFF a b;# c;\n#d;\n', [['a', ['b']]]],
  ['a "b c" \'d "e\' f#g;', [['a', ['b c', 'd "e', 'f#g']]]],
  [
    String.raw`a "x\"y" 'it\'s' \"z\" \\d \w \$1 a\ b a\;b;`,
    [['a', ['x"y', "it's", '"z"', '\\d', '\\w', '\\$1', 'a\\ b', 'a\\;b']]],
  ],
  [String.raw`a "\t\n\r\x";`, [['a', ['\t\n\r\\x']]]],
  ['a{}', [['a', [], []]]],
  [
    'a b{c d;e{f;}}g;',
    [
      [
        'a',
        ['b'],
        [
          ['c', ['d']],
          ['e', [], [['f', []]]],
        ],
      ],
      ['g', []],
    ],
  ],
  ['a ${b}c{d;}', [['a', ['${b}c'], [['d', []]]]]],
  ['a "{;}" ";";', [['a', ['{;}', ';']]]],
  ['a b"c d"e;', [['a', ['b"c', 'd"e']]]],
  ['a x}y;', [['a', ['x}y']]]],
  ['if ($a = "b") { c; }', [['if', ['($a', '=', 'b', ')'], [['c', []]]]]],
  ['a "b\nc"\n d;', [['a', ['b\nc', 'd']]]],
  [
    'x_by_lua_block { local a = "}" -- }\n }b;',
    [
      ['x_by_lua_block', []],
      ['b', []],
    ],
  ],
  [
    "x_by_lua_block{[[}]] [==[ ]] } ]==] --[[ } ]]'\\'}'{}}b;",
    [
      ['x_by_lua_block', []],
      ['b', []],
    ],
  ],
];
for (const [text, directives] of cases) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), directives));
}

const faults: [text: string, message: string][] = [
  ['a', 'nginx.conf:1: there is the end of the file, where "a" has no ; yet.'],
  ['a;\nb {\nc', 'nginx.conf:3: there is the end of the file, where "c" has no ; yet.'],
  ['\na {\nb;\n', 'nginx.conf:2: there is no } for the block of "a".'],
  ['a {\nb }', 'nginx.conf:2: there is a } where "b" has no ; yet.'],
  ['a;\n}', 'nginx.conf:2: there is a } that closes no block.'],
  [';', 'nginx.conf:1: there is a ; without a directive.'],
  ['a {{}}', 'nginx.conf:1: there is a { without a directive.'],
  ['a\n"b;\n', 'nginx.conf:2: there is a quote that is never closed.'],
  ['a "b"c;', 'nginx.conf:1: there is "c" directly after a closing quote.'],
  ['x_by_lua_block { "}', 'nginx.conf:1: there is a string of Lua that is never closed.'],
  [
    'x_by_lua_block { [[}',
    'nginx.conf:1: there is a long string or comment of Lua that is never closed.',
  ],
  ['x_by_lua_block { {} ', 'nginx.conf:1: there is a block of Lua that is never closed.'],
  ['a{'.repeat(60), 'nginx.conf:1: there is blocks more than 50 deep.'],
];
for (const [text, message] of faults) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(errorOf(text), message));
}

test('directives know the line they begin in', () => {
  const [a, b] = readDirectives('# x\n\na "\n\n" {\n c;}\nb;', 'f');
  assert.deepEqual([a?.line, a?.block?.[0]?.line, b?.line, b?.file], [3, 6, 7, 'f']);
});

test('any words that are quoted are read back, and any text gives a result or an NginxConfError', () => {
  const word = fc.string({ minLength: 1, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1 }), { maxLength: 5 }), (all) => {
      const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
      const text = all.map((words) => `${words.map(quote).join(' ')};`).join('\n');
      assert.deepEqual(
        read(text),
        all.map(([name = '', ...args]) => [name, args]),
      );
    }),
  );
  const piece = fc.constantFrom(
    '{',
    '}',
    ';',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    '#',
    '$',
    'a',
    '_by_lua_block',
    '[[',
    '--',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        readDirectives(pieces.join(''), 'f');
      } catch (error) {
        assert.ok(error instanceof NginxConfError);
      }
    }),
  );
});
