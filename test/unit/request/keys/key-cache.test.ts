import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { createByteHash, reservedBytes } from '../../../../src/wasm/byte-hash.ts';
import {
  KeyCache,
  keyCacheBytes,
  type KeyCacheOptions,
} from '../../../../src/request/keys/key-cache.ts';

const text = (value: string) => new TextEncoder().encode(value);

function cacheOf(slots: number, keyBytesMax: number): KeyCache {
  return cacheWith({ slots, keyBytesMax });
}

function cacheWith(options: KeyCacheOptions): KeyCache {
  return new KeyCache(createByteHash(keyCacheBytes(options)), options);
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

/** Lines of a log as a follower has them: in the memory of the hash, or elsewhere. */
interface Rows {
  readonly where: 'in the same memory' | 'elsewhere';
  readonly keys: readonly string[];
}

const ROWS = 64;
const rows = fc.record<Rows>({
  where: fc.constantFrom('in the same memory', 'elsewhere'),
  keys: fc.array(
    fc.oneof(
      fc.nat(12).map((n) => `/hot/${n}`),
      fc.nat(5000).map((n) => `/page/${n}?q=${n}`),
      fc.string({ maxLength: 40 }).map((key) => key.replaceAll(/[^\x20-\x7e]/g, '~')),
    ),
    { minLength: 1, maxLength: 300, size: 'max' },
  ),
});

test('looked up many at a time, every row has the answer of its own key', () => {
  fc.assert(
    fc.property(rows, ({ where, keys }) => {
      const options = { slots: 32, keyBytesMax: 24, rowsMax: ROWS, cutAt: 0x3f };
      const log = keys.join('\n');
      const hash = createByteHash(keyCacheBytes(options) + reservedBytes(log.length));
      const cache = new KeyCache(hash, options);
      const at = hash.reserve(log.length);
      const bytes = where === 'elsewhere' ? text(log) : hash.memory;
      let end = where === 'elsewhere' ? 0 : at;
      if (where !== 'elsewhere') bytes.set(text(log), at);
      const ends = keys.map((key) => (end += key.length + 1));
      const keyOf = (key: string) => key.slice(0, 24).split('?')[0];
      const answers: (string | undefined)[] = [];
      for (let first = 0; first < keys.length; ) {
        const wanted = Math.min(ROWS, keys.length - first);
        for (let i = 0; i < wanted; i++) {
          const keyEnd = ends[first + i]! - 1;
          cache.spans.set([keyEnd - keys[first + i]!.length, keyEnd], 2 * i);
        }
        const done = cache.findRows(bytes, wanted, (slot, from, to) => {
          answers[slot] = keyOf(Buffer.from(bytes.subarray(from, to)).toString());
        });
        assert.ok(done >= 1 && done <= wanted);
        for (let i = 0; i < done; i++) {
          assert.equal(answers[cache.found[i]!], keyOf(keys[first + i]!));
        }
        first += done;
      }
    }),
  );
});
