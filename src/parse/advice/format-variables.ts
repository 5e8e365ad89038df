import type { Format } from '../format-choice.ts';

/** Without `$`; undefined where only the lines themselves tell. */
export function variablesOf(format: Format): readonly string[] | undefined {
  if (format.kind === 'text') return format.variables.map(({ name }) => name);
  if (format.families === undefined) return undefined;
  return format.keys.map(({ variable }) => variable);
}
