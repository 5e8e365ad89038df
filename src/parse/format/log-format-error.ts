/**
 * The text is not a log format, or lacks the variables that the meter needs. The message is for a
 * person: what is wrong, what to do, and the line of the text with a caret under the place.
 */
export class LogFormatError extends Error {
  override readonly name = 'LogFormatError';
  /** The text that was given, and the place in it, in UTF-16 units; absent when no single place is wrong. */
  readonly text: string;
  readonly at: number | undefined;

  constructor(message: string, text: string, at?: number) {
    super(at === undefined ? message : `${message}\n${pointAt(text, at)}`);
    this.text = text;
    this.at = at;
  }
}

const EXCERPT_LENGTH_MAX = 96;

/** The line around `at`, cut to a width that a terminal has, and a caret under the place. */
function pointAt(text: string, at: number): string {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
  const start = Math.max(lineStart, at - EXCERPT_LENGTH_MAX / 2);
  const excerpt = text.slice(start, Math.min(lineEnd, start + EXCERPT_LENGTH_MAX));
  // Control characters would move the caret or worse; one space each keeps the columns.
  const shown = excerpt.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return `  ${shown}\n  ${' '.repeat(at - start)}^`;
}
