/** How values of a format are told from each other in a line: by number, for the plan to run over. */
import type { Escape } from '../record-batch.ts';
import { continuesList } from './ambiguities.ts';
import type { FormatVariable, Segment } from './segments.ts';
import { hasMeaning, type VariableKind } from './variables.ts';

/**
 * How the end of a value is found. Searched ones end where the literal after them stands; the others
 * end where their own bytes say so.
 */
export const OP_FREE = 0; // anything
export const OP_WORD = 1; // no space, in front of a literal that does not begin with one
export const OP_LIST_WORD = 2; // upstream values, in front of a literal that could be part of them
export const OP_SEARCHED_MAX = 2; // ops up to this one are searched
export const OP_TOKEN = 3; // up to the next space
export const OP_LIST = 4;
export const OP_STATUS = 5;
export const OP_BYTES = 6;
export const OP_REQUEST_LENGTH = 7;
export const OP_REQUEST_TIME = 8;
export const OP_TIME_LOCAL = 9;
export const OP_TIME_ISO8601 = 10;
export const OP_MSEC = 11;
export const OP_HOST = 12; // up to the next space, and no name with a port
export const OP_PORT = 13; // digits
export const OP_ADDRESS = 14; // up to the next space, and no `-`
export const OP_BEFORE_SLASH = 15; // up to the slash that the next value begins with
export const OP_TIME_ANY = 16; // a time in any form, see any-time.ts
export const OP_REQUEST_MS = 22; // whole milliseconds
export const OP_UPPER = 24; // capital letters, in front of a value that begins with none
export const OP_LOWER = 25; // small letters, likewise
// What a line must have for its format to be recognised by it:
export const OP_SITE = 17; // as OP_HOST, and no address
export const OP_CLIENT = 18; // as OP_ADDRESS, and an address indeed
export const OP_SECONDS = 19; // as OP_REQUEST_TIME, and no `-`
export const OP_TIMES = 23; // as OP_LIST, and nothing but times
export const OP_REQUEST = 20; // `METHOD target protocol`, up to the end of the segment
export const OP_TARGET = 21; // a path, up to the end of the segment

/** Usual; with all that tells one format from another; the same but for addresses; or of the right form alone. */
export type Rigour = 'usual' | 'strict' | 'timed' | 'lenient';

/** How the end of variable `index` of a segment is found. */
export function opOf(segment: Segment, index: number, escape: Escape, rigour: Rigour): number {
  const entry = segment.variables[index];
  if (entry === undefined) return OP_FREE;
  const { variable, literal } = entry;
  const { kind } = variable;
  const isLast = index === segment.variables.length - 1;
  const place: Place = {
    endsSegment: isLast && literal === '',
    isAlone: isLast && literal === '' && index === 0 && segment.lead === '' && escape !== 'none',
    touches: !isLast && literal === '',
    literal,
  };
  if (place.touches && !hasMeaning(kind)) return touchingOp(variable);
  return hasMeaning(kind) ? meaningOp(kind, place, rigour) : shapeOp(variable, place, rigour);
}

/** Where a variable stands. */
interface Place {
  readonly endsSegment: boolean;
  /** Nothing else is in the segment, which quotes bound. */
  readonly isAlone: boolean;
  /** A variable follows at once. */
  readonly touches: boolean;
  readonly literal: string;
}

function touchingOp({ kind, name }: FormatVariable): number {
  if (kind === 'port') return OP_PORT;
  if (name === 'request_method') return OP_UPPER;
  return name === 'scheme' ? OP_LOWER : OP_BEFORE_SLASH;
}

function isMarked(rigour: Rigour): boolean {
  return rigour === 'strict' || rigour === 'timed';
}

function tokenOp({ endsSegment, literal }: Place): number {
  return endsSegment || literal.startsWith(' ') ? OP_TOKEN : OP_WORD;
}

function meaningOp(kind: keyof typeof MEANING_OPS, place: Place, rigour: Rigour): number {
  if (rigour === 'lenient' && !place.touches) {
    return kind.startsWith('time-') ? OP_FREE : tokenOp(place);
  }
  return isMarked(rigour) && kind === 'request-time' ? OP_SECONDS : MEANING_OPS[kind];
}

function shapeOp({ kind, name }: FormatVariable, place: Place, rigour: Rigour): number {
  if (kind === 'request' || kind === 'target') {
    if (!isMarked(rigour) || !place.isAlone) return OP_FREE;
    return kind === 'request' ? OP_REQUEST : OP_TARGET;
  }
  if (kind === 'free' || place.isAlone) return OP_FREE;
  if (!isTokenKind(kind)) return listOp(name, place, rigour);
  const token = tokenOp(place);
  if (token !== OP_TOKEN) return kind === 'port' ? OP_PORT : token;
  return rigour === 'strict' ? STRICT_OPS[kind] : TOKEN_OPS[kind];
}

function listOp(name: string, { endsSegment, literal }: Place, rigour: Rigour): number {
  const isEndedByLiteral = /^[ ,]/.test(literal) && !continuesList(literal);
  if (!endsSegment && !isEndedByLiteral) return OP_LIST_WORD;
  return isMarked(rigour) && endsSegment && name.endsWith('_time') ? OP_TIMES : OP_LIST;
}

/** Of values that hold no space. */
const TOKEN_OPS = { token: OP_TOKEN, host: OP_HOST, address: OP_ADDRESS, port: OP_PORT } as const;
const STRICT_OPS = { ...TOKEN_OPS, host: OP_SITE, address: OP_CLIENT } as const;

function isTokenKind(kind: VariableKind): kind is keyof typeof TOKEN_OPS {
  return Object.hasOwn(TOKEN_OPS, kind);
}

const MEANING_OPS = {
  status: OP_STATUS,
  bytes: OP_BYTES,
  'request-length': OP_REQUEST_LENGTH,
  'request-time': OP_REQUEST_TIME,
  'request-ms': OP_REQUEST_MS,
  'time-local': OP_TIME_LOCAL,
  'time-iso8601': OP_TIME_ISO8601,
  'time-any': OP_TIME_ANY,
  msec: OP_MSEC,
} as const;
