/** What values look like that can be told from others by their bytes. */

const SPACE = 0x20;
const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const METHOD_BYTES_MAX = 32;
const UNIX = [0x75, 0x6e, 0x69, 0x78]; // unix

/**
 * Whether `bytes[start, end)` can be the address of a client: IPv4, IPv6, `unix:`. Of letters only
 * those are looked at, since nothing but an address has digits and dots alone.
 */
export function isAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0;
  let dots = 0;
  let others = 0;
  for (let p = start; p < end; p++) {
    const byte = bytes[p] ?? 0;
    if (byte === COLON) colons++;
    else if (byte === DOT) dots++;
    else if (byte === PERCENT && colons > 1)
      break; // the zone of a link-local address
    else if (byte < 0x30 || byte > 0x39) {
      const lower = byte | 0x20;
      if (lower < 0x61 || lower > 0x66) return isUnix(bytes, start, end);
      others++;
    }
  }
  return colons > 1 || (dots === 3 && colons + others === 0);
}

function isUnix(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 5 && UNIX.every((byte, i) => bytes[start + i] === byte);
}

/** Letters, digits, what stands between labels, and what an address has; also nothing. */
export function isHostName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const byte = bytes[p] ?? 0;
    const lower = byte | 0x20;
    const isLetter = (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80;
    const isDigit = byte >= 0x30 && byte <= COLON;
    const isMark = byte === 0x2d || byte === DOT || byte === 0x5f || byte === 0x5b || byte === 0x5d;
    if (!isLetter && !isDigit && !isMark) return false;
  }
  return true;
}

/** `0.001, - : 0.002`: nothing but digits, points and what stands between them. */
export function areTimes(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const byte = bytes[p] ?? 0;
    const isMark = byte === SPACE || byte === COLON || (byte >= 0x2c && byte <= DOT);
    if (!isMark && (byte < 0x30 || byte > 0x39)) return false;
  }
  return true;
}

/** `GET /path HTTP/1.1`: a method in capitals, a target, the protocol. */
export function isRequest(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isCapital(bytes[at] ?? 0)) at++;
  if (at === start || at - start > METHOD_BYTES_MAX || bytes[at] !== SPACE) return false;
  const protocol = end - 8;
  return (
    protocol > at + 1 &&
    bytes[protocol - 1] === SPACE &&
    bytes[protocol] === 0x48 &&
    bytes[protocol + 4] === SLASH
  );
}

/** `/path`: begins with a slash and has no space. */
export function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || bytes[start] !== SLASH) return false;
  const space = bytes.indexOf(SPACE, start);
  return space < 0 || space >= end;
}

/** Where the letters of one case from `start` on end. */
export function lettersEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  isSmall: boolean,
): number {
  let p = start;
  while (p < end && isCapital((bytes[p] ?? 0) - (isSmall ? 0x20 : 0))) p++;
  return p;
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
