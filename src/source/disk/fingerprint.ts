/**
 * The fingerprint by which a file's content is recognised: a hash of its first bytes and one of the
 * bytes before the position. Of a compressed file the content counts, so `access.log.1` and
 * `access.log.2.gz` are seen to be the same.
 */
import { hash } from 'node:crypto';

export const HEAD_BYTES = 1024;
export const TAIL_BYTES = 256;
/** Distance of the intermediate hashes, by which a shorter copy of the same content is known. */
const STEP_BYTES = 32;
/** A shorter file may be the beginning of any other. */
export const TELLING_BYTES = STEP_BYTES;
const STEP_HEX = 8;

export interface HeadFingerprint {
  /** Bytes covered, ≤ HEAD_BYTES; 0 = the file was empty. */
  readonly length: number;
  readonly sha256: string;
  /** For every whole 32 bytes of the head eight hex digits of the hash of all bytes so far, run together. */
  readonly steps: string;
}

export interface TailFingerprint {
  /** Bytes covered, ≤ TAIL_BYTES, directly before the position. */
  readonly length: number;
  readonly sha256: string;
}

export const NO_HEAD: HeadFingerprint = { length: 0, sha256: '', steps: '' };

/** Fingerprint of a file that begins with `bytes`. */
export function headOf(bytes: Uint8Array): HeadFingerprint {
  const length = Math.min(bytes.length, HEAD_BYTES);
  if (length === 0) return NO_HEAD;
  let steps = '';
  for (let end = STEP_BYTES; end <= length; end += STEP_BYTES) {
    steps += sha256(bytes.subarray(0, end)).slice(0, STEP_HEX);
  }
  return { length, sha256: sha256(bytes.subarray(0, length)), steps };
}

export function tailOf(bytes: Uint8Array): TailFingerprint {
  return { length: bytes.length, sha256: bytes.length === 0 ? '' : sha256(bytes) };
}

export function isTail(bytes: Uint8Array, tail: TailFingerprint): boolean {
  return bytes.length === tail.length && (tail.length === 0 || sha256(bytes) === tail.sha256);
}

/**
 * How a file that begins with `bytes` stands to a remembered head: `same` = it begins with all of it,
 * `shorter` = it is a beginning of it, as far as can be told, `different` otherwise. An empty head
 * and an empty file say nothing and are `different` from everything.
 */
export function compareHead(
  bytes: Uint8Array,
  head: HeadFingerprint,
): 'same' | 'shorter' | 'different' {
  if (bytes.length === 0 || head.length === 0) return 'different';
  if (bytes.length >= head.length) {
    return sha256(bytes.subarray(0, head.length)) === head.sha256 ? 'same' : 'different';
  }
  const steps = Math.floor(bytes.length / STEP_BYTES);
  if (steps === 0) return 'different';
  const step = head.steps.slice((steps - 1) * STEP_HEX, steps * STEP_HEX);
  return sha256(bytes.subarray(0, steps * STEP_BYTES)).startsWith(step) ? 'shorter' : 'different';
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
