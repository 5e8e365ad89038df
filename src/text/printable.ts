/**
 * Makes any text safe to show on a terminal or in a line of text, on one line: control characters
 * (escape sequences begin with one), line ends, direction marks that reorder what stands on the
 * screen, and half surrogates become `\x1b` or `\u202e`. A backslash of the text itself stays, so
 * the result is for reading, not for turning back.
 */

const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

export function printable(text: string, lengthMax = Infinity): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return cut.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
