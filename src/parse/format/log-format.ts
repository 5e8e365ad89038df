/**
 * Compiles the text of a `log_format` to a program of literals and variables over bytes.
 *
 * escape=default: nginx writes `"`, `\` and control bytes of values as `\xNN`, so every quote of a
 * line is one of the format's own. The format is cut at its quotes into segments; the n-th quote of
 * a line ends the n-th segment, whatever a client sends. escape=json writes them as `\"`, so of a line
 * with more quotes those count that no backslash escapes. escape=none has no such anchor: the whole
 * line is one segment.
 */
import { ambiguitiesOf, ambiguitiesOfNone } from './ambiguities.ts';
import type { Escape } from '../record-batch.ts';
import { type FormatText, readFormatText } from './format-text.ts';
import { LogFormatError } from './log-format-error.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../record-batch.ts';
import { type Guesses, meantElements, type MeantElement } from './own-variables.ts';
import { checkNotOfStream } from './stream-format.ts';
import { cutAtQuotes, type FormatVariable, type Segment } from './segments.ts';
import { opOf, type Rigour } from './ops.ts';
import { settleTouching } from './touching.ts';
import {
  hasMeaning,
  isTime,
  SITE_VARIABLES,
  variableKind,
  type VariableKind,
} from './variables.ts';

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
   * is empty between two variables only where the first one's own bytes tell its end. This is its
   * place in `literals`.
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
  /** As `program`, but with what tells formats of one form apart: for recognising the format. */
  readonly strictProgram: Program;
  /** As `program`, but values that mean something may be anything: tells a wrong value from a wrong form. */
  readonly lenientProgram: Program;
  /** `FAMILY_*` bits that the format can fill. */
  readonly families: number;
  /** Variable that gives the site, without `$`. */
  readonly siteVariable: string | undefined;
  /** The target stands in parts, `$uri$is_args$args`, of which nginx writes the absent last as `-`. */
  readonly isTargetInParts: boolean;
  /** The format writes an empty line after each record. */
  readonly isSpaced: boolean;
  /** Formats of one text, which take its own variables for different things, have the same. */
  readonly text: string;
  /** Sentences about fields that a client can shift, for a person who checks the configuration. */
  readonly ambiguities: readonly string[];
}

/** More variables than any format has; the plan's tables are of this order. */
const VARIABLES_MAX = 256;

/** Throws LogFormatError. `text`: see readFormatText. */
export function compileLogFormat(name: string, text: string): LogFormat {
  return compileText(name, readFormatText(text), text);
}

/**
 * A text that has been read already; `text` is for messages. `guesses`: what variables of one's own
 * are taken for. Throws LogFormatError.
 */
export function compileText(
  name: string,
  format: FormatText,
  text: string,
  guesses: Guesses = new Map(),
): LogFormat {
  checkNotOfStream(format, text);
  const settled = settleTouching(withoutCarriageReturn(meantElements(format)));
  const named = nameVariables(settled.elements, guesses);
  checkFormat(named, text);
  if (settled.ambiguous !== undefined) throw touching(...settled.ambiguous, text);
  const segments = cutAtQuotes(settled.elements, named, format.escape);
  checkNumbersEnd(segments, text);
  const names = named.map((variable) => variable.name);
  const siteVariable = SITE_VARIABLES.find((site) => names.includes(site));
  const has = (kind: VariableKind) => named.some((variable) => variable.kind === kind);
  return {
    kind: 'text',
    name,
    text,
    escape: format.escape,
    variables: named,
    program: assemble(segments, format.escape, 'usual'),
    strictProgram: assemble(segments, format.escape, isTold(named) ? 'strict' : 'timed'),
    lenientProgram: assemble(segments, format.escape, 'lenient'),
    families:
      (has('request-time') || has('request-ms') ? FAMILY_TIME : 0) |
      (has('request-length') ? FAMILY_BYTES_IN : 0) |
      (siteVariable === undefined ? 0 : FAMILY_SITE),
    siteVariable,
    isSpaced: format.isSpaced,
    isTargetInParts: settled.isTargetInParts,
    ambiguities:
      format.escape === 'none' ? ambiguitiesOfNone(segments) : segments.flatMap(ambiguitiesOf),
  };
}

/** A CR at the end of a line belongs to the line end, so a format that ends with one means that. */
function withoutCarriageReturn(elements: readonly MeantElement[]): MeantElement[] {
  const last = elements.at(-1);
  if (last?.kind !== 'literal' || !last.text.endsWith('\r')) return [...elements];
  const text = last.text.slice(0, -1);
  return text === '' ? elements.slice(0, -1) : [...elements.slice(0, -1), { ...last, text }];
}

const GUESSED = {
  time: { name: 'time_iso8601', kind: 'time-any' },
  request: { name: 'request', kind: 'request' },
  target: { name: 'request_uri', kind: 'target' },
} as const;

/**
 * Only one variable fills the column of bytes: $body_bytes_sent where it is, else $bytes_sent. A time
 * of one's own counts only where nginx's is not.
 */
function nameVariables(elements: readonly MeantElement[], guesses: Guesses): FormatVariable[] {
  const variables = elements.filter((element) => element.kind === 'variable');
  const hasBody = variables.some(({ name }) => name === 'body_bytes_sent');
  const kinds = variables.map(({ name }) => variableKind(name));
  const hasTime = kinds.some((kind) => isTime(kind) && kind !== 'time-any');
  return variables.map(({ name, written, at }) => {
    const guess = guesses.get(name);
    if (guess !== undefined) return { ...GUESSED[guess], written, at };
    let kind = variableKind(name);
    if (name === 'bytes_sent' && hasBody) kind = 'token';
    if (kind === 'time-any' && hasTime) kind = 'free';
    return { name, kind, written, at };
  });
}

function touching(one: MeantElement, next: MeantElement, text: string): LogFormatError {
  const nameOf = (element: MeantElement) => (element.kind === 'variable' ? element.written : '');
  return new LogFormatError(
    `Nothing stands between $${nameOf(one)} and $${nameOf(next)}, so nobody can tell where one ` +
      'ends. Put a space or quotes between them, in nginx.conf too.',
    text,
    next.at,
  );
}

function checkFormat(variables: readonly FormatVariable[], text: string): void {
  if (variables.length > VARIABLES_MAX) {
    throw new LogFormatError(
      `The log format has ${variables.length} variables; at most ${VARIABLES_MAX} are possible.`,
      text,
    );
  }
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
        `A digit follows $${variable.written}, so nobody can tell where the number ends. ` +
          'Put something else between them, in nginx.conf too.',
        text,
        variable.at,
      );
    }
  }
}

/** There is a site, or something before the client, so that only the values tell which is which. */
function isTold(variables: readonly FormatVariable[]): boolean {
  const has = (name: string) => variables.some((variable) => variable.name === name);
  return variables[0]?.name !== 'remote_addr' || SITE_VARIABLES.some(has);
}

function assemble(segments: readonly Segment[], escape: Escape, rigour: Rigour): Program {
  const variables = segments.flatMap(({ variables }) => variables);
  const texts = [...segments.map(({ lead }) => lead), ...variables.map(({ literal }) => literal)];
  const pieces = texts.map((text) => new TextEncoder().encode(text));
  const ops = segments.flatMap((segment) =>
    segment.variables.map((_, i) => opOf(segment, i, escape, rigour)),
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
