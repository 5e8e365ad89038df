/**
 * Variables with nothing between them. They are taken apart where the first has a fixed length or
 * cannot hold what the second begins with; `$uri$is_args$args` is one target; what nobody needs is
 * passed over as one value. The rest is refused, since any answer could be wrong.
 */
import type { MeantElement } from './own-variables.ts';
import { hasMeaning, SITE_VARIABLES, variableKind, type VariableKind } from './variables.ts';

type MeantVariable = Extract<MeantElement, { kind: 'variable' }>;

/** Begin with a slash. */
const PATHS: ReadonlySet<string> = new Set(['request_uri', 'uri', 'document_uri']);
const QUERIES: ReadonlySet<string> = new Set(['is_args', 'args', 'query_string']);
/** Never hold a slash. */
const WITHOUT_SLASH: ReadonlySet<string> = new Set(
  `host http_host server_name server_addr server_port hostname proxy_host proxy_port remote_addr
   remote_port request_method scheme status body_bytes_sent bytes_sent request_length
   ssl_server_name touching_word`.split(/\s+/u),
);
/** The first in letters of one case, the second never begins with one of those. */
const BY_CASE: ReadonlySet<string> = new Set(['scheme request_method', 'request_method host']);
/** A needed value that the meter would miss. */
const NEEDED: ReadonlySet<string> = new Set([
  ...SITE_VARIABLES,
  ...PATHS,
  'request',
  'request_method',
  'http_user_agent',
  'http_referer',
  'remote_addr',
  'http_x_forwarded_for',
  'upstream_addr',
  'upstream_response_time',
  'upstream_status',
  'upstream_cache_status',
  'ssl_protocol',
  'server_protocol',
]);
const FIXED: ReadonlySet<VariableKind> = new Set(['status', 'time-local', 'time-iso8601', 'msec']);
/** Of no meaning to anybody. */
const NOBODYS = 'touching';
/** The same, and without a slash. */
const NOBODYS_WORD = 'touching_word';

/** Whether the end of `one` is known by its own bytes when `next` follows at once. */
function endsBefore(one: string, next: string): boolean {
  if (FIXED.has(variableKind(one))) return variableKind(one) !== 'msec' || !startsWithDigit(next);
  return (WITHOUT_SLASH.has(one) && PATHS.has(next)) || BY_CASE.has(`${one} ${next}`);
}

function startsWithDigit(name: string): boolean {
  return hasMeaning(variableKind(name));
}

/**
 * The elements without touching variables but for those that `endsBefore` takes apart; and the first
 * pair that cannot be, if there is one.
 */
export function settleTouching(elements: readonly MeantElement[]): {
  readonly elements: readonly MeantElement[];
  readonly ambiguous: readonly [MeantVariable, MeantVariable] | undefined;
  readonly isTargetInParts: boolean;
} {
  const settled: MeantElement[] = [];
  let isTargetInParts = false;
  let ambiguous: readonly [MeantVariable, MeantVariable] | undefined;
  for (const element of elements) {
    const before = settled.at(-1);
    if (element.kind !== 'variable' || before?.kind !== 'variable') {
      settled.push(element);
      continue;
    }
    const joined = joinedName(before.name, element.name);
    if (joined !== undefined) {
      settled[settled.length - 1] = { ...before, name: joined };
      isTargetInParts ||= joined === 'request_uri' && element.name !== 'is_args';
    } else if (endsBefore(before.name, element.name)) settled.push(element);
    else if (isNeeded(before.name) || isNeeded(element.name)) {
      ambiguous ??= [before, element];
      settled.push(element);
    } else {
      const isWord = WITHOUT_SLASH.has(before.name) && WITHOUT_SLASH.has(element.name);
      settled[settled.length - 1] = { ...before, name: isWord ? NOBODYS_WORD : NOBODYS };
    }
  }
  return { elements: settled, ambiguous, isTargetInParts };
}

function joinedName(one: string, next: string): string | undefined {
  if (PATHS.has(one) && QUERIES.has(next)) return 'request_uri';
  return QUERIES.has(one) && QUERIES.has(next) ? 'args' : undefined;
}

function isNeeded(name: string): boolean {
  return NEEDED.has(name) || hasMeaning(variableKind(name));
}
