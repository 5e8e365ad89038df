/**
 * Reads the text of one file of nginx's configuration as directives and blocks.
 *
 * The rules are those of nginx's own reader: words end at blanks, `;` and `{`; a word that begins with
 * a quote ends at the next such quote; a backslash takes the meaning from quotes and stands for tab,
 * carriage return and line feed before t, r and n; `#` begins a comment where a word could begin; `${`
 * is a variable and no block. Blocks of Lua (`content_by_lua_block { … }`) are Lua's, whose braces,
 * strings and comments are its own: they are passed over.
 * https://nginx.org/en/docs/beginners_guide.html#conf_structure
 */

export interface Directive {
  readonly name: string;
  /** Without quotes and backslashes that escape. */
  readonly args: readonly string[];
  /** Undefined for a directive that ends with `;`, and for a block of Lua. */
  readonly block: readonly Directive[] | undefined;
  /** Path of the file as it was given, and the line the directive begins in, from 1. */
  readonly file: string;
  readonly line: number;
}

/** The text is no configuration; the message says where and what, for a person. */
export class NginxConfError extends Error {
  override readonly name = 'NginxConfError';
}

/** Blocks within blocks; nginx has about six. */
const DEPTH_MAX = 50;

/** Throws NginxConfError. `file` is for messages and Directive.file. */
export function readDirectives(text: string, file: string): Directive[] {
  return new Reader(text.replace(/^\uFEFF/, ''), file).file();
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  file(): Directive[] {
    const directives = this.#block(0, 0);
    if (this.#at < this.#text.length) throw this.#error('a } that closes no block', this.#line);
    return directives;
  }

  /** Directives up to the `}` of the block, which is left to the caller, or to the end of the file. */
  #block(depth: number, openedInLine: number): Directive[] {
    if (depth > DEPTH_MAX) throw this.#error(`blocks more than ${DEPTH_MAX} deep`, openedInLine);
    const directives: Directive[] = [];
    for (;;) {
      this.#skipBlanks();
      if (this.#at >= this.#text.length || this.#text[this.#at] === '}') return directives;
      directives.push(this.#directive(depth));
    }
  }

  #directive(depth: number): Directive {
    const line = this.#line;
    const words: string[] = [];
    for (;;) {
      this.#skipBlanks();
      const character = this.#text[this.#at];
      if (character === undefined) {
        throw this.#error(`the end of the file, where "${words[0]}" has no ; yet`, line);
      }
      if (character === '}') throw this.#error(`a } where "${words[0]}" has no ; yet`, this.#line);
      if (character === ';' || character === '{') {
        this.#at++;
        const [name, ...args] = words;
        if (name === undefined) throw this.#error(`a ${character} without a directive`, line);
        const block = character === '{' ? this.#inner(name, depth, line) : undefined;
        return { name, args, block, file: this.#file, line };
      }
      words.push(this.#word());
    }
  }

  /** What stands within the braces, and past the closing one. */
  #inner(name: string, depth: number, line: number): Directive[] | undefined {
    if (name.endsWith('_by_lua_block')) {
      this.#skipLua(line);
      return undefined;
    }
    const block = this.#block(depth + 1, line);
    if (this.#at >= this.#text.length) throw this.#error(`no } for the block of "${name}"`, line);
    this.#at++;
    return block;
  }

  #word(): string {
    const first = this.#text[this.#at];
    return first === '"' || first === "'" ? this.#quoted(first) : this.#plain();
  }

  #quoted(quote: string): string {
    const line = this.#line;
    this.#at++;
    const start = this.#at;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#error('a quote that is never closed', line);
      if (character === quote) break;
      if (character === '\\') this.#step();
      this.#step();
    }
    const word = unescape(this.#text.slice(start, this.#at));
    this.#at++;
    const next = this.#text[this.#at];
    if (next !== undefined && !/[\s;{)]/.test(next)) {
      throw this.#error(`"${next}" directly after a closing quote`, this.#line);
    }
    return word;
  }

  #plain(): string {
    const start = this.#at;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || /[\s;]/.test(character)) break;
      if (character === '{' && this.#text[this.#at - 1] !== '$') break;
      if (character === '\\') this.#step();
      this.#step();
    }
    return unescape(this.#text.slice(start, this.#at));
  }

  #step(): void {
    if (this.#text[this.#at] === '\n') this.#line++;
    this.#at++;
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (character !== undefined && /\s/.test(character)) {
        this.#step();
      } else {
        return;
      }
    }
  }

  /** Past the `}` that belongs to the `{` just read, by the rules of Lua. */
  #skipLua(line: number): void {
    let depth = 1;
    while (this.#at < this.#text.length) {
      const rest = this.#text.slice(this.#at, this.#at + 64);
      const long = /^(?:--)?\[(=*)\[/.exec(rest);
      const first = rest[0] ?? '';
      if (long !== null) {
        this.#skipTo(`]${long[1]}]`, long[0].length, line);
      } else if (rest.startsWith('--')) {
        while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
      } else if (first === '"' || first === "'") {
        this.#skipLuaString(first, line);
      } else {
        if (first === '{') depth++;
        if (first === '}') depth--;
        this.#step();
        if (depth === 0) return;
      }
    }
    throw this.#error('a block of Lua that is never closed', line);
  }

  #skipTo(mark: string, from: number, line: number): void {
    const end = this.#text.indexOf(mark, this.#at + from);
    if (end < 0) throw this.#error('a long string or comment of Lua that is never closed', line);
    while (this.#at < end + mark.length) this.#step();
  }

  #skipLuaString(quote: string, line: number): void {
    this.#step();
    while (this.#text[this.#at] !== quote) {
      if (this.#at >= this.#text.length) {
        throw this.#error('a string of Lua that is never closed', line);
      }
      if (this.#text[this.#at] === '\\') this.#step();
      this.#step();
    }
    this.#step();
  }

  #error(what: string, line: number): NginxConfError {
    return new NginxConfError(`${this.#file}:${line}: there is ${what}.`);
  }
}

function unescape(text: string): string {
  const letters: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
  return text.replace(/\\(["'\\trn])/g, (_, character: string) => letters[character] ?? character);
}
