/** Names that an InfluxQL text uses. Nothing here knows how our own queries are made. */
export interface InfluxqlNames {
  readonly measurements: readonly string[];
  /** Quoted names that the text does not define itself with AS, other than in FROM: tags and fields. */
  readonly columns: readonly string[];
  /** Names of tags in `WITH KEY = "…"`. */
  readonly keys: readonly string[];
  /** Values that a tag is compared with, by tag. */
  readonly values: readonly { readonly tag: string; readonly value: string }[];
}

export function influxqlNames(query: string): InfluxqlNames {
  const source = /(FROM|INTO)\s+((?:"[^"]*"\.)*)"([^"]*)"/g;
  const measurements = [...query.matchAll(source)].map((match) => match[3] ?? '');
  const rest = query.replaceAll(source, ' ');
  const keys = [...rest.matchAll(/WITH KEY = "([^"]*)"/g)].map(([, key]) => key ?? '');
  const aliases = new Set([...rest.matchAll(/ AS "([^"]*)"/g)].map(([, alias]) => alias ?? ''));
  const columns = [...rest.replaceAll(/ AS "[^"]*"/g, '').matchAll(/"([^"]*)"/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !keys.includes(name));
  const values = [...rest.matchAll(/"(\w+)" = '([^']*)'/g)].map(([, tag = '', value = '']) => ({
    tag,
    value,
  }));
  return {
    measurements: [...new Set(measurements)],
    // A name that is both a field and an alias of it (`sum("count") AS "count"`) is still a field.
    columns: [...new Set(columns)].filter((name) => !aliases.has(name) || isReadInside(rest, name)),
    keys,
    values,
  };
}

/** Of a text that begins within parentheses, what comes before they are closed. */
function untilItsEnd(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth < 0) return text.slice(0, i);
  }
  return text;
}

/** True where an alias is also read at the innermost level, so as a field. */
function isReadInside(text: string, name: string): boolean {
  const innermost = untilItsEnd(text.slice(text.lastIndexOf('SELECT')));
  return innermost.replaceAll(/ AS "[^"]*"/g, '').includes(`"${name}"`);
}
