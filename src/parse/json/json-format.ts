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
import { commonKeys, type JsonKey } from './json-keys.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../record-batch.ts';
import { hasMeaning, isTime, variableKind } from '../format/variables.ts';

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
  const given = [...own].map(([variable, path]) => ({ path, variable, rank: 0 }));
  const taken = new Set(own.values());
  const common = commonKeys().filter(({ path }) => !taken.has(path));
  const keys = [...given, ...common];
  return { kind: 'json', name, escape: 'json', keys, families: undefined, ambiguities: [] };
}

/** Stands for the n-th variable while the text is read as JSON; nginx's texts have none of these. */
const PLACEHOLDER_BASE = 0xe000;
const PLACEHOLDER = '[\\ue000-\\uf8ff]';
const BARE = new RegExp(`([:,[]\\s*)(${PLACEHOLDER})(?=\\s*[,}\\]])`, 'gu');
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
  const keys = [...keysOf(root, '', nameOf)];
  const has = (isOne: (variable: string) => boolean) =>
    keys.some(({ variable }) => isOne(variable));
  if (!has((variable) => isTime(variableKind(variable))) || !has((one) => one === 'status')) {
    return undefined;
  }
  const lost = variables.some(
    (one) => hasMeaning(variableKind(one.name)) && !has((variable) => variable === one.name),
  );
  if (lost) return undefined;
  return {
    kind: 'json',
    name,
    escape: text.escape,
    keys,
    families:
      (has((variable) => variable === 'request_time') ? FAMILY_TIME : 0) |
      (has((variable) => variable === 'request_length') ? FAMILY_BYTES_IN : 0) |
      (has((variable) => variable === 'server_name' || variable === 'host') ? FAMILY_SITE : 0),
    ambiguities: [...bare]
      .map(nameOf)
      .filter((variable) => ['free', 'list', 'token', 'address'].includes(variableKind(variable)))
      .map(
        (variable) =>
          `$${variable} stands without quotes: a value with a comma or a brace in it makes the ` +
          'line unreadable. Put quotes around it.',
      ),
  };
}

function readObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
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
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* keysOf(value, `${path}.`, nameOf);
    }
  }
}
