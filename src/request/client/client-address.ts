/**
 * Who the client is: $remote_addr, or, behind proxies, an entry of X-Forwarded-For that a trusted
 * proxy has written; and its address made less personal.
 *
 * Each proxy appends the address it was reached from, and $remote_addr is the last proxy's own. So
 * with n trusted proxies the n-th entry from the right is the client; what stands left of it is
 * whatever the client sent and never looked at.
 */

/** Bytes of an address at most, as text: IPv6 with an IPv4 end, without zone. */
const ADDRESS_BYTES_MAX = 45;
/** Bytes that `maskAddress()` writes at most: three groups, `::/48`. */
export const MASKED_BYTES_MAX = 19;

const COMMA = 0x2c;
const SPACE = 0x20;
const TAB = 0x09;
const DOT = 0x2e;
const COLON = 0x3a;
const PERCENT = 0x25;
const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const GROUPS = 8;

/** A part of the bytes it was made for. */
export interface Span {
  start: number;
  end: number;
}

/** Groups of the address that was read last: eight of 16 bits, IPv4 as ::ffff:a.b.c.d. */
const groups = new Uint16Array(GROUPS);

/**
 * Sets `span` to the address of the client in the list `bytes[start, end)` of X-Forwarded-For, port
 * and brackets left out. False when no entry is an address; then $remote_addr counts. A list that
 * is shorter than the number of proxies was begun by one of them: its first entry counts.
 */
export function forwardedClient(
  bytes: Uint8Array,
  start: number,
  end: number,
  trustedProxies: number,
  span: Span,
): boolean {
  let entryEnd = end;
  let entryStart = end;
  for (let i = 0; i < trustedProxies; i++) {
    entryStart = entryEnd;
    while (entryStart > start && bytes[entryStart - 1] !== COMMA) entryStart--;
    if (entryStart === start || i === trustedProxies - 1) break;
    entryEnd = entryStart - 1;
  }
  trim(bytes, entryStart, entryEnd, span);
  if (bytes[span.start] === OPEN) {
    const close = find(bytes, span.start, span.end, CLOSE);
    if (close === span.end) return false;
    span.start++;
    span.end = close;
  } else dropPort(bytes, span);
  return readAddress(bytes, span.start, span.end);
}

function trim(bytes: Uint8Array, start: number, end: number, span: Span): void {
  let from = start;
  let to = end;
  while (from < to && isPadding(bytes[from])) from++;
  while (to > from && isPadding(bytes[to - 1])) to--;
  span.start = from;
  span.end = to;
}

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === QUOTE;
}

/** The first `byte` in `bytes[start, end)`, else `end`; the bytes may go on for megabytes behind it. */
function find(bytes: Uint8Array, start: number, end: number, byte: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

/** `1.2.3.4:5678`; one colon alone stands in no IPv6 address. */
function dropPort(bytes: Uint8Array, span: Span): void {
  const colon = find(bytes, span.start, span.end, COLON);
  if (find(bytes, colon + 1, span.end, COLON) >= span.end) span.end = colon;
}

/**
 * Writes the network of the address in `bytes[start, end)` to `out`: `192.0.2.0/24` or
 * `2001:db8:1::/48`. Returns how many bytes, 0 when it is no address (as `unix:`).
 */
export function maskAddress(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): number {
  if (!readAddress(bytes, start, end)) return 0;
  let to = 0;
  if (isIpv4()) {
    const high = groups[6] ?? 0;
    to = putDecimal(out, to, high >> 8, DOT);
    to = putDecimal(out, to, high & 255, DOT);
    to = putDecimal(out, to, (groups[7] ?? 0) >> 8, DOT);
    return putText(out, to, '0/24');
  }
  let kept = 3;
  while (kept > 0 && groups[kept - 1] === 0) kept--;
  for (let i = 0; i < kept; i++) {
    if (i > 0) out[to++] = COLON;
    to = putText(out, to, (groups[i] ?? 0).toString(16));
  }
  return putText(out, to, '::/48');
}

/**
 * The address in `bytes[start, end)` in the form that databases take, IPv4 within IPv6 as IPv4; empty
 * when it is none. `isMasked`: the first address of its network.
 */
export function addressText(
  bytes: Uint8Array,
  start: number,
  end: number,
  isMasked: boolean,
): string {
  if (!readAddress(bytes, start, end)) return '';
  const isFour = isIpv4();
  if (isMasked && isFour) groups[7] = (groups[7] ?? 0) & 0xff00;
  else if (isMasked) groups.fill(0, 3);
  if (!isFour) return Array.from(groups, (group) => group.toString(16)).join(':');
  const [high = 0, low = 0] = groups.subarray(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function isIpv4(): boolean {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return false;
  return groups[5] === 0xffff;
}

function putDecimal(out: Uint8Array, at: number, value: number, after: number): number {
  let to = at;
  if (value >= 100) out[to++] = 0x30 + Math.floor(value / 100);
  if (value >= 10) out[to++] = 0x30 + (Math.floor(value / 10) % 10);
  out[to++] = 0x30 + (value % 10);
  out[to++] = after;
  return to;
}

function putText(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Reads an IPv4 or IPv6 address (RFC 4291, 2.2; a zone is left out) into `groups`. */
function readAddress(bytes: Uint8Array, start: number, end: number): boolean {
  const until = find(bytes, start, end, PERCENT);
  if (until <= start || until - start > ADDRESS_BYTES_MAX) return false;
  groups.fill(0);
  if (find(bytes, start, until, COLON) === until) {
    groups[5] = 0xffff;
    return readIpv4(bytes, start, until, 6);
  }
  return readIpv6(bytes, start, until);
}

function readIpv6(bytes: Uint8Array, start: number, end: number): boolean {
  let group = 0;
  /** Where `::` stands, as a group. */
  let gap = -1;
  let at = start;
  if (bytes[at] === COLON) {
    if (bytes[at + 1] !== COLON || at + 1 >= end) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    if (group === GROUPS) return false;
    const from = at;
    let value = 0;
    while (at < end && at - from < 5) {
      const digit = hexDigit(bytes[at] ?? 0);
      if (digit < 0) break;
      value = value * 16 + digit;
      at++;
    }
    if (bytes[at] === DOT && at < end) {
      if (group > 6 || !readIpv4(bytes, from, end, group)) return false;
      group += 2;
      at = end;
      break;
    }
    if (at === from || at - from > 4) return false;
    groups[group++] = value;
    if (at === end) break;
    if (bytes[at++] !== COLON || at === end) return false;
    if (bytes[at] !== COLON) continue;
    if (gap >= 0) return false;
    gap = group;
    at++;
  }
  if (gap < 0) return group === GROUPS;
  if (group === GROUPS) return false;
  groups.copyWithin(GROUPS - (group - gap), gap, group);
  groups.fill(0, gap, GROUPS - (group - gap));
  return true;
}

/** Four numbers up to 255 into two groups. */
function readIpv4(bytes: Uint8Array, start: number, end: number, group: number): boolean {
  let at = start;
  for (let i = 0; i < 4; i++) {
    const from = at;
    let value = 0;
    while (at < end && at - from < 3) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === from || value > 255) return false;
    const to = group + (i >> 1);
    groups[to] = (groups[to] ?? 0) * 256 + value;
    if (i < 3 && (at >= end || bytes[at++] !== DOT)) return false;
  }
  return at === end;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
