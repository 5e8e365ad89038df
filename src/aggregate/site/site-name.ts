/**
 * Names of sites as bytes: what is done with them for every line, so without a string. Four bytes at
 * a time: half the time of a loop over bytes (bench/aggregate.ts).
 */
import { TAG_VALUE_BYTES_MAX } from '../../text/tag-value.ts';

const SPACE = 0x20;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;

export function hashOf(bytes: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ bytes.getInt32(i, true), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes.getUint8(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** The bytes, four to a number while there are four, then one by one. */
export function wordsOf(bytes: DataView): Int32Array {
  const { byteLength } = bytes;
  const words: number[] = [];
  let i = 0;
  for (; i + 4 <= byteLength; i += 4) words.push(bytes.getInt32(i, true));
  for (; i < byteLength; i++) words.push(bytes.getUint8(i));
  return Int32Array.from(words);
}

/** Whether `bytes[start, end)` are the `length` bytes that `words` holds from `at` on. */
export function areWords(
  words: Int32Array,
  at: number,
  length: number,
  bytes: DataView,
  start: number,
  end: number,
): boolean {
  if (length !== end - start) return false;
  let w = at;
  let i = start;
  for (; i + 4 <= end; w++, i += 4) if (words[w] !== bytes.getInt32(i, true)) return false;
  for (; i < end; w++, i++) if (words[w] !== bytes.getUint8(i)) return false;
  return true;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether these bytes are their own tag value, as those of every real host name are. */
export function isPlain(bytes: DataView, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes.getUint8(i);
    if (byte <= SPACE || byte > TILDE || byte === BACKSLASH) return false;
  }
  return end - start <= TAG_VALUE_BYTES_MAX;
}
