/**
 * The header of a syslog message as nginx sends it (https://nginx.org/en/docs/syslog.html, RFC 3164):
 *
 *     <190>Nov 22 21:10:43 web-1 nginx: LINE        and with `nohostname`, without `web-1 `
 *
 * The time has neither year nor zone and is not used: the line has its own. Tags of other senders may
 * have a process id behind them, `nginx[12]:`. Nothing is allocated per message.
 */

/** Why a message is malformed; a closed set, for notices. */
export type MalformedReason = 'no-priority' | 'no-time' | 'no-tag';

const TAG_BYTES_MAX = 64;
const HOST_BYTES_MAX = 255;
const ID_BYTES_MAX = 16;
const SPACE = 0x20;
const COLON = 0x3a;
const LESS = 0x3c;
const GREATER = 0x3e;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** `Nov 22 21:10:43 `: which byte stands at which offset; the rest is digits, letters and spaces. */
const TIME_SIGNS: readonly (readonly [offset: number, sign: number])[] = [
  [3, SPACE],
  [6, SPACE],
  [9, COLON],
  [12, COLON],
  [15, SPACE],
];
const TIME_BYTES = 16;

export class SyslogHeader {
  /** Of the message read last, as offsets into its bytes. */
  tagStart = 0;
  tagEnd = 0;
  textStart = 0;

  /** Reads the header of `bytes[start, end)`; undefined when it is one. */
  read(bytes: Uint8Array, start: number, end: number): MalformedReason | undefined {
    const time = afterPriority(bytes, start, end);
    if (time < 0) return 'no-priority';
    for (const [offset, sign] of TIME_SIGNS) {
      if (time + offset >= end || bytes[time + offset] !== sign) return 'no-time';
    }
    const word = time + TIME_BYTES;
    if (this.#readTag(bytes, word, end)) return undefined;
    const space = bytes.subarray(word, Math.min(end, word + HOST_BYTES_MAX + 1)).indexOf(SPACE);
    return space > 0 && this.#readTag(bytes, word + space + 1, end) ? undefined : 'no-tag';
  }

  /** `shop: ` or `shop[12]: ` at `from`. */
  #readTag(bytes: Uint8Array, from: number, end: number): boolean {
    const limit = Math.min(end, from + TAG_BYTES_MAX + 1);
    let at = from;
    while (at < limit && isTagByte(bytes[at] ?? 0)) at += 1;
    if (at === from || at === limit) return false;
    this.tagStart = from;
    this.tagEnd = at;
    if (bytes[at] === BRACKET_OPEN) {
      const close = bytes.subarray(at, Math.min(end, at + ID_BYTES_MAX + 2)).indexOf(BRACKET_CLOSE);
      if (close < 0) return false;
      at += close + 1;
    }
    if (at >= end || bytes[at] !== COLON) return false;
    this.textStart = bytes[at + 1] === SPACE && at + 1 < end ? at + 2 : at + 1;
    return true;
  }
}

/** Offset behind `<190>`, or -1. */
function afterPriority(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== LESS) return -1;
  let at = start + 1;
  while (at < end && at <= start + 3 && isDigit(bytes[at] ?? 0)) at += 1;
  return at > start + 1 && at < end && bytes[at] === GREATER ? at + 1 : -1;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

/** Letters, digits, `_`, `.` and `-`: what may stand in the name of a log. */
function isTagByte(byte: number): boolean {
  const lower = byte | 0x20;
  if (isDigit(byte) || (lower >= 0x61 && lower <= 0x7a)) return true;
  return byte === 0x5f || byte === 0x2e || byte === 0x2d;
}
