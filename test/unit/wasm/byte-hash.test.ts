import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import { createByteHash, HASHED_BYTES_MAX, type ByteHash } from '../../../src/wasm/byte-hash.ts';
import { hashOracle } from '../../support/byte-hash-oracle.ts';

const text = (value: string) => new TextEncoder().encode(value);

function hash64(hash: ByteHash, bytes: Uint8Array, start = 0, end = bytes.length): bigint {
  const low = hash.hash(bytes, start, end);
  assert.equal(low, hash.lanes[0]);
  return (BigInt(hash.lanes[1]! >>> 0) << 32n) | BigInt(hash.lanes[0]! >>> 0);
}

test('the values never change: registers of other versions and hosts are merged with them', () => {
  const hash = createByteHash(0);
  const values = ['', 'a', 'abcd', '10.0.0.17', '/api/v1/users/42', 'x'.repeat(110)].map((value) =>
    hash64(hash, text(value)).toString(16),
  );
  assert.deepEqual(values, [
    'd4e7df772bf9af9e',
    'a681dbf91c78300a',
    '4276be3f8c92f8a1',
    '276b8265793eb77e',
    '4f6427dd5dbeb2e1',
    '6b289f9a6831f4af',
  ]);
});

test('the hash is that of the oracle for every length', () => {
  const hash = createByteHash(0);
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 197) & 0xff);
  for (let length = 0; length <= bytes.length; length++) {
    assert.equal(hash64(hash, bytes, 0, length), hashOracle(bytes.subarray(0, length)));
  }
});

test('a span in the memory itself and a copied one have one hash', () => {
  const hash = createByteHash(1024);
  const at = hash.reserve(512);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(100), (bytes, shift) => {
      hash.memory.set(bytes, at + shift);
      const inside = hash64(hash, hash.memory, at + shift, at + shift + bytes.length);
      assert.equal(inside, hash64(hash, bytes));
      assert.equal(inside, hashOracle(bytes));
    }),
  );
});

test('of a long span its first bytes and its length count', () => {
  const hash = createByteHash(0);
  const long = new Uint8Array(HASHED_BYTES_MAX + 500).fill(120);
  const value = hash64(hash, long);
  assert.notEqual(value, hash64(hash, long, 0, long.length - 1));
  assert.equal(value, hash64(hash, long));
  long[long.length - 1] = 1;
  assert.equal(value, hash64(hash, long));
  long[0] = 1;
  assert.notEqual(value, hash64(hash, long));
});

test('one changed bit changes half of the hash', () => {
  const hash = createByteHash(0);
  const bytes = text('/api/v1/users/42/orders?page=1');
  for (const length of [1, 3, 4, 7, 8, 12, 16, 17, 30]) {
    const before = hash64(hash, bytes, 0, length);
    let flipped = 0;
    for (let bit = 0; bit < length * 8; bit++) {
      const other = bytes.slice(0, length);
      other[bit >> 3]! ^= 1 << (bit & 7);
      flipped += (before ^ hash64(hash, other)).toString(2).replaceAll('0', '').length;
    }
    const mean = flipped / (length * 8);
    assert.ok(mean > 28 && mean < 36, `${mean} of 64 bits at length ${length}`);
  }
});

test('numbered keys spread evenly over the lower, the upper and the middle bits', () => {
  const hash = createByteHash(0);
  const KEYS = 64 * 1024;
  for (const shift of [0n, 26n, 52n]) {
    const buckets = new Float64Array(4096);
    for (let i = 0; i < KEYS; i++) {
      const value = hash64(hash, text(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
      buckets[Number((value >> shift) & 4095n)]!++;
    }
    // Chi square of 4095 degrees of freedom: mean 4095, sigma 90.
    const expected = KEYS / 4096;
    const chi = buckets.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    assert.ok(Math.abs(chi - 4095) < 5 * 90, `chi square ${chi} at bit ${shift}`);
  }
});

test('indexOf finds the first byte, inside the memory and outside', () => {
  const hash = createByteHash(1024);
  const at = hash.reserve(512);
  const char = fc.constantFrom(47, 63, 97);
  fc.assert(
    fc.property(fc.array(char, { maxLength: 80 }), fc.nat(20), (codes, from) => {
      const bytes = Uint8Array.from([...codes, 63, 63]);
      hash.memory.set(bytes, at);
      const start = Math.min(from, codes.length);
      const found = codes.indexOf(63, start);
      const expected = found < 0 ? codes.length : found;
      assert.equal(hash.indexOf(bytes, start, codes.length, 63), expected);
      assert.equal(hash.indexOf(hash.memory, at + start, at + codes.length, 63), at + expected);
    }),
  );
});

test('same compares every byte', () => {
  const hash = createByteHash(1024);
  const a = hash.reserve(256);
  const b = hash.reserve(256);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, at) => {
      hash.memory.set(bytes, a);
      hash.memory.set(bytes, b);
      assert.equal(hash.same(a, b, bytes.length), 1);
      if (bytes.length === 0) return;
      hash.memory[b + (at % bytes.length)]! ^= 1 << (at % 8);
      assert.equal(hash.same(a, b, bytes.length), 0);
    }),
  );
});

test('a region that is used up refuses', () => {
  const hash = createByteHash(100);
  hash.reserve(60);
  assert.throws(() => hash.reserve(41), RangeError);
});
