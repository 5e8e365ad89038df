/**
 * The lowest lines of a terminal, drawn again in place, with everything else printed above them.
 * Owns the cursor: hidden while the region is open, shown again by `close()`, which leaves the last
 * drawing where it is. Lines are cut to the width, because a line that wraps would make the next
 * drawing begin in the wrong place.
 *
 * Sequences: ECMA-48 (CUU, EL, ED) and DECTCEM, which every terminal of today knows.
 */

export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const PLAIN = '\u001b[0m';

export class TerminalRegion {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #isOpen = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(HIDE_CURSOR);
  }

  /** Cells of a line. */
  get width(): number {
    return Math.max(20, this.#terminal.columns || 80);
  }

  /** Puts `lines` in place of what was drawn before. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const room = Math.max(1, (this.#terminal.rows || 24) - 1);
    const fitting = lines.slice(0, room).map((line) => cutToWidth(line, this.width));
    this.#terminal.write(this.#toTop() + paint(fitting) + CLEAR_BELOW);
    this.#drawn = fitting;
  }

  /** Prints whole lines above the region; after `close()` just prints them. */
  print(text: string): void {
    if (!this.#isOpen) {
      this.#terminal.write(text);
      return;
    }
    this.#terminal.write(this.#toTop() + CLEAR_BELOW + text + paint(this.#drawn));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(PLAIN + SHOW_CURSOR);
  }

  #toTop(): string {
    return this.#drawn.length === 0 ? '' : `\u001b[${this.#drawn.length}A\r`;
  }
}

function paint(lines: readonly string[]): string {
  return lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
}

const SEQUENCE_OR_CHARACTER = /\u001b\[[0-9;]*m|./gsu;

/** Cells that `text` takes; a character that may be wide counts as two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const [part] of text.matchAll(SEQUENCE_OR_CHARACTER)) width += cellsOf(part);
  return width;
}

/** Colour sequences take no room; those of a line that is cut are kept up to the cut. */
export function cutToWidth(text: string, widthMax: number): string {
  if (widthOf(text) <= widthMax) return text;
  let cut = '';
  let width = 0;
  let isColored = false;
  for (const [part] of text.matchAll(SEQUENCE_OR_CHARACTER)) {
    const cells = cellsOf(part);
    if (width + cells > widthMax - 1) break;
    isColored ||= cells === 0;
    width += cells;
    cut += part;
  }
  return `${cut}…${isColored ? PLAIN : ''}`;
}

function cellsOf(part: string): number {
  if (part.length > 2) return 0;
  const code = part.codePointAt(0) ?? 0;
  // From Hangul Jamo on many characters are wide, dashes and blocks are not; to count one too many only leaves a gap.
  const isNarrow =
    code < 0x1100 || (code >= 0x2010 && code <= 0x2027) || (code >= 0x2500 && code <= 0x25ff);
  return isNarrow ? 1 : 2;
}
