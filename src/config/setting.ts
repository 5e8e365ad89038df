import * as z from 'zod';
import { nearestWord } from '../text/nearest-word.ts';
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from './units.ts';

/**
 * The building blocks of the schema: each makes one zod type that reads the text of one variable,
 * and registers with it what the documentation and the messages say about that variable.
 */

// Each schema reads one configuration, and compiling it would take longer than that.
z.config({ jitless: true });

/** What a person reads about one setting; all texts are one line. */
export interface About {
  /** Heading under which the table lists it. */
  readonly group: string;
  /** What it does. */
  readonly text: string;
  /** What may stand there; follows "Allowed: " in a message. */
  readonly allowed: string;
  /** The text that is read when the variable is unset or empty; undefined for an optional setting. */
  readonly default?: string;
  /** Shown in the tables in place of a default that depends on the machine. */
  readonly defaultText?: string;
  /** A typical value, for `.env.example` where there is no default. */
  readonly example?: string;
  /** True for a password: the value is never shown, and `NAME_FILE` can name a file that holds it. */
  readonly secret?: boolean;
}

/** The registry that ties each zod type to its texts. */
export const aboutSettings = z.registry<About>();

/** What a reader returns for a text that is not allowed. */
export class Refusal {
  /** Completes "NAME=value …": `is no duration`. */
  readonly problem: string;
  /** The nearest allowed value, or what to write in place of it. */
  readonly hint: string | undefined;

  /** Lines that point at the place of the fault. */
  readonly figure: readonly string[];

  constructor(problem: string, hint?: string, figure: readonly string[] = []) {
    this.problem = problem;
    this.hint = hint;
    this.figure = figure;
  }
}

export type Reader<T> = (text: string) => T | Refusal;

function readBy<T>(read: Reader<T>) {
  return (text: string, context: z.RefinementCtx): T => {
    const value = read(text);
    if (!(value instanceof Refusal)) return value;
    context.addIssue({
      code: 'custom',
      message: value.problem,
      params: { hint: value.hint, figure: value.figure },
    });
    return z.NEVER;
  };
}

/** A setting that always has a value. */
export function setting<T>(about: About & { readonly default: string }, read: Reader<T>) {
  return z.string().default(about.default).transform(readBy(read)).register(aboutSettings, about);
}

/** A setting that may be missing. */
export function optional<T>(about: About, read: Reader<T>) {
  return z.string().transform(readBy(read)).optional().register(aboutSettings, about);
}

/** One of a few words, whatever their case. */
export function oneOf<const T extends string>(words: readonly T[]): Reader<T> {
  return (text) => {
    const found = words.find((word) => word === text.trim().toLowerCase());
    if (found !== undefined) return found;
    return new Refusal(
      'is not one of the allowed words',
      nearestWord(text, words, Math.min(3, Math.floor(text.length / 2))),
    );
  };
}

const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];

export const readSwitch: Reader<boolean> = (text) => {
  const word = text.trim().toLowerCase();
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  return new Refusal('is neither true nor false', nearestWord(word, ['true', 'false'], 2));
};

/** Bounds are inclusive. */
interface Bounds {
  readonly min: number;
  readonly max: number;
}

function within(value: number, bounds: Bounds, show: (value: number) => string): number | Refusal {
  if (value < bounds.min) return new Refusal('is too small', show(bounds.min));
  return value > bounds.max ? new Refusal('is too large', show(bounds.max)) : value;
}

export function wholeNumber(bounds: Bounds): Reader<number> {
  return (text) => {
    if (!/^\d{1,15}$/.test(text.trim())) return new Refusal('is no whole number');
    return within(Number(text), bounds, String);
  };
}

export function durationMs(bounds: Bounds): Reader<number> {
  return (text) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined) return within(ms, bounds, formatDuration);
    const lacksUnit = /^\d+$/.test(text.trim());
    return lacksUnit
      ? new Refusal('has no unit', `${text.trim()}s`)
      : new Refusal('is no duration');
  };
}

export function sizeBytes(bounds: Bounds): Reader<number> {
  return (text) => {
    const bytes = parseSizeBytes(text);
    if (bytes !== undefined) return within(bytes, bounds, formatSize);
    const shortUnit = /^(\d+)\s*([kmgt])$/i.exec(text.trim());
    if (shortUnit === null) return new Refusal('is no size');
    const prefix = (shortUnit[2] ?? '').toUpperCase();
    return new Refusal('has half a unit', `${shortUnit[1]}${prefix}iB (powers of 1024)`);
  };
}

/** Milliseconds, or undefined for `off`. */
export function durationOrOff(bounds: Bounds): Reader<number | undefined> {
  const read = durationMs(bounds);
  return (text) => (NO.includes(text.trim().toLowerCase()) ? undefined : read(text));
}

/** A size, or undefined for `off`. */
export function sizeOrOff(bounds: Bounds): Reader<number | undefined> {
  const read = sizeBytes(bounds);
  return (text) => (NO.includes(text.trim().toLowerCase()) ? undefined : read(text));
}
