/**
 * Takes `$request` apart: `GET /path HTTP/1.1`. What clients send as a request line may be anything:
 * without a space it is all method; without a protocol at its end it is HTTP/0.9 or nonsense, and the
 * protocol is absent.
 */
const SPACE = 0x20;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const LETTER_H = 0x48;
/** Length of ` HTTP/1.1`; one more as some writers of JSON have it, ` HTTP\/1.1`. */
const PROTOCOL_BYTES = 9;
/** No method is longer, so nothing behind this is looked at for its end. */
const METHOD_BYTES_MAX = 32;

export class RequestLine {
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Equal to `end` where absent. */
  protocolStart = 0;

  /** Reads `bytes[start, end)`. */
  read(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    const until = Math.min(end, start + METHOD_BYTES_MAX);
    while (at < until && bytes[at] !== SPACE) at++;
    if (at === until) {
      this.methodEnd = end;
      this.targetStart = end;
      this.targetEnd = end;
      this.protocolStart = end;
      return;
    }
    this.methodEnd = at;
    // nginx takes any number of spaces between the parts, and logs them as they came.
    while (at + 1 < end && bytes[at + 1] === SPACE) at++;
    this.targetStart = at + 1;
    const isEscaped = bytes[end - 5] === BACKSLASH;
    const cut = end - PROTOCOL_BYTES - (isEscaped ? 1 : 0);
    const hasProtocol =
      cut > at && bytes[cut] === SPACE && bytes[cut + 1] === LETTER_H && bytes[end - 4] === SLASH;
    this.targetEnd = hasProtocol ? cut : end;
    while (this.targetEnd > this.targetStart && bytes[this.targetEnd - 1] === SPACE)
      this.targetEnd--;
    this.protocolStart = hasProtocol ? cut + 1 : end;
  }
}
