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

export function cleanSites(into: RecordBatch): void {
  const { bytes, length, reason, siteEnd, siteStart } = into;
  for (let row = 0; row < length; row++) {
    if (reason[row] !== PARSED) continue;
    const start = siteStart[row] ?? 0;
    const end = siteEnd[row] ?? 0;
    for (let p = start; p < end; p++) {
      const byte = bytes[p] ?? 0;
      if (byte >= 0x41 && byte <= 0x5a) bytes[p] = byte | CASE_BIT;
      else if (byte === COLON) siteEnd[row] = beforePort(bytes, start, end);
    }
  }
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
