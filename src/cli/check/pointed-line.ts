import { printable } from '../../text/printable.ts';
import { widthOf } from '../terminal/terminal-region.ts';

/** Columns of a line that are shown at most, before and after the place. */
const BEFORE_MAX = 60;
const AFTER_MAX = 30;

/**
 * The part of a log line around byte `at`, safe to print, and a line with a caret under that byte.
 * Bytes that are no UTF-8 are shown as U+FFFD.
 */
export function pointedLine(bytes: Uint8Array, at: number): readonly [string, string] {
  const place = Math.max(0, Math.min(at, bytes.length));
  const from = Math.max(0, place - BEFORE_MAX);
  const to = Math.min(bytes.length, place + AFTER_MAX);
  const lead = from === 0 ? '' : '…';
  const before = lead + shown(bytes.subarray(characterStart(bytes, from), place));
  const after = shown(bytes.subarray(place, to)) + (to === bytes.length ? '' : '…');
  return [before + after, `${' '.repeat(widthOf(before))}^`];
}

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

function shown(bytes: Uint8Array): string {
  return printable(DECODER.decode(bytes));
}

/** Not in the middle of a UTF-8 character. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start < bytes.length && start < at + 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return start;
}
