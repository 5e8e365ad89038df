import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createByteHash } from '../../../src/parse/byte-hash.ts';
import { KeyCache, keyCacheBytes } from '../../../src/parse/key-cache.ts';

const text = (value: string) => new TextEncoder().encode(value);

function cacheOf(slots: number, keyBytesMax: number): KeyCache {
  return new KeyCache(createByteHash(keyCacheBytes(slots, keyBytesMax)), slots, keyBytesMax);
}

test('a key is new once and then has its slot', () => {
  const cache = cacheOf(64, 32);
  const bytes = text('GET /index.html HTTP/1.1');
  const slot = ~cache.find(bytes, 4, 15);
  assert.ok(slot >= 0 && slot < 64);
  assert.equal(cache.find(bytes, 4, 15), slot);
  assert.equal(cache.find(text('/index.html'), 0, 11), slot);
  assert.equal(cache.misses, 1);
});

test('the empty key is a key', () => {
  const cache = cacheOf(4, 8);
  const slot = ~cache.find(new Uint8Array(0), 0, 0);
  assert.equal(cache.find(text('x'), 1, 1), slot);
});

test('keys are cut at their bound', () => {
  const cache = cacheOf(16, 8);
  const slot = ~cache.find(text('12345678'), 0, 8);
  assert.equal(cache.find(text('123456789'), 0, 9), slot);
  assert.ok(cache.find(text('1234567'), 0, 7) < 0);
});

test('a slot always holds the answer of its key, whatever is forgotten', () => {
  const key = fc.nat(60).map((n) => `/page/${n}`);
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400 }), (keys) => {
      const cache = cacheOf(16, 16);
      const answers: string[] = [];
      for (const key of keys) {
        const slot = cache.find(text(key), 0, key.length);
        if (slot >= 0) assert.equal(answers[slot], key);
        else answers[~slot] = key;
      }
      assert.ok(answers.length <= 16);
    }),
  );
});

test('a key in use survives a flood of keys that come once', () => {
  const cache = cacheOf(1024, 32);
  const hot = Array.from({ length: 200 }, (_, i) => text(`/hot/${i}`));
  let missed = 0;
  for (let round = 0; round < 200; round++) {
    for (const key of hot) if (cache.find(key, 0, key.length) < 0) missed++;
    for (let i = 0; i < 200; i++) {
      const key = text(`/${round}/${i}`);
      cache.find(key, 0, key.length);
    }
  }
  assert.ok(missed < 0.05 * 200 * 200, `${missed} of 40000 hot look-ups missed`);
});
