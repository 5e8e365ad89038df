/**
 * Formats of JSON logs: that of a `log_format` whose text is a JSON object, and the one that is not
 * given, whose keys are recognised by their names.
 *
 * A line is read by its keys, in whatever order they come: nginx writes keys from its configuration
 * and escapes quotes and backslashes of values, so no value can forge a key.
 * https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
 */
import type { FormatText } from '../format/format-text.ts';
import type { Escape } from '../record-batch.ts';
import { commonKeys, type JsonKey, variableOfKey } from './common-keys.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../record-batch.ts';
import {
  hasMeaning,
  isOwn,
  isTime,
  meaningOfName,
  SITE_VARIABLES,
  variableKind,
} from '../format/variables.ts';

export interface JsonFormat {
  readonly kind: 'json';
  /** A preset's name, or `custom`. */
  readonly name: string;
  readonly escape: Escape;
  readonly keys: readonly JsonKey[];
  /** `FAMILY_*` bits that the format can fill; undefined: what the lines turn out to have. */
  readonly families: number | undefined;
  /** Sentences for a person who checks the configuration. */
  readonly ambiguities: readonly string[];
}

/** What somebody has said about the keys of the log: variable of nginx → path of its key. */
export type JsonKeyNames = ReadonlyMap<string, string>;

/** The format `json`: keys by their names; those of `own` come before all others. */
export function recognisedJson(name: string, own: JsonKeyNames = new Map()): JsonFormat {
  const format = {
    kind: 'json',
    name,
    escape: 'json',
    families: undefined,
    ambiguities: [],
  } as const;
  if (own.size === 0) return { ...format, keys: commonKeys() };
  const given = [...own].map(([variable, path]) => ({ path, variable, rank: 0 }));
  const taken = new Set(own.values());
  const common = commonKeys().filter(({ path }) => !taken.has(path));
  return { ...format, keys: [...given, ...common] };
}

/** Stands for the n-th variable while the text is read as JSON; nginx's texts have none of these. */
const PLACEHOLDER_BASE = 0xe000;
const PLACEHOLDER = '[\\ue000-\\uf8ff]';
const BARE = new RegExp(`([:,[]\\s*)(${PLACEHOLDER})(?=\\s*[,}\\]])`, 'gu');
const SOME = new RegExp(PLACEHOLDER, 'u');
const ALONE = new RegExp(`^${PLACEHOLDER}$`, 'u');
const THREE = new RegExp(`^(${PLACEHOLDER}) (${PLACEHOLDER}) (${PLACEHOLDER})$`, 'u');

/**
 * The format of a text that is a JSON object. `undefined` when it is none, or when a variable that is
 * needed shares its string with others: then the text is what lines are read by.
 */
export function compileJsonFormat(name: string, text: FormatText): JsonFormat | undefined {
  // Without escaping a client can write keys; only the text as a whole holds then.
  if (text.escape === 'none') return undefined;
  const variables = text.elements.filter((element) => element.kind === 'variable');
  let index = 0;
  const skeleton = text.elements
    .map((element) =>
      element.kind === 'literal' ? element.text : String.fromCharCode(PLACEHOLDER_BASE + index++),
    )
    .join('');
  const bare = new Set([...skeleton.matchAll(BARE)].map(([, , placeholder]) => placeholder ?? ''));
  const root = readObject(skeleton.replace(BARE, '$1"$2"'));
  if (root === undefined || new RegExp(`"[^"]*${PLACEHOLDER}[^"]*"\\s*:`, 'u').test(skeleton)) {
    return undefined;
  }
  const nameOf = (placeholder: string) =>
    variables[placeholder.charCodeAt(0) - PLACEHOLDER_BASE]?.name ?? '';
  const keys = [...keysOf(root, '', nameOf)].map((key) => ({
    ...key,
    variable: meaningOf(key, text.meanings),
  }));
  const has = (isOne: (variable: string) => boolean) =>
    keys.some(({ variable }) => isOne(variable));
  if (!has((variable) => isTime(variableKind(variable))) || !has((one) => one === 'status')) {
    return undefined;
  }
  const hasTime = has((variable) => isTime(variableKind(variable)));
  const lost = variables.some(({ name: one }) => {
    if (isTime(variableKind(one)) && hasTime) return false;
    return hasMeaning(variableKind(one)) && !has((variable) => variable === one);
  });
  if (lost) return undefined;
  return {
    kind: 'json',
    name,
    escape: text.escape,
    keys,
    families:
      (has((variable) => /^request_time(?:_\ws)?$/u.test(variable)) ? FAMILY_TIME : 0) |
      (has((variable) => variable === 'request_length') ? FAMILY_BYTES_IN : 0) |
      (has((variable) => SITE_VARIABLES.includes(variable)) ? FAMILY_SITE : 0),
    ambiguities: [...bare]
      .map(nameOf)
      .filter((variable) => variableKind(variable) === 'free')
      .map(
        (variable) =>
          `$${variable} stands without quotes: a brace at the end of a value is taken for one of ` +
          'the format. Put quotes around it.',
      ),
  };
}

/** Of a variable of somebody's own the key may say what it means. */
function meaningOf({ path, variable }: JsonKey, meanings: ReadonlyMap<string, string>): string {
  const known = meaningOfName(meanings.get(variable) ?? variable);
  if (!isOwn(known) || variableKind(known) !== 'free') return known;
  return variableOfKey(path) ?? known;
}

function readObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Date and time in variables of somebody's own, put together under a key that says so. */
function isTimeKey(path: string): boolean {
  return isTime(variableKind(variableOfKey(path) ?? ''));
}

function* keysOf(
  object: object,
  prefix: string,
  nameOf: (placeholder: string) => string,
): Generator<JsonKey> {
  for (const [key, value] of Object.entries<unknown>({ ...object })) {
    const path = prefix + key;
    if (typeof value === 'string') {
      if (ALONE.test(value)) yield { path, variable: nameOf(value), rank: 0 };
      const [, method = '', uri = '', protocol = ''] = THREE.exec(value) ?? [];
      const isRequest =
        nameOf(method) === 'request_method' &&
        ['request_uri', 'uri'].includes(nameOf(uri)) &&
        nameOf(protocol) === 'server_protocol';
      if (isRequest) yield { path, variable: 'request', rank: 0 };
      else if (!ALONE.test(value) && SOME.test(value) && isTimeKey(path)) {
        yield { path, variable: 'time_iso8601', rank: 0 };
      }
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* keysOf(value, `${path}.`, nameOf);
    }
  }
}
