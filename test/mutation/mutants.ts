/**
 * Faults to plant into a file, one at a time: an operator turned round, a bound moved by one, a condition
 * that always or never holds, a call left out. They are found in the text, outside comments, strings and
 * types, so a mutant may be nonsense; nonsense does not run and counts as killed.
 */
export interface Mutant {
  /** Offset and length in the text of the file. */
  readonly at: number;
  readonly length: number;
  readonly with: string;
  /** From 1 on. */
  readonly line: number;
  /** `<` → `<=`. */
  readonly what: string;
}

/** What stands there, and what to put in its place. The blanks belong to the operator. */
const SWAPS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/ < /g, [' <= ', ' > ']],
  [/ > /g, [' >= ', ' < ']],
  [/ <= /g, [' < ']],
  [/ >= /g, [' > ']],
  [/ === /g, [' !== ']],
  [/ !== /g, [' === ']],
  [/ && /g, [' || ']],
  [/ \|\| /g, [' && ']],
  [/ \+ /g, [' - ']],
  [/ - /g, [' + ']],
  [/ \* /g, [' / ']],
  [/\+\+/g, ['--']],
  [/ \+= /g, [' -= ']],
  [/ -= /g, [' += ']],
  [/Math\.max\(/g, ['Math.min(']],
  [/Math\.min\(/g, ['Math.max(']],
  [/(?<![\w.])true(?!\w)/g, ['false']],
  [/(?<![\w.])false(?!\w)/g, ['true']],
  [/(?<=[( ])!(?=[\w(])/g, ['']],
  [/(?<![\w.$])[01](?![\w.])/g, ['2']],
  [/(?<=\bif \()[^()]+(?=\) )/g, ['true', 'false']],
  // A statement that is nothing but a call, on one line.
  [/(?<=\n {4,})(?:await )?this[\w.#?]*\([^;\n]*\);(?=\n)/g, [';']],
  [/(?<=\n {4,})return;(?=\n)/g, [';']],
];

/** Comments, strings, templates, import lines and interfaces, where nothing is planted. */
const NO_CODE =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|^import [\s\S]*?;$|^(?:export )?(?:interface|type) [\s\S]*?^(?:\}|.*;)$/gm;

export function mutantsOf(text: string): Mutant[] {
  const code = text.replace(NO_CODE, (part) => part.replace(/[^\n]/g, '\u0000'));
  const found: Mutant[] = [];
  for (const [pattern, replacements] of SWAPS) {
    for (const { 0: what, index } of code.matchAll(pattern)) {
      const line = code.slice(0, index).split('\n').length;
      for (const by of replacements) {
        const shown = `${text.slice(index, index + what.length).trim()} → ${by.trim() || 'nothing'}`;
        found.push({ at: index, length: what.length, with: by, line, what: shown });
      }
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

export function planted(text: string, mutant: Mutant): string {
  return text.slice(0, mutant.at) + mutant.with + text.slice(mutant.at + mutant.length);
}
