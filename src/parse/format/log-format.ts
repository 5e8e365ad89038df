/**
 * Compiles the text of a `log_format` to a program of literals and variables over bytes.
 *
 * escape=default: nginx writes `"`, `\` and control bytes of values as `\xNN`, so every quote of a
 * line is one of the format's own. The format is cut at its quotes into segments; the n-th quote of
 * a line ends the n-th segment, whatever a client sends. escape=json writes them as `\"`, so of a line
 * with more quotes those count that no backslash escapes. escape=none has no such anchor: the whole
 * line is one segment.
 */
import { ambiguitiesOf, ambiguitiesOfNone, continuesList } from './ambiguities.ts';
import type { Escape } from '../record-batch.ts';
import { type FormatElement, type FormatText, readFormatText } from './format-text.ts';
import { LogFormatError } from './log-format-error.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../record-batch.ts';
import { cutAtQuotes, type FormatVariable, type Segment } from './segments.ts';
import { hasMeaning, isTime, variableKind, type VariableKind } from './variables.ts';

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

/** Tables for the plan to run over: by segment s, by variable v, by literal. */
export interface Program {
  /** Quotes a line has, or -1 when quotes of values are not escaped and so tell nothing. */
  readonly quoteCount: number;
  readonly segmentCount: number;
  /** Segment s holds the variables from `firstVariable[s]` to `firstVariable[s + 1]`. */
  readonly firstVariable: Int32Array;
  readonly ops: Int32Array;
  /**
   * Literal s leads segment s; literal `segmentCount + v` follows variable v within its segment, and
   * is never empty between two variables. This is its place in `literals`.
   */
  readonly literalAt: Int32Array;
  readonly literalLength: Int32Array;
  /** First four bytes as a little-endian word, and the mask of those that there are. */
  readonly literalWord: Int32Array;
  readonly literalMask: Int32Array;
  readonly literals: Uint8Array;
}

export interface LogFormat {
  readonly kind: 'text';
  /** A preset's name, or `custom`. */
  readonly name: string;
  readonly escape: Escape;
  readonly variables: readonly FormatVariable[];
  readonly program: Program;
  /** As `program`, but values that mean something may be anything: tells a wrong value from a wrong form. */
  readonly lenientProgram: Program;
  /** `FAMILY_*` bits that the format can fill. */
  readonly families: number;
  /** Variable that gives the site, without `$`. */
  readonly siteVariable: string | undefined;
  /** Sentences about fields that a client can shift, for a person who checks the configuration. */
  readonly ambiguities: readonly string[];
}

/** More variables than any format has; the plan's tables are of this order. */
const VARIABLES_MAX = 256;

/** Throws LogFormatError. `text`: see readFormatText. */
export function compileLogFormat(name: string, text: string): LogFormat {
  return compileText(name, readFormatText(text), text);
}

/** A text that has been read already; `text` is for messages. Throws LogFormatError. */
export function compileText(name: string, format: FormatText, text: string): LogFormat {
  const elements = withoutCarriageReturn(format.elements);
  const named = nameVariables(elements);
  checkFormat(format, named, text);
  const segments = cutAtQuotes(elements, named, format.escape);
  checkNumbersEnd(segments, text);
  const names = named.map((variable) => variable.name);
  const siteVariable = ['server_name', 'host'].find((site) => names.includes(site));
  const has = (kind: VariableKind) => named.some((variable) => variable.kind === kind);
  return {
    kind: 'text',
    name,
    escape: format.escape,
    variables: named,
    program: assemble(segments, format.escape, false),
    lenientProgram: assemble(segments, format.escape, true),
    families:
      (has('request-time') ? FAMILY_TIME : 0) |
      (has('request-length') ? FAMILY_BYTES_IN : 0) |
      (siteVariable === undefined ? 0 : FAMILY_SITE),
    siteVariable,
    ambiguities:
      format.escape === 'none' ? ambiguitiesOfNone(segments) : segments.flatMap(ambiguitiesOf),
  };
}

/** A CR at the end of a line belongs to the line end, so a format that ends with one means that. */
function withoutCarriageReturn(elements: readonly FormatElement[]): FormatElement[] {
  const last = elements.at(-1);
  if (last?.kind !== 'literal' || !last.text.endsWith('\r')) return [...elements];
  const text = last.text.slice(0, -1);
  return text === '' ? elements.slice(0, -1) : [...elements.slice(0, -1), { ...last, text }];
}

/** Only one variable fills the column of bytes: $body_bytes_sent where it is, else $bytes_sent. */
function nameVariables(elements: readonly FormatElement[]): FormatVariable[] {
  const variables = elements.filter((element) => element.kind === 'variable');
  const hasBody = variables.some(({ name }) => name === 'body_bytes_sent');
  return variables.map(({ name, at }) => {
    const kind = name === 'bytes_sent' && hasBody ? 'token' : variableKind(name);
    return { name, kind, at };
  });
}

