/** What `check` finds: text as it goes along for a person, or one JSON object at the end. */
export interface TextOutput {
  write(text: string): unknown;
}

export class Findings {
  readonly #output: TextOutput;
  readonly #isJson: boolean;
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];
  readonly #facts: Record<string, unknown> = {};
  readonly #lists = new Map<string, readonly unknown[]>();

  constructor(output: TextOutput, isJson: boolean) {
    this.#output = output;
    this.#isJson = isJson;
  }

  get isWell(): boolean {
    return this.#problems.length === 0;
  }

  /** Lines for a person. */
  print(...lines: readonly string[]): void {
    if (this.#isJson) return;
    for (const line of lines) this.#output.write(`${line}\n`);
  }

  /** Something that is worth knowing and no trouble. */
  note(text: string, indent = ''): void {
    this.#notes.push(text);
    this.print(`${indent}Note: ${text}`);
  }

  /** A note that a person has read already, in the text around it. */
  remark(text: string): void {
    this.#notes.push(text);
  }

  /** Something that is probably not what was meant. */
  warn(text: string): void {
    this.#notes.push(text);
    this.print(`Warning: ${text}`);
  }

  /** Something that has to be mended. */
  trouble(text: string, indent = ''): void {
    // What a colon leads to is for people.
    this.#problems.push(text.replace(/:$/, '.'));
    this.print(`${indent}${text}`);
  }

  /** A fact for machines. */
  fact(name: string, value: unknown): void {
    this.#facts[name] = value;
  }

  /** Adds to a list of facts. */
  add(name: string, value: unknown): void {
    const list = this.#lists.get(name) ?? [];
    this.#lists.set(name, [...list, value]);
  }

  /** The last words. */
  end(exitCode: number): number {
    this.print(this.isWell ? 'Configuration OK.' : 'Problems found, see above.');
    if (this.#isJson) {
      const all = {
        ok: this.isWell,
        exitCode,
        ...this.#facts,
        ...Object.fromEntries(this.#lists),
        problems: this.#problems,
        notes: this.#notes,
      };
      this.#output.write(`${JSON.stringify(all)}\n`);
    }
    return exitCode;
  }
}
