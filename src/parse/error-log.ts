/** nginx's error log, which stands beside the access logs and is taken for one by a glob like `*.log`. */

const SPACE = 0x20;
const SLASH = 0x2f;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
/** `2026/11/30 10:00:00 [error] ` */
const LEVEL_AT = 21;
const LEVELS: ReadonlySet<string> = new Set(
  'debug info notice warn error crit alert emerg'.split(' '),
);

/** Whether the line `[start, end)` begins as one of nginx's error log. */
export function isErrorLogLine(bytes: Uint8Array, start: number, end: number): boolean {
  const has = (at: number, byte: number) => bytes[start + at] === byte;
  const isDated = has(4, SLASH) && has(7, SLASH) && has(10, SPACE) && has(13, COLON);
  if (end - start < LEVEL_AT + 5 || !isDated || !has(20, BRACKET)) return false;
  const levelEnd = bytes.indexOf(BRACKET_END, start + LEVEL_AT);
  if (levelEnd < 0 || levelEnd >= end || levelEnd - start > LEVEL_AT + 6) return false;
  return LEVELS.has(String.fromCharCode(...bytes.subarray(start + LEVEL_AT, levelEnd)));
}
