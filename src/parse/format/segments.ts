/**
 * Cuts a log format at its quotes. With escape=default and escape=json the n-th quote of a line
 * that no value holds ends the n-th segment; with escape=none quotes tell nothing and the whole line is one segment.
 */
import type { Escape } from '../record-batch.ts';
import type { FormatElement } from './format-text.ts';
import type { VariableKind } from './variables.ts';

export interface FormatVariable {
  /** Without `$`: of a variable of one's own what it means. */
  readonly name: string;
  /** As the format has it. */
  readonly written: string;
  readonly kind: VariableKind;
  /** Place in the text of the format. */
  readonly at: number;
}

/** A literal, then variables, each with the literal after it. One that is not the last
 * and empty stands between variables whose own bytes tell where the first one ends. */
export interface Segment {
  readonly lead: string;
  readonly variables: readonly { readonly variable: FormatVariable; readonly literal: string }[];
}

export function cutAtQuotes(
  elements: readonly FormatElement[],
  named: readonly FormatVariable[],
  escape: Escape,
): Segment[] {
  const segments: { lead: string; variables: { variable: FormatVariable; literal: string }[] }[] = [
    { lead: '', variables: [] },
  ];
  let index = 0;
  for (const element of elements) {
    if (element.kind === 'variable') {
      const variable = named[index++];
      if (variable !== undefined) segments.at(-1)?.variables.push({ variable, literal: '' });
      continue;
    }
    const pieces = escape !== 'none' ? element.text.split('"') : [element.text];
    pieces.forEach((piece, i) => {
      if (i > 0) segments.push({ lead: '', variables: [] });
      const segment = segments.at(-1);
      const last = segment?.variables.at(-1);
      if (last !== undefined) last.literal = piece;
      else if (segment !== undefined) segment.lead = piece;
    });
  }
  return segments;
}
