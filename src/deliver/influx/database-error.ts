import type { HttpReply } from './client.ts';

/** What the database says is wrong, and whether it is the database that says it. */
export interface DatabaseError {
  /** In the reply's own words; undefined where there are none. */
  readonly message: string | undefined;
  /** By its headers, or by the form of its errors. */
  readonly isInflux: boolean;
  /** Lines of the request that are named, from 1. */
  readonly lineNumbers: readonly number[];
}

/** A long reply is cut off, and with it the end of its JSON. */
const CUT_ERROR = /^\{"(?:code":"[^"]{1,40}","message|error)":"((?:[^"\\]|\\.)*)/;

/** 1.x: `{"error"}`, 2.x: `{"code","message"}`, 3.x: `{"error","data":[{"line_number",…}]}`. */
export function errorOf({ body, contentType, influxVersion }: HttpReply): DatabaseError {
  const isNamed = influxVersion !== undefined;
  const parsed = parse(body);
  if (!isRecord(parsed)) {
    const text = body.trim();
    const cut = CUT_ERROR.exec(text)?.[1];
    if (cut !== undefined) return { message: unquote(cut), isInflux: true, lineNumbers: [] };
    const isText = text !== '' && !/^text\/html/i.test(contentType) && !text.startsWith('<');
    return { message: isText ? text : undefined, isInflux: isNamed, lineNumbers: [] };
  }
  const message = textAt(parsed, 'message') ?? textAt(parsed, 'error');
  const data = parsed['data'];
  const rows: unknown[] = Array.isArray(data) ? data : [data];
  const first = rows.map((row) => textAt(row, 'error_message')).find((text) => text !== undefined);
  return {
    message: first === undefined ? message : `${message ?? ''}: ${first}`,
    isInflux: isNamed || hasInfluxForm(parsed),
    lineNumbers: rows
      .map((row) => (isRecord(row) ? row['line_number'] : undefined))
      .filter((n): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n > 0),
  };
}

/** A gateway's `{"message": "Bad Request"}` has neither. */
function hasInfluxForm(value: Readonly<Record<string, unknown>>): boolean {
  if (textAt(value, 'code') !== undefined && textAt(value, 'message') !== undefined) return true;
  const others = Object.keys(value).filter((name) => name !== 'error' && name !== 'data');
  return textAt(value, 'error') !== undefined && others.length === 0;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function unquote(text: string): string {
  const value = parse(`"${text}"`);
  return typeof value === 'string' ? value : text;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function textAt(value: unknown, name: string): string | undefined {
  const text = isRecord(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}
