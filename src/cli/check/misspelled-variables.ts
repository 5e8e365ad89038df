import { variablesOf } from '../../parse/advice/format-variables.ts';
import { meantVariable } from '../../parse/format/variables.ts';
import { chooseFormats, CUSTOM } from '../../parse/format-choice.ts';

/** Variables of a format of one's own that nginx has not, and which it has that is spelled like them. */
export function misspelledVariables(setting: string): { name: string; meant: string }[] {
  const [format, ...more] = chooseFormats(setting);
  if (format === undefined || more.length > 0 || format.name !== CUSTOM) return [];
  return (variablesOf(format) ?? []).flatMap((name) => {
    const meant = meantVariable(name);
    return meant === undefined ? [] : [{ name, meant }];
  });
}
