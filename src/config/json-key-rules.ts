import { nearestWord } from '../text/nearest-word.ts';
import { JSON_VARIABLES } from '../parse/json/common-keys.ts';
import { type Fault, shownValue } from './config-error.ts';
import { readJsonKeys } from './readers.ts';
import { Refusal } from './setting.ts';

/**
 * Faults of LOG_JSON_KEYS that depend on CLIENT_IP_FROM: the variable that it names is read too;
 * any other unknown variable would be ignored in silence.
 */
export function jsonKeyFaults(given: ReadonlyMap<string, string>): Fault[] {
  const text = given.get('LOG_JSON_KEYS') ?? '';
  const keys = readJsonKeys(text);
  // What is wrong on its own has been reported already.
  if (keys instanceof Refusal) return [];
  const client = /^\s*\$?(\w+)/u.exec(given.get('CLIENT_IP_FROM') ?? '')?.[1];
  const known = client === undefined ? JSON_VARIABLES : [...JSON_VARIABLES, client];
  return [...keys]
    .filter(([variable]) => !known.includes(variable))
    .map(([variable, path]) => {
      const nearest = nearestWord(variable, known, Math.min(3, Math.floor(variable.length / 2)));
      const names = JSON_VARIABLES.map((name) => `$${name}`).join(', ');
      return {
        name: 'LOG_JSON_KEYS',
        value: shownValue(text),
        problem: `names $${variable}, which the meter does not read; it reads ${names}, and the variable that CLIENT_IP_FROM names`,
        allowed: undefined,
        hint: nearest === undefined ? undefined : shownValue(`${nearest}=${path}`),
      };
    });
}
