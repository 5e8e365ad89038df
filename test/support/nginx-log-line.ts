/**
 * Renders log lines the way nginx does, independently of the parser: the other half of the round trip.
 * Texts are Latin-1: one character per byte.
 */

/** escape=default: `"`, `\` and bytes below 0x20 or above 0x7E become \xNN with capital digits. */
export function escapeAsNginx(value: string): string {
  return Array.from(value, (character) => {
    const code = character.charCodeAt(0);
    const isPlain = code >= 0x20 && code <= 0x7e && character !== '"' && character !== '\\';
    return isPlain ? character : `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** Replaces each `$name` of a format; every value is written as it is given. */
export function renderLine(format: string, values: Readonly<Record<string, string>>): string {
  return format.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for $${name}`);
    return value;
  });
}
