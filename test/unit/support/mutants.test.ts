import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutantsOf, planted } from '../../mutation/mutants.ts';

const TEXT = `import { a } from './a.ts';

/** True if a < b. */
export interface Range {
  readonly min: 0;
}

export function within(value: number, min: number): boolean {
  // 1 < 2
  if (value < min) return false;
  const text = 'a < b';
  return value - min >= text.length;
}
`;

test('faults are planted into code, not into comments, strings, imports and types', () => {
  const mutants = mutantsOf(TEXT);
  assert.deepEqual(
    mutants.map(({ line, what }) => `${line}: ${what}`),
    [
      '10: value < min → true',
      '10: value < min → false',
      '10: < → <=',
      '10: < → >',
      '10: false → true',
      '12: - → +',
      '12: >= → >',
    ],
  );
  assert.ok(mutants.every((mutant) => planted(TEXT, mutant) !== TEXT));
});

test('one fault at a time, in its place', () => {
  const bound = mutantsOf(TEXT).find(({ what }) => what === '< → <=');
  assert.ok(bound);
  assert.match(planted(TEXT, bound), /if \(value <= min\) return false;/);
});
