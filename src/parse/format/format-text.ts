/**
 * Reads the text of an nginx `log_format`: from an environment variable (the bare format), or as it
 * stands in nginx.conf (quoted strings over several lines, or the whole directive).
 *
 * Quoting and backslashes are those of nginx's configuration files; each string of the directive is
 * searched for variables on its own and the results are put one after the other, as nginx does:
 * https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
 */
import type { Escape } from '../record-batch.ts';
import { LogFormatError } from './log-format-error.ts';

/** Literal text, or the name of a variable without `$`; `at` is its place in the text given. */
export type FormatElement =
  | { readonly kind: 'literal'; readonly text: string; readonly at: number }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number };

export interface FormatText {
  readonly escape: Escape;
  /** No two literals stand side by side. */
  readonly elements: readonly FormatElement[];
  /** What variables of one's own mean, by their names: `log_format name $own=$request '…'`. */
  readonly meanings: ReadonlyMap<string, string>;
  /** The text ends in a line break, so that an empty line follows each record. */
  readonly isSpaced: boolean;
}

/** What of a text has been read before its end is looked at. */
type Read = Omit<FormatText, 'isSpaced'>;
const NO_MEANINGS: ReadonlyMap<string, string> = new Map();

/** Longer texts are not formats but mistakes; nginx's own limit for one string is 4096. */
const FORMAT_TEXT_LENGTH_MAX = 16 * 1024;

/** One character of a string after nginx's unescaping, and where it came from. */
interface Character {
  readonly value: string;
  readonly at: number;
}
interface Token {
  readonly characters: readonly Character[];
  readonly at: number;
  readonly isQuoted: boolean;
}

/** Throws LogFormatError. */
export function readFormatText(text: string): FormatText {
  if (text.length > FORMAT_TEXT_LENGTH_MAX) {
    throw new LogFormatError(
      `The log format has ${text.length} characters; at most ${FORMAT_TEXT_LENGTH_MAX} are read.`,
      text,
    );
  }
  const format = withoutLastBreak(readAnyForm(text));
  for (const element of format.elements) {
    const lineFeed = element.kind === 'literal' ? element.text.indexOf('\n') : -1;
    if (lineFeed >= 0) {
      throw new LogFormatError(
        'The log format has a line break in it, but one record must be one line. ' +
          'To split a long format over several lines, put each piece into quotes.',
        text,
        element.at,
      );
    }
  }
  return format;
}

/** nginx ends each record with a line break of its own, so one at the end of the text is one more. */
function withoutLastBreak({ elements, ...rest }: Read): FormatText {
  const last = elements.at(-1);
  const text = last?.kind === 'literal' ? last.text.replace(/(?:\r?\n)+$/u, '') : undefined;
  if (last?.kind !== 'literal' || text === last.text || text === undefined) {
    return { ...rest, elements, isSpaced: false };
  }
  const before = elements.slice(0, -1);
  const kept = text === '' ? before : [...before, { ...last, text }];
  return { ...rest, elements: kept, isSpaced: true };
}

function readAnyForm(text: string): Read {
  if (/^\s*log_format(?=[\s'"])/u.test(text)) return readDirective(text);
  const first = text.trimStart()[0];
  const declaresEscape = /^\s*escape=/u.test(text);
  if (first === "'" || first === '"' || declaresEscape) {
    const quoted = readQuoted(text, declaresEscape);
    if (quoted !== undefined) return quoted;
  }
  const start = /^[\r\n]*/u.exec(text)?.[0].length ?? 0;
  const trimmed = text.slice(start).replace(/[\r\n]+$/u, '');
  // Outside of nginx.conf nobody undoes the backslash of a break at the end.
  const bare = trimmed.replace(/(?:(?:\\r)?\\n)+$/u, '\n');
  const characters = Array.from({ length: bare.length }, (_, i) => ({
    value: bare[i] ?? '',
    at: start + i,
  }));
  const elements = joinLiterals(findVariables({ characters, at: 0, isQuoted: false }, text));
  return { escape: 'default', elements, meanings: NO_MEANINGS };
}

function readDirective(text: string): Read {
  const tokens = readTokens(text);
  const [, name, ...rest] = tokens;
  if (name === undefined || rest.length === 0) {
    throw new LogFormatError(
      "The log_format directive needs a name and a format: log_format name '…';",
      text,
      text.length,
    );
  }
  return readArguments(rest, text);
}

/**
 * The strings of a directive without its first words. `undefined` when the text, although it begins
 * with a quote, is a bare format: `"$time_iso8601","$status"` is not what nginx takes for strings,
 * `"$remote_addr" "$status"` read as strings would have two variables side by side, and nobody writes
 * `"$remote_addr" $status` to have the space between them vanish.
 */
function readQuoted(text: string, declaresEscape: boolean): Read | undefined {
  try {
    const tokens = readTokens(text);
    if (!declaresEscape && !tokens.every(({ isQuoted }) => isQuoted)) return undefined;
    const format = readArguments(tokens, text);
    const touching = format.elements.some(
      (element, i) => element.kind === 'variable' && format.elements[i + 1]?.kind === 'variable',
    );
    if (!touching || declaresEscape || text.trimStart().startsWith("'")) return format;
  } catch (error) {
    if (!(error instanceof LogFormatError) || text.trimStart()[0] !== '"') throw error;
  }
  return undefined;
}

function readArguments(tokens: readonly Token[], text: string): Read {
  let escape: Escape = 'default';
  let strings = tokens;
  const [first] = tokens;
  const word = first?.characters.map(({ value }) => value).join('') ?? '';
  if (first !== undefined && word.startsWith('escape=')) {
    strings = tokens.slice(1);
    const value = word.slice('escape='.length);
    if (value !== 'default' && value !== 'json' && value !== 'none') {
      throw new LogFormatError(
        `The log format has escape=${value}; nginx knows default, json and none.`,
        text,
        first.at,
      );
    }
    escape = value;
  }
  const meanings = new Map<string, string>();
  for (const token of strings) {
    const given = token.characters.map(({ value }) => value).join('');
    const [, own, known] = token.isQuoted ? [] : (/^\$(\w+)=\$(\w+)$/u.exec(given) ?? []);
    if (own === undefined || known === undefined) break;
    meanings.set(own, known);
  }
  const rest = strings.slice(meanings.size);
  const elements = rest.flatMap((token) => findVariables(token, text));
  return { escape, elements: joinLiterals(elements), meanings };
}

/** Words of a directive up to `;`, as nginx splits them. */
function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at])) at++;
    if (at >= text.length) return tokens;
    if (text[at] === '#') {
      while (at < text.length && text[at] !== '\n') at++;
      continue;
    }
    if (text[at] === ';') {
      checkNothingFollows(text, at + 1);
      return tokens;
    }
    const { token, end } = readToken(text, at);
    tokens.push(token);
    at = end;
  }
}

