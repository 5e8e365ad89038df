import { inspect } from 'node:util';

/**
 * A password or token. Whatever prints, serialises or inspects it shows `[redacted]`; the text comes
 * out by `reveal()` alone, which only the code that puts it into a request header may call.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
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
