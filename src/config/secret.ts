import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';

/**
 * A password or token. Whatever prints, serialises or inspects it shows `[redacted]`; the text comes
 * out by `reveal()` alone, which only the code that puts it into a request header may call.
 *
 * One that comes from a file can be read again while the process runs.
 */
export class Secret {
  #text: string;
  readonly #path: string | undefined;
  readonly #problemOf: (text: string) => string | undefined;

  /** `problemOf` says why a text cannot be used, as the end of a sentence. */
  constructor(
    text: string,
    path?: string,
    problemOf: (text: string) => string | undefined = () => undefined,
  ) {
    this.#text = text;
    this.#path = path;
    this.#problemOf = problemOf;
  }

  reveal(): string {
    return this.#text;
  }

  /** The same secret, which from now on is looked for in the file that it was read from. */
  from(path: string | undefined): Secret {
    return new Secret(this.#text, path, this.#problemOf);
  }

  /**
   * Reads the file again. `unusable`: it cannot be read, is empty, or holds what cannot be sent; the
   * secret stays what it was.
   */
  async refresh(): Promise<'same' | 'changed' | 'unusable'> {
    if (this.#path === undefined) return 'same';
    let text: string;
    try {
      text = withoutLineEnd(await readFile(this.#path, 'utf8'));
    } catch {
      return 'unusable';
    }
    if (text === '' || this.#problemOf(text) !== undefined) return 'unusable';
    if (text === this.#text) return 'same';
    this.#text = text;
    return 'changed';
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** The secret in a file, without the line end that an editor puts there. */
export function readSecretFile(path: string): string {
  return withoutLineEnd(readFileSync(path, 'utf8'));
}

/** Why a text cannot stand in a header of HTTP; undefined where it can. */
export function headerProblem(text: string): string | undefined {
  if (/[\r\n]/.test(text)) return 'has a line break in it, which no request can carry';
  if (/[\u0000-\u001f\u007f]/.test(text))
    return 'has a control character in it, which no request can carry';
  return /[^\u0000-\u00ff]/.test(text)
    ? 'has a character in it that no request can carry'
    : undefined;
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
