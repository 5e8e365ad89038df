/** byte-hash.wat once more, slowly and plainly: the same 64 bits out of BigInt arithmetic. */
const MASK = (1n << 64n) - 1n;
const K1 = 0x9e3779b97f4a7c15n;
const K2 = 0xc2b2ae3d27d4eb4fn;

const times = (a: bigint, b: bigint) => (a * b) & MASK;
const rotate = (a: bigint, by: bigint) => ((a << by) | (a >> (64n - by))) & MASK;

function little(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

export function hashOracle(bytes: Uint8Array): bigint {
  const { length } = bytes;
  let a = 0x243f6a8885a308d3n;
  let b = 0x13198a2e03707344n ^ BigInt(length);
  if (length >= 16) {
    for (let at = 0; at === 0 || at < length - 16; at += 16) {
      a = rotate(times(a ^ little(bytes, at, 8), K1), 29n);
      b = rotate(times(b ^ little(bytes, at + 8, 8), K2), 31n);
    }
    a ^= little(bytes, length - 16, 8);
    b ^= little(bytes, length - 8, 8);
  } else if (length >= 8) {
    a ^= little(bytes, 0, 8);
    b ^= little(bytes, length - 8, 8);
  } else if (length >= 4) {
    a ^= little(bytes, 0, 4);
    b ^= little(bytes, length - 4, 4);
  } else if (length > 0) {
    a ^= BigInt(bytes[0]! | (bytes[length >> 1]! << 8)) | (BigInt(bytes[length - 1]!) << 16n);
  }
  a = times(a, K1);
  b = times(b, K2);
  a = a ^ (a >> 32n) ^ rotate(b, 27n);
  a = times(a, 0xff51afd7ed558ccdn);
  a ^= a >> 33n;
  a = times(a, 0xc4ceb9fe1a85ec53n);
  return a ^ (a >> 33n);
}
