/**
 * Reads line protocol the way InfluxDB 1.x does, written without a look at the encoder, and stricter:
 * whatever InfluxDB would refuse, misread or complete by itself is an error here.
 */
export type FieldValue =
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string };

export interface DecodedPoint {
  readonly measurement: string;
  /** In the order of the line. */
  readonly tags: readonly (readonly [string, string])[];
  readonly fields: readonly (readonly [string, FieldValue])[];
  readonly timestamp: bigint;
  /** The line up to the first unescaped space. */
  readonly seriesKey: string;
}

const INT64_MAX = 2n ** 63n - 1n;

export function decodeLines(bytes: Uint8Array): DecodedPoint[] {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  return text.slice(0, -1).split('\n').map(decodeLine);
}

function decodeLine(line: string): DecodedPoint {
  if (/\p{Cc}/u.test(line)) throw new Error('a control character');
  if (line.startsWith('#')) throw new Error('a comment');
  const keyEnd = indexOfBare(line, ' ', 0);
  if (keyEnd === -1) throw new Error('no fields');
  const seriesKey = line.slice(0, keyEnd);
  const [measurement, ...tags] = splitBare(seriesKey, ',');
  if (measurement === undefined || measurement === '') throw new Error('no measurement');
  const fieldsEnd = endOfFields(line, keyEnd + 1);
  const timestamp = line.slice(fieldsEnd + 1);
  if (!/^-?\d+$/.test(timestamp)) throw new Error(`timestamp ${timestamp}`);
  const decoded = {
    measurement: unescape(measurement),
    tags: tags.map(decodeTag),
    fields: splitFields(line.slice(keyEnd + 1, fieldsEnd)).map(decodeField),
    timestamp: BigInt(timestamp),
    seriesKey,
  };
  distinct(decoded.tags.map(([name]) => name));
  distinct(decoded.fields.map(([name]) => name));
  return decoded;
}

function distinct(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw new Error(`a name twice: ${names.join()}`);
}

function decodeTag(tag: string): [string, string] {
  const parts = splitBare(tag, '=');
  const [name, value] = parts;
  if (parts.length !== 2 || !name || !value) throw new Error(`tag ${JSON.stringify(tag)}`);
  if (value.endsWith('\\')) throw new Error('a backslash at the end of a tag value');
  return [unescape(name), unescape(value)];
}

function decodeField(field: string): [string, FieldValue] {
  const at = indexOfBare(field, '=', 0);
  const name = unescape(field.slice(0, at));
  const text = field.slice(at + 1);
  if (at <= 0) throw new Error(`field ${JSON.stringify(field)}`);
  if (/^-?\d+i$/.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (value > INT64_MAX || value < -INT64_MAX - 1n) throw new Error(`integer ${text}`);
    return [name, { type: 'integer', value }];
  }
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`float ${text}`);
    return [name, { type: 'float', value }];
  }
  if (/^"(?:[^"\\]|\\["\\])*"$/.test(text))
    return [name, { type: 'string', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') }];
  throw new Error(`value ${text}`);
}

/** A backslash takes the next character with it; before anything but `, =` and space it stays. */
function unescape(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}

function indexOfBare(text: string, wanted: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === wanted) return i;
  }
  return -1;
}

function splitBare(text: string, separator: string): string[] {
  const parts: string[] = [];
  for (let start = 0; ; ) {
    const at = indexOfBare(text, separator, start);
    if (at === -1) return [...parts, text.slice(start)];
    parts.push(text.slice(start, at));
    start = at + 1;
  }
}

/** Where the fields end: the first space that stands neither in quotes nor behind a backslash. */
function endOfFields(line: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < line.length; i++) {
    if (line[i] === '\\') i++;
    else if (line[i] === '"') isQuoted = !isQuoted;
    else if (line[i] === ' ' && !isQuoted) return i;
  }
  throw new Error('no timestamp');
}

function splitFields(text: string): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ',' && !isQuoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}