function checkFormat(format: FormatText, variables: readonly FormatVariable[], text: string): void {
  if (variables.length > VARIABLES_MAX) {
    throw new LogFormatError(
      `The log format has ${variables.length} variables; at most ${VARIABLES_MAX} are possible.`,
      text,
    );
  }
  format.elements.forEach((element, i) => {
    const next = format.elements[i + 1];
    if (element.kind === 'variable' && next?.kind === 'variable') {
      throw new LogFormatError(
        `Nothing stands between $${element.name} and $${next.name}, so nobody can tell where one ` +
          'ends. Put a space or quotes between them, in nginx.conf too.',
        text,
        next.at,
      );
    }
  });
  if (!variables.some(({ kind }) => isTime(kind))) {
    throw new LogFormatError(
      'The log format has no time, so its lines belong to no window. Add [$time_local] ' +
        '($time_iso8601 and $msec do as well), in nginx.conf too.',
      text,
    );
  }
  if (!variables.some(({ kind }) => kind === 'status')) {
    throw new LogFormatError(
      'The log format has no $status, so errors cannot be counted. Add $status, in nginx.conf too.',
      text,
    );
  }
}

function checkNumbersEnd(segments: readonly Segment[], text: string): void {
  for (const { variable, literal } of segments.flatMap(({ variables }) => variables)) {
    const hasFixedLength = variable.kind === 'status' || variable.kind.startsWith('time-');
    if (hasMeaning(variable.kind) && !hasFixedLength && /^\d/.test(literal)) {
      throw new LogFormatError(
        `A digit follows $${variable.name}, so nobody can tell where the number ends. ` +
          'Put something else between them, in nginx.conf too.',
        text,
        variable.at,
      );
    }
  }
}

function assemble(segments: readonly Segment[], escape: Escape, isLenient: boolean): Program {
  const variables = segments.flatMap(({ variables }) => variables);
  const texts = [...segments.map(({ lead }) => lead), ...variables.map(({ literal }) => literal)];
  const pieces = texts.map((text) => new TextEncoder().encode(text));
  const ops = segments.flatMap((segment) =>
    segment.variables.map((_, i) => opOf(segment, i, escape, isLenient)),
  );
  const word = (piece: Uint8Array) =>
    piece.subarray(0, 4).reduce((sum, byte, i) => sum | (byte << (8 * i)), 0);
  return {
    quoteCount: escape !== 'none' ? segments.length - 1 : -1,
    segmentCount: segments.length,
    firstVariable: runningSums(segments.map(({ variables }) => variables.length)),
    ops: Int32Array.from(ops),
    literalAt: runningSums(pieces.map(({ length }) => length)),
    literalLength: Int32Array.from(pieces, ({ length }) => length),
    literalWord: Int32Array.from(pieces, word),
    literalMask: Int32Array.from(pieces, (piece) => word(new Uint8Array(piece.length).fill(0xff))),
    literals: Uint8Array.from(pieces.flatMap((piece) => [...piece])),
  };
}

/** 0, a, a + b, … */
function runningSums(lengths: readonly number[]): Int32Array {
  const sums = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    sums[i + 1] = (sums[i] ?? 0) + length;
  });
  return sums;
}

function opOf(segment: Segment, index: number, escape: Escape, isLenient: boolean): number {
  const entry = segment.variables[index];
  if (entry === undefined) return OP_FREE;
  const { variable, literal } = entry;
  const endsSegment = index === segment.variables.length - 1 && literal === '';
  const isAlone = endsSegment && index === 0 && segment.lead === '' && escape !== 'none';
  const { kind } = variable;
  const token = endsSegment || literal.startsWith(' ') ? OP_TOKEN : OP_WORD;
  if (kind === 'free') return OP_FREE;
  if (isTokenKind(kind)) {
    if (isAlone) return OP_FREE;
    return kind === 'port' || token === OP_TOKEN ? TOKEN_OPS[kind] : token;
  }
  if (kind === 'list') {
    if (isAlone) return OP_FREE;
    const isEndedByLiteral = /^[ ,]/.test(literal) && !continuesList(literal);
    return endsSegment || isEndedByLiteral ? OP_LIST : OP_LIST_WORD;
  }
  if (!isLenient) return MEANING_OPS[kind];
  return kind === 'time-local' || kind === 'time-iso8601' ? OP_FREE : token;
}

/** Of values that hold no space. */
const TOKEN_OPS = { token: OP_TOKEN, host: OP_HOST, address: OP_ADDRESS, port: OP_PORT } as const;

function isTokenKind(kind: VariableKind): kind is keyof typeof TOKEN_OPS {
  return Object.hasOwn(TOKEN_OPS, kind);
}

const MEANING_OPS = {
  status: OP_STATUS,
  bytes: OP_BYTES,
  'request-length': OP_REQUEST_LENGTH,
  'request-time': OP_REQUEST_TIME,
  'time-local': OP_TIME_LOCAL,
  'time-iso8601': OP_TIME_ISO8601,
  msec: OP_MSEC,
} as const;
