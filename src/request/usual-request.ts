import { METHODS, PROTOCOLS } from './closed-set.ts';

/** Nearly all requests are a GET by HTTP/1.1 or 2.0: a short way for those, the closed sets for the others. */

const GET = METHODS.values.indexOf('GET');
const HTTP_1_1 = PROTOCOLS.values.indexOf('HTTP/1.1');
const HTTP_2_0 = PROTOCOLS.values.indexOf('HTTP/2.0');

/** METHODS.find, with a short way for what nearly all requests are. */
export function methodOf(bytes: Uint8Array, start: number, end: number): number {
  const isGet =
    end - start === 3 &&
    bytes[start] === 0x47 &&
    bytes[start + 1] === 0x45 &&
    bytes[start + 2] === 0x54;
  return isGet ? GET : METHODS.find(bytes, start, end);
}

/** PROTOCOLS.find, likewise. */
export function protocolOf(bytes: Uint8Array, start: number, end: number): number {
  const hasForm =
    end - start === 8 &&
    bytes[start] === 0x48 &&
    bytes[start + 1] === 0x54 &&
    bytes[start + 2] === 0x54 &&
    bytes[start + 3] === 0x50 &&
    bytes[start + 4] === 0x2f &&
    bytes[start + 6] === 0x2e;
  if (hasForm && bytes[start + 5] === 0x31 && bytes[start + 7] === 0x31) return HTTP_1_1;
  if (hasForm && bytes[start + 5] === 0x32 && bytes[start + 7] === 0x30) return HTTP_2_0;
  return PROTOCOLS.find(bytes, start, end);
}