function readToken(text: string, start: number): { token: Token; end: number } {
  const quote = text[start] === "'" || text[start] === '"' ? text[start] : undefined;
  const characters: Character[] = [];
  let at = quote === undefined ? start : start + 1;
  for (;;) {
    const value = text[at];
    if (value === undefined) {
      if (quote === undefined) break;
      throw new LogFormatError(`The string that begins here has no closing ${quote}.`, text, start);
    }
    if (value === quote) {
      at++;
      if (at < text.length && !isSpace(text[at]) && text[at] !== ';') {
        throw new LogFormatError(
          'After a closing quote there must be a space, a line break or ; — as in nginx.conf.',
          text,
          at,
        );
      }
      break;
    }
    if (quote === undefined && (isSpace(value) || value === ';')) break;
    const escaped = value === '\\' ? unescape(text[at + 1] ?? '') : undefined;
    if (escaped !== undefined) {
      characters.push({ value: escaped, at });
      at += 2;
    } else if (value === '\\' && at + 1 < text.length) {
      // nginx keeps a backslash it does not know, and does not look at what follows it.
      characters.push({ value, at }, { value: text[at + 1] ?? '', at: at + 1 });
      at += 2;
    } else {
      characters.push({ value, at });
      at++;
    }
  }
  return { token: { characters, at: start, isQuoted: quote !== undefined }, end: at };
}

function unescape(value: string): string | undefined {
  switch (value) {
    case '"':
    case "'":
    case '\\':
      return value;
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    default:
      return undefined;
  }
}

function checkNothingFollows(text: string, from: number): void {
  const rest = text.slice(from).search(/\S/u);
  if (rest >= 0) {
    throw new LogFormatError(
      'Something follows the ; that ends the log format. Give one log_format only.',
      text,
      from + rest,
    );
  }
}

/** Takes `$name` and `${name}` out of one string. */
function findVariables({ characters }: Token, text: string): FormatElement[] {
  const elements: FormatElement[] = [];
  for (let i = 0; i < characters.length; ) {
    const character = characters[i];
    if (character === undefined) break;
    if (character.value !== '$') {
      elements.push({ kind: 'literal', text: character.value, at: character.at });
      i++;
      continue;
    }
    const braced = characters[i + 1]?.value === '{';
    let end = braced ? i + 2 : i + 1;
    let name = '';
    while (/^\w$/.test(characters[end]?.value ?? '')) {
      name += characters[end]?.value;
      end++;
    }
    if (braced && characters[end]?.value !== '}') {
      throw new LogFormatError(
        'The variable that begins here has no closing }.',
        text,
        character.at,
      );
    }
    if (name === '') {
      throw new LogFormatError(
        'A $ in a log format must be followed by the name of a variable.',
        text,
        character.at,
      );
    }
    elements.push({ kind: 'variable', name, at: character.at });
    i = braced ? end + 1 : end;
  }
  return elements;
}

function joinLiterals(elements: readonly FormatElement[]): FormatElement[] {
  const joined: FormatElement[] = [];
  for (const element of elements) {
    const last = joined.at(-1);
    if (element.kind === 'literal' && last?.kind === 'literal') {
      joined[joined.length - 1] = { ...last, text: last.text + element.text };
    } else {
      joined.push(element);
    }
  }
  return joined;
}

function isSpace(value: string | undefined): boolean {
  return value === ' ' || value === '\t' || value === '\r' || value === '\n';
}
