import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cutToWidth,
  TerminalRegion,
  widthOf,
} from '../../../../src/cli/terminal/terminal-region.ts';
import { Screen } from '../../../support/screen.ts';

test('a drawing replaces the one before, also a longer one', () => {
  const screen = new Screen();
  const region = new TerminalRegion(screen);
  region.draw(['one', 'two, which is long', 'three']);
  region.draw(['four', 'five']);
  assert.deepEqual(screen.lines, ['four', 'five']);
});

test('what is printed stands above the drawing', () => {
  const screen = new Screen();
  const region = new TerminalRegion(screen);
  region.print('first\n');
  region.draw(['drawn', 'twice']);
  region.print('second\nthird\n');
  region.draw(['drawn again']);
  assert.deepEqual(screen.lines, ['first', 'second', 'third', 'drawn again']);
});

test('closing shows the cursor and leaves the last drawing; later prints follow it', () => {
  const screen = new Screen();
  const region = new TerminalRegion(screen);
  assert.equal(screen.isCursorShown, false);
  region.draw(['last']);
  region.close();
  region.close();
  region.draw(['not drawn']);
  region.print('after\n');
  assert.equal(screen.isCursorShown, true);
  assert.deepEqual(screen.lines, ['last', 'after']);
});

test('lines are cut to the width and the drawing to the height', () => {
  const screen = new Screen(30, 4);
  const region = new TerminalRegion(screen);
  region.draw([
    'x'.repeat(31),
    '日本'.repeat(20),
    `\u001b[31m${'y'.repeat(50)}\u001b[0m`,
    'lost',
    'lost',
  ]);
  assert.equal(screen.lines.length, 3);
  assert.equal(screen.lines[0], `${'x'.repeat(29)}…`);
  assert.ok(screen.written.includes('…\u001b[0m'), 'a cut line ends its colour');
});

test('the width leaves colours out and counts wide characters twice', () => {
  assert.equal(widthOf('\u001b[1mab\u001b[0m'), 2);
  assert.equal(widthOf('日本'), 4);
  assert.equal(widthOf('–…·'), 3);
  assert.equal(cutToWidth('abc', 3), 'abc');
  assert.equal(cutToWidth('abcd', 3), 'ab…');
});
