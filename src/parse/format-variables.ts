import type { Format } from './format-choice.ts';

/** Whether lines of the format have the variable; undefined where only the lines themselves tell. */
export function hasVariable(format: Format, variable: string): boolean | undefined {
  if (format.kind === 'text') return format.variables.some(({ name }) => name === variable);
  if (format.families === undefined) return undefined;
  return format.keys.some((key) => key.variable === variable);
}
