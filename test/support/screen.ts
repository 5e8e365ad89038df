/**
 * A terminal's screen, as far as the live summary uses one: what a person would see after a series
 * of writes. Throws on a sequence it does not know, so that nothing passes unseen.
 */
export class Screen {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  isCursorShown = true;
  /** Everything written, in one piece. */
  written = '';
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 100, rows = 40) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Lines from the top, trailing empty ones left out; colours are not kept. */
  get lines(): readonly string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    this.written += text;
    for (const [part] of text.matchAll(/\u001b\[[?0-9;]*[A-Za-z]|[^\u001b]|\u001b/gsu)) {
      if (part.startsWith('\u001b')) this.#control(part);
      else this.#put(part);
    }
  }

  #control(sequence: string): void {
    const count = Number(sequence.slice(2, -1)) || 1;
    if (sequence.endsWith('m')) return;
    if (sequence === '\u001b[?25l') this.isCursorShown = false;
    else if (sequence === '\u001b[?25h') this.isCursorShown = true;
    else if (/^\u001b\[\d*A$/.test(sequence)) this.#row = Math.max(0, this.#row - count);
    else if (sequence === '\u001b[K') this.#clearLineEnd();
    else if (sequence === '\u001b[J') {
      this.#clearLineEnd();
      this.#lines.length = this.#row + 1;
    } else throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
  }

  #clearLineEnd(): void {
    this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') {
      this.#row++;
      this.#column = 0;
      this.#lines[this.#row] ??= '';
    } else {
      if (this.#column >= this.columns) throw new Error('a line wrapped');
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] =
        line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
  }
}
