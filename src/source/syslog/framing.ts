/**
 * Cuts a TCP stream of syslog into messages (RFC 6587): octet counting, `133 <190>Nov 22 …`, or one
 * message per line; told apart by the first byte of each message, because a message begins with `<`.
 *
 * It owns the bytes of a message that has not come whole, at most one message and one chunk.
 */
import { isDigit } from './header.ts';

/** `stored`: go on; `full`: there is no room, the message is to be offered again. */
export type Offer = (bytes: Uint8Array, start: number, end: number) => 'stored' | 'full';

export type FramingOutcome =
  /** Everything that came whole was taken. */
  | 'taken'
  /** A message found no room; `resume` offers it again. */
  | 'full'
  /** The stream cannot be understood any further. */
  | 'lost';

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0;
const SPACE = 0x20;
/** `65536 `: no count has more digits. */
const COUNT_BYTES_MAX = 6;

export class SyslogFraming {
  readonly #offer: Offer;
  readonly #messageBytesMax: number;
  readonly #onTooLong: (head: Uint8Array) => void;
  #held: Uint8Array = new Uint8Array(0);
  /** So many of the held bytes are known to have no line feed. */
  #searched = 0;
  /** Inside a line that is too long: passed over up to its line feed. */
  #isPassingOver = false;

  /** `onTooLong` gets the beginning of a message that is passed over. */
  constructor(messageBytesMax: number, offer: Offer, onTooLong: (head: Uint8Array) => void) {
    this.#messageBytesMax = messageBytesMax;
    this.#offer = offer;
    this.#onTooLong = onTooLong;
  }

  /** Bytes of a message that has not come whole. */
  get heldBytes(): number {
    return this.#held.length;
  }

  add(chunk: Uint8Array): FramingOutcome {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return this.resume();
  }

  resume(): FramingOutcome {
    let at = 0;
    for (;;) {
      at = this.#skipGaps(at);
      const step = this.#next(at);
      if (typeof step === 'string') {
        this.#hold(step === 'lost' ? this.#held.length : at);
        return step;
      }
      if (step !== at) this.#searched = 0;
      at = step;
    }
  }

  /** Where the next message begins, or why there is none at the moment. */
  #next(at: number): number | FramingOutcome {
    const held = this.#held;
    const first = held[at];
    if (first === undefined) return 'taken';
    if (this.#isPassingOver || !isDigit(first)) return this.#nextLine(at);
    const space = held.subarray(at, at + COUNT_BYTES_MAX).indexOf(SPACE);
    if (space < 0) return held.length - at < COUNT_BYTES_MAX ? 'taken' : 'lost';
    const digits = held.subarray(at, at + space);
    const length = Number(Buffer.from(digits).toString('latin1'));
    if (!Number.isInteger(length) || length < 1 || length > this.#messageBytesMax) return 'lost';
    const start = at + space + 1;
    if (held.length < start + length) return 'taken';
    return this.#offer(held, start, start + length) === 'full' ? 'full' : start + length;
  }

  #nextLine(at: number): number | FramingOutcome {
    const held = this.#held;
    const end = held.indexOf(LF, Math.max(at, this.#searched));
    if (end < 0) {
      this.#searched = held.length;
      if (!this.#isPassingOver && held.length - at <= this.#messageBytesMax) return 'taken';
      if (!this.#isPassingOver) this.#onTooLong(held.subarray(at));
      this.#isPassingOver = true;
      return held.length;
    }
    if (this.#isPassingOver) {
      this.#isPassingOver = false;
      return end + 1;
    }
    if (end - at > this.#messageBytesMax) {
      this.#onTooLong(held.subarray(at, end));
      return end + 1;
    }
    return this.#offer(held, at, end) === 'full' ? 'full' : end + 1;
  }

  /** Line ends between messages mean nothing. */
  #skipGaps(at: number): number {
    if (this.#isPassingOver) return at;
    let next = at;
    const { length } = this.#held;
    while (next < length && isGap(this.#held[next] ?? LF)) next += 1;
    return next;
  }

  #hold(at: number): void {
    this.#held = this.#held.subarray(at);
    this.#searched = Math.max(0, this.#searched - at);
  }
}

function isGap(byte: number): boolean {
  return byte === LF || byte === CR || byte === NUL;
}
