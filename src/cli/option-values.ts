import { parseDurationMs } from '../config/units.ts';
import { printable } from '../text/printable.ts';

/** Values of options, and what is said where one is not of its form. */

/** Words that make no command; the message says what is wrong and what is near. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Values = ReadonlyMap<string, string | true>;

const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Epoch seconds, or a date and time as of ISO 8601, which without an offset is UTC. */
export function timeOption(values: Values, name: string): number | undefined {
  const text = values.get(name);
  if (typeof text !== 'string') return undefined;
  if (/^\d{9,11}$/.test(text)) return Number(text);
  const match = DATE_TIME.exec(text);
  const hasTime = text.length > 10;
  const utc = match !== null && hasTime && match[1] === undefined ? `${text}Z` : text;
  const ms = match === null ? NaN : Date.parse(utc.replace(' ', 'T'));
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `--${name} ${printable(text, 60)} is not a time. Write 2026-11-22, 2026-11-22T14:30Z, ` +
        '2026-11-22T14:30+01:00 or seconds since 1970; without an offset it is UTC.',
    );
  }
  return Math.floor(ms / 1000);
}

/** `1%` or `0.01`. */
export function shareOption(values: Values, name: string): number | undefined {
  const text = values.get(name);
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text);
  const share = match === null ? NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(
    `--${name} ${printable(text, 60)} is not a part of the lines. Write 1% or 0.01.`,
  );
}

export function durationOption(values: Values, name: string): number | undefined {
  const text = values.get(name);
  if (typeof text !== 'string') return undefined;
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`--${name} ${printable(text, 60)} is not a duration. Write 30s, 2m or 1h.`);
}

export function numberOption(
  values: Values,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = values.get(name);
  if (typeof text !== 'string') return undefined;
  const value = Number(text);
  if (/^\d{1,12}$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `--${name} ${printable(text, 60)} is not a whole number from ${min} to ${max}.`,
  );
}
