/**
 * A stream as content with offsets. Held are the bytes from the last released position on, so memory
 * is bounded by the longest line and what the stream itself buffers.
 *
 * Pull only: bytes are taken out of the stream when they are asked for, and a stream that nobody
 * takes from stops reading once its own buffer (its high-water mark) is full.
 */
import type { Readable } from 'node:stream';
import type { Content } from '../content.ts';

export class StreamContent implements Content {
  readonly damage = undefined;
  readonly takenBytes = undefined;
  readonly #input: Readable;
  #held: Uint8Array = new Uint8Array(0);
  /** Content offset of the first held byte. */
  #heldFrom = 0;

  constructor(input: Readable) {
    this.#input = input;
  }

  /** Bytes that have arrived and were not read past yet. */
  get waitingBytes(): number {
    return this.#held.length + this.#input.readableLength;
  }

  async read(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    const from = position - this.#heldFrom;
    if (from < 0) throw new RangeError('a stream cannot be read again');
    while (this.#held.length < from + length) {
      const chunk: unknown = this.#input.read();
      if (!(chunk instanceof Uint8Array)) break;
      this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    }
    const part = this.#held.subarray(from, from + length);
    target.set(part, at);
    return part.length;
  }

  /** The bytes before `position` are not going to be read again. */
  release(position: number): void {
    this.#held = this.#held.subarray(position - this.#heldFrom);
    this.#heldFrom = position;
  }

  async finish(): Promise<undefined> {}

  /** Gives back what was taken and not released; the stream stays as it is, for whoever reads on. */
  close(): void {
    if (this.#held.length > 0 && !this.#input.readableEnded && !this.#input.destroyed) {
      this.#input.unshift(this.#held);
    }
    this.#held = new Uint8Array(0);
  }
}
