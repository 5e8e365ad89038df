/**
 * Variables that a configuration has made: what each means, where its name, its map or its neighbours
 * tell; else what it may mean, to be tried on the lines.
 */
import type { FormatElement, FormatText } from './format-text.ts';
import { isOwn, isTime, meaningOfName, variableKind } from './variables.ts';

/** What a variable of somebody's own is taken for. */
export type Guess = 'time' | 'request' | 'target';
/** By the name of the variable, without `$`. */
export type Guesses = ReadonlyMap<string, Guess>;

type Variable = Extract<FormatElement, { kind: 'variable' }>;
/** A variable with what it means. */
export type MeantElement =
  | Extract<FormatElement, { kind: 'literal' }>
  | (Variable & { readonly written: string });

/** More ways to read one text are not tried. */
const WAYS_MAX = 12;
const TARGETS: ReadonlySet<string> = new Set(['request', 'request_uri', 'uri']);
/** `$year-$month-$dayT$hour:$minute:$second`, and the like. */
const CLOCK_PARTS = [
  /year$/iu,
  /mon(?:th)?$/iu,
  /day$/iu,
  /hour$/iu,
  /min(?:ute)?s?$/iu,
  /sec(?:ond)?s?$/iu,
];
const CLOCK_LITERALS = [/^[-/]$/u, /^[-/]$/u, /^[T ]$/u, /^:$/u, /^:$/u];

/** The elements with variables named after what they mean, and times in parts as one variable. */
export function meantElements({ elements, meanings }: FormatText): MeantElement[] {
  const meant = elements.map((element): MeantElement => {
    if (element.kind === 'literal') return element;
    const known = meanings.get(element.name) ?? element.name;
    return { ...element, name: meaningOfName(known), written: element.name };
  });
  meant.forEach((element, i) => {
    if (element.kind === 'variable' && isBehindMethod(meant, i)) {
      meant[i] = { ...element, name: 'request_uri' };
    }
  });
  const hasTime = meant.some((element) => element.kind === 'variable' && isNginxTime(element.name));
  return hasTime ? meant : joinTimes(meant);
}

/** `$request_method $own $server_protocol`: a target with something taken out. */
function isBehindMethod(elements: readonly MeantElement[], i: number): boolean {
  const [method, space, own] = elements.slice(Math.max(0, i - 2), i + 1);
  return (
    own?.kind === 'variable' &&
    isOwn(own.name) &&
    space?.kind === 'literal' &&
    space.text === ' ' &&
    method?.kind === 'variable' &&
    method.name === 'request_method'
  );
}

function isNginxTime(name: string): boolean {
  const kind = variableKind(name);
  return isTime(kind) && kind !== 'time-any';
}

function joinTimes(elements: readonly MeantElement[]): MeantElement[] {
  const joined: MeantElement[] = [];
  for (let i = 0; i < elements.length; ) {
    const element = elements[i];
    const length = joinedLength(elements, i);
    if (element?.kind === 'variable' && length > 1) {
      joined.push({ ...element, name: TIME_IN_PARTS });
    } else if (element !== undefined) joined.push(element);
    i += Math.max(1, length);
  }
  return joined;
}

/** The name of a time that is put together; its kind is `time-any`. */
const TIME_IN_PARTS = 'time_iso8601_parts';

/** So many elements from `i` on are one time; 0 for none. */
function joinedLength(elements: readonly MeantElement[], i: number): number {
  const [first, between, second] = elements.slice(i, i + 3);
  const isPair =
    isNamed(first, /date$/iu) &&
    between?.kind === 'literal' &&
    /^[ T]$/u.test(between.text) &&
    isNamed(second, /time$|clock/iu);
  if (isPair) return 3;
  const count = 2 * CLOCK_PARTS.length - 1;
  const isClock = elements
    .slice(i, i + count)
    .every((element, n) =>
      n % 2 === 0
        ? isNamed(element, CLOCK_PARTS[n / 2] ?? /$^/u)
        : element.kind === 'literal' && (CLOCK_LITERALS[(n - 1) / 2]?.test(element.text) ?? false),
    );
  return isClock && elements.length - i >= count ? count : 0;
}

function isNamed(element: MeantElement | undefined, name: RegExp): boolean {
  return element?.kind === 'variable' && isOwn(element.name) && name.test(element.name);
}

/**
 * The ways to read a format that says neither the time nor the request in variables of nginx: each
 * takes one of its own variables for it. The last takes none for the request. One way without guesses
 * where nothing is missing, or nothing could be it.
 */
export function waysToRead(text: FormatText): readonly Guesses[] {
  const elements = meantElements(text);
  const variables = elements.filter((element) => element.kind === 'variable');
  const own = [
    ...new Set(
      variables
        .filter(({ name }) => isOwn(name) && variableKind(name) === 'free')
        .map(({ name }) => name),
    ),
  ];
  const hasTime = variables.some(({ name }) => isTime(variableKind(name)));
  const hasTarget = variables.some(({ name }) => TARGETS.has(name));
  const times: (string | undefined)[] = hasTime || own.length === 0 ? [undefined] : own;
  const requests = hasTarget ? [] : own.filter((name) => isAlone(elements, name));
  const ways: Guesses[] = [];
  for (const time of times) {
    const base: [string, Guess][] = time === undefined ? [] : [[time, 'time']];
    for (const name of requests) {
      if (name === time) continue;
      ways.push(new Map([...base, [name, 'request']]), new Map([...base, [name, 'target']]));
    }
    ways.push(new Map(base));
  }
  return ways.length > WAYS_MAX ? ways.slice(-WAYS_MAX) : ways;
}

/** Whether the variable stands between two quotes, or behind the method. */
function isAlone(elements: readonly MeantElement[], name: string): boolean {
  const at = elements.findIndex((element) => element.kind === 'variable' && element.name === name);
  const before = elements[at - 1];
  const after = elements[at + 1];
  return (
    before?.kind === 'literal' &&
    before.text.endsWith('"') &&
    after?.kind === 'literal' &&
    after.text.startsWith('"')
  );
}
