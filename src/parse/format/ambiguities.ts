/** What a client can forge in a log, as far as the format allows it: for a person who checks one. */
import type { FormatVariable, Segment } from './segments.ts';
import { hasMeaning, type VariableKind } from './variables.ts';

/** Sentences on what cannot be told apart for sure within one segment. */
export function ambiguitiesOf(segment: Segment): string[] {
  const lists = segment.variables.filter(
    ({ variable, literal }) => variable.kind === 'list' && continuesList(literal),
  );
  return [
    ...lists.map(
      ({ variable: { name } }) =>
        `$${name} can be a list with commas and colons, and such a one follows it: where it ends ` +
        'is a guess. Put quotes around it.',
    ),
    ...shiftsOf(segment),
  ];
}

/** Whether text after a list looks as if it went on. */
export function continuesList(literal: string): boolean {
  return literal.startsWith(', ') || literal.startsWith(' : ');
}

/**
 * What a client can shift within one segment. Its text can hold the literals after it and values of
 * its own for the variables there, as long as some value further on can swallow the true ones: a
 * value without spaces swallows literals without spaces, a list also `, ` and ` : `.
 */
function shiftsOf({ variables }: Segment): string[] {
  const chosen = variables.findIndex(({ variable }) => isChosenByClient(variable));
  const first = variables[chosen];
  if (first === undefined) return [];
  const laterFree = variables.slice(chosen + 1).find(({ variable }) => variable.kind === 'free');
  const found: string[] = [];
  if (first.variable.kind === 'free' && laterFree !== undefined) {
    found.push(
      `$${first.variable.name} and $${laterFree.variable.name} stand in one stretch without ` +
        'quotes between them: what a client sends in the first can shift the second. ' +
        'Put them into quotes.',
    );
  }
  const swallows = (i: number, target: VariableKind) =>
    variables.slice(chosen, i).every(({ variable, literal }, n) => {
      if (variable.kind === 'time-local') return false;
      if (target !== 'list') return !literal.includes(' ');
      return /^(?:, | : |[^ ,])*$/.test(n === 0 ? literal.replace(/^ /, '') : literal);
    });
  const swallower = variables.findIndex(
    ({ variable: { kind } }, i) =>
      i > chosen && ['token', 'host', 'address', 'list'].includes(kind) && swallows(i, kind),
  );
  const list = variables.findIndex(({ variable }) => variable.kind === 'list');
  const isAfterList = list >= 0 && list === chosen - 1 && variables[list]?.literal === ' ';
  const other = variables[swallower >= 0 ? swallower : isAfterList ? list : -1];
  if (other !== undefined) {
    found.push(
      `What a client sends in $${first.variable.name} can pass for a part of ` +
        `$${other.variable.name} and of what stands between them. Put quotes around them.`,
    );
  }
  return found;
}

/** nginx lets a client put nearly anything but spaces into $host. */
function isChosenByClient({ name, kind }: FormatVariable): boolean {
  return (
    (kind === 'free' && !/^(?:upstream_|touching)/u.test(name)) ||
    name === 'host' ||
    name === 'http_host'
  );
}

/** With escape=none whoever may send quotes may end his value with one and go on as he likes. */
export function ambiguitiesOfNone(segments: readonly Segment[]): string[] {
  const variables = segments.flatMap(({ variables }) => variables.map(({ variable }) => variable));
  const free = variables.findIndex(({ kind }) => kind === 'free');
  const after = variables.slice(free + 1).filter(({ kind }) => hasMeaning(kind));
  if (free < 0 || after.length === 0) return [];
  const names = [...new Set(after.map(({ name }) => `$${name}`))].join(', ');
  return [
    `escape=none: a client that sends quotes in $${variables[free]?.name} can forge ${names}. ` +
      'Use escape=default.',
  ];
}
