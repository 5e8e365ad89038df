/**
 * Names of sites as nginx has them in `$host`: in lower case and without a port. `$http_host` and the
 * keys of other programs have what the client sent, so one site would be several.
 *
 * Works on the span of each row: its end moves before the port, and capitals become small letters
 * where they stand, in the borrowed bytes of the line. Done twice it changes nothing more.
 */
import { PARSED, type RecordBatch } from './record-batch.ts';

const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const CASE_BIT = 0x20;

export function cleanSites(into: RecordBatch, view: DataView): void {
  const { bytes, length, reason, siteEnd, siteStart } = into;
  for (let row = 0; row < length; row++) {
    const start = siteStart[row] ?? 0;
    const end = siteEnd[row] ?? 0;
    if (reason[row] !== PARSED || isClean(view, start, end)) continue;
    for (let p = start; p < end; p++) {
      const byte = bytes[p] ?? 0;
      if (byte >= 0x41 && byte <= 0x5a) bytes[p] = byte | CASE_BIT;
      else if (byte === COLON) siteEnd[row] = beforePort(bytes, start, end);
    }
  }
}

/**
 * Whether there is neither a colon nor a capital, four bytes at a time: what else is in a name has the
 * bit that small letters have. False where there may be one.
 */
function isClean(view: DataView, start: number, end: number): boolean {
  let p = start;
  for (; p + 4 <= end; p += 4) {
    const word = view.getInt32(p, true);
    const colons = word ^ 0x3a3a3a3a;
    if ((word & 0x20202020) !== 0x20202020) return false;
    if (((colons - 0x01010101) & ~colons & 0x80808080) !== 0) return false;
  }
  for (; p < end; p++) {
    const byte = view.getUint8(p);
    if ((byte & CASE_BIT) === 0 || byte === COLON) return false;
  }
  return true;
}

/** Where the name in `[start, end)` ends: before `:` and digits, unless it is an address without brackets. */
function beforePort(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && (bytes[p - 1] ?? 0) >= 0x30 && (bytes[p - 1] ?? 0) <= 0x39) p--;
  const colon = p - 1;
  if (p === end || colon <= start || bytes[colon] !== COLON) return end;
  const isAddress = bytes.subarray(start, colon).includes(COLON);
  if (isAddress && (bytes[start] !== BRACKET || bytes[colon - 1] !== BRACKET_END)) return end;
  return colon;
}
