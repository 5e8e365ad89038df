/**
 * Says of a line that did not parse where the plan stopped and what it expected there. The slow way,
 * for `check` and for people; not used while logs are followed.
 */
import { Diagnosis } from './diagnosis.ts';
import { copyUnescapedQuotes } from '../line/escaped-quotes.ts';
import { chooseFormats, type Format } from '../format-choice.ts';
import type { JsonFormat, JsonKeyNames } from '../json/json-format.ts';
import { type JsonExpectation, JsonPlan } from '../json/json-plan.ts';
import type { LogFormat } from '../format/log-format.ts';
import { Plan, type Stop } from '../line/plan.ts';
import { type Reason, REASONS, REASON_SHAPE, RecordBatch } from '../record-batch.ts';
import { LOOK_ALIKES } from '../format/presets.ts';
import type { VariableKind } from '../format/variables.ts';

export interface Explanation {
  readonly reason: Reason;
  /** Index into the bytes that were given; at most their length. */
  readonly atByte: number;
  /** In words: of the line nothing but the names of keys, so it is to be made printable. */
  readonly expected: string;
  /** The format that the line fits best. */
  readonly formatName: string;
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
/** Keys of a line that are named when none of them is what is looked for. */
const KEYS_SHOWN_MAX = 12;

const VALUES: Record<VariableKind, string> = {
  status: 'a status of three digits',
  bytes: 'a number of bytes or -',
  'request-length': 'a number of bytes or -',
  'request-time': 'seconds such as 0.043 or -',
  'request-ms': 'milliseconds such as 43 or -',
  'time-local': 'a time such as 22/Nov/2026:10:00:00 +0000',
  'time-iso8601': 'a time such as 2026-11-22T10:00:00+00:00',
  msec: 'a time such as 1795374000.123',
  'time-any': 'a time such as 2026-11-22T10:00:00.123Z',
  list: 'values of upstreams such as 0.1, 0.2 : 0.3',
  host: 'a host name',
  address: 'an address',
  port: 'the number of a port',
  request: 'a request such as GET / HTTP/1.1',
  target: 'a path',
  token: 'a value without spaces',
  free: 'a value',
};

const JSON_PARTS: Record<JsonExpectation, string> = {
  object: '`{` at the beginning',
  key: 'a key in quotes',
  colon: '`:` after the key',
  value: 'the end of the value',
  'string-end': '`"` at the end of the string',
  comma: '`,` or `}` after the value',
  end: 'the end of the line after the object',
  'fewer-quotes': 'a line with fewer quotes',
  'time-key': 'a key for the time, such as time_iso8601',
  'status-key': 'a key for the status, such as status',
  time: 'a time such as 2026-11-22T10:00:00+00:00 or 1795374000.123',
  status: 'a status of three digits',
  bytes: 'a number of bytes (of the answer)',
  'request-length': 'a number of bytes (of the request)',
  'request-time': 'a time such as 0.043',
};

/**
 * Why `line` (one line, with or without its line end) has not the form of `format`, which is what
 * `createParser` takes; of several formats (`auto`) the one that it fits furthest. `undefined` when
 * the line parses. Throws LogFormatError.
 */
export function explainLine(
  format: string | readonly string[],
  line: Uint8Array,
  jsonKeys?: JsonKeyNames,
): Explanation | undefined {
  let end = line.length;
  if (line[end - 1] === LF) end--;
  if (line[end - 1] === CR) end--;
  let start = 0;
  while (start < end && line[start] === 0) start++;
  let best: Explanation | undefined;
  const formats = formatsOf(format, jsonKeys);
  const ofJson = formats.filter(({ kind }) => kind === 'json');
  // What is an object is explained as one, not by how far it looks like something else.
  const isObject = line[start] === BRACE && line[end - 1] === BRACE_END;
  for (const candidate of isObject && ofJson.length > 0 ? ofJson : formats) {
    const explanation =
      candidate.kind === 'json'
        ? explainJson(candidate, line, start, end)
        : explainAgainst(candidate, line, start, end);
    if (explanation === undefined) return undefined;
    if (best === undefined || explanation.atByte > best.atByte) best = explanation;
  }
  if (start < end || best === undefined) return best;
  return { ...best, reason: 'empty', atByte: start, expected: 'a line that is not empty' };
}

function formatsOf(format: string | readonly string[], jsonKeys?: JsonKeyNames): Format[] {
  const settings = typeof format === 'string' ? [format] : format;
  const formats = settings.flatMap((setting) => chooseFormats(setting, jsonKeys));
  const names = LOOK_ALIKES.map(({ name }): string => name);
  return formats.length === 1 ? formats : formats.filter(({ name }) => !names.includes(name));
}

function explainJson(
  format: JsonFormat,
  line: Uint8Array,
  start: number,
  end: number,
): Explanation | undefined {
  const plan = new JsonPlan({ ...format, families: format.families ?? 0 });
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  plan.attach(line, view, new RecordBatch(1));
  const quotes = quotesOf(line, start, end, -1);
  if (plan.run(start, end, quotes, 0, 0, quotes.length)) return undefined;
  return {
    reason: REASONS[plan.faultReason] ?? 'shape',
    atByte: plan.faultAt,
    expected: JSON_PARTS[plan.expected] + keysSeen(plan.expected, line.subarray(start, end)),
    formatName: format.name,
  };
}

function keysSeen(expected: JsonExpectation, line: Uint8Array): string {
  if (expected !== 'time-key' && expected !== 'status-key') return '';
  const text = Buffer.from(line).toString('utf8');
  const keys = [...text.matchAll(/[{,]\s*"((?:[^"\\]|\\.){1,60})"\s*:/gu)].map(([, key]) => key);
  const more = keys.length > KEYS_SHOWN_MAX ? ' …' : '';
  return (
    `; the keys are ${keys.slice(0, KEYS_SHOWN_MAX).join(', ')}${more}. ` +
    `LOG_JSON_KEYS tells which of them it is: ${expected === 'time-key' ? 'time_iso8601' : 'status'}=KEY`
  );
}

function explainAgainst(
  format: LogFormat,
  line: Uint8Array,
  start: number,
  end: number,
): Explanation | undefined {
  const { quoteCount } = format.program;
  const names = format.variables.map(({ name }) => name);
  const plan = new Plan(format.program, names, undefined);
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  plan.attach(line, view, new RecordBatch(1));
  const quotes = quotesOf(line, start, end, quoteCount);
  const isQuoted = quoteCount < 0 || quotes.length === quoteCount;
  if (start < end && isQuoted && plan.run(start, end, quotes, 0, 0)) return undefined;
  const reason = isQuoted
    ? new Diagnosis(format).reason(line, view, start, end, quotes, 0)
    : REASON_SHAPE;
  const stop = plan.trace(start, end, quotes);
  return {
    reason: REASONS[reason] ?? 'shape',
    atByte: stop?.atByte ?? start,
    expected: stop === undefined ? `a line of the format ${format.name}` : describe(format, stop),
    formatName: format.name,
  };
}

/** All quotes, or those that no backslash escapes if the format wants so many. */
function quotesOf(line: Uint8Array, start: number, end: number, wanted: number): Int32Array {
  const found: number[] = [];
  for (let q = line.indexOf(QUOTE, start); q >= 0 && q < end; q = line.indexOf(QUOTE, q + 1)) {
    found.push(q);
  }
  const all = Int32Array.from(found);
  if (wanted < 0 || all.length <= wanted) return all;
  const unescaped = new Int32Array(wanted + 1);
  const count = copyUnescapedQuotes(line, start, all, 0, all.length, unescaped);
  return count === wanted ? unescaped.subarray(0, count) : all;
}

function describe(format: LogFormat, { expected, segment, variable }: Stop): string {
  const { firstVariable, literalAt, literalLength, literals } = format.program;
  const { quoteCount, segmentCount } = format.program;
  const known = format.variables[variable];
  if (expected === 'value' && known !== undefined)
    return `${VALUES[known.kind]} ($${known.written})`;
  const nextSegment = firstVariable[segment + 1] ?? 0;
  const before = format.variables[variable < 0 ? (firstVariable[segment] ?? 0) - 1 : variable];
  const where = before === undefined ? 'at the beginning' : `after $${before.written}`;
  const isLast = segment >= quoteCount;
  if (expected === 'end') return `${isLast ? 'the end of the line' : '`"`'} ${where}`;
  const literal = variable < 0 ? segment : segmentCount + variable;
  const at = literalAt[literal] ?? 0;
  const text = new TextDecoder().decode(literals.subarray(at, at + (literalLength[literal] ?? 0)));
  const endsSegment =
    variable < 0 ? firstVariable[segment] === nextSegment : variable + 1 === nextSegment;
  return `\`${text}${endsSegment && !isLast ? '"' : ''}\` ${where}`;
}
