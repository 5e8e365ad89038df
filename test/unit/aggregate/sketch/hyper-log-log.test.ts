import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../../../support/property.ts';
import {
  estimateOf,
  FOLDED_REGISTERS,
  HyperLogLog,
} from '../../../../src/aggregate/sketch/hyper-log-log.ts';
import { createByteHash } from '../../../../src/wasm/byte-hash.ts';

const hash = createByteHash(0);
const encoder = new TextEncoder();

function addText(to: HyperLogLog, text: string): void {
  const bytes = encoder.encode(text);
  hash.hash(bytes, 0, bytes.length);
  to.add(hash.lanes[0]!, hash.lanes[1]!);
}

test('none is none, one is one', () => {
  const log = new HyperLogLog();
  assert.equal(log.estimate(), 0);
  for (let i = 0; i < 100; i++) addText(log, 'the same');
  assert.equal(log.estimate(), 1);
});

test('the error stays within the standard error of 1.6 % at every count', (t) => {
  const RUNS = 8;
  for (const count of [10, 100, 1000, 5000, 20_000, 100_000]) {
    const errors: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const log = new HyperLogLog();
      for (let i = 0; i < count; i++) addText(log, `192.0.${run}.${i} Mozilla/5.0`);
      errors.push(log.estimate() - count);
    }
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / RUNS);
    t.diagnostic(`${count} keys: ${((100 * rms) / count).toFixed(2)} % rms`);
    // Two keys in one register cost a small count a whole one.
    assert.ok(rms <= Math.max(0.5, 0.02 * count), `rms error ${rms} at ${count}`);
    const worst = Math.max(...errors.map((error) => Math.abs(error)));
    assert.ok(worst <= Math.max(1, 4 * 0.0163 * count), `worst error ${worst} at ${count}`);
  }
});

test('a hash that is poorly mixed is estimated as well', () => {
  const log = new HyperLogLog();
  for (let i = 0; i < 10_000; i++) log.addMixed(i, i * 7);
  const error = log.estimate() / 10_000 - 1;
  assert.ok(Math.abs(error) < 0.05, `error ${error}`);
});

test('folded registers are those of a sketch with 128 registers', () => {
  const lane = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 1 << 19, 1 << 20, 31 << 20));
  fc.assert(
    fc.property(fc.array(fc.tuple(lane, lane), { maxLength: 200 }), (hashes) => {
      const log = new HyperLogLog();
      const direct = new Uint8Array(FOLDED_REGISTERS);
      for (const [low, high] of hashes) {
        log.add(low, high);
        const bits = ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
          .toString(2)
          .padStart(64, '0');
        const register = Number.parseInt(bits.slice(0, 7), 2);
        const one = bits.indexOf('1', 7);
        const rank = one < 0 ? 64 - 7 + 1 : one - 7 + 1;
        direct[register] = Math.max(direct[register]!, rank);
      }
      assert.deepEqual(log.folded(), direct);
    }),
  );
});

test('the folded registers estimate within 3 sigma of 9 %', () => {
  const log = new HyperLogLog();
  for (let i = 0; i < 30_000; i++) addText(log, `client ${i}`);
  const estimate = estimateOf(log.folded(), 64 - 7);
  assert.ok(Math.abs(estimate / 30_000 - 1) < 0.27, `${estimate}`);
});

test('merging is adding both, in any order and twice', () => {
  const keys = fc.array(fc.nat(5000).map(String), { maxLength: 300 });
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      const left = new HyperLogLog();
      const right = new HyperLogLog();
      const both = new HyperLogLog();
      for (const key of a) addText(left, key);
      for (const key of b) addText(right, key);
      for (const key of [...b, ...a]) addText(both, key);
      left.merge(right);
      left.merge(right);
      assert.deepEqual(left.snapshot(), both.snapshot());
      assert.equal(left.estimate(), both.estimate());
    }),
    { numRuns: runsOfSlow(2) },
  );
});

test('a restored sketch is the one that was saved, sparse or full', () => {
  for (const count of [0, 1, 100, 511, 512, 600, 20_000]) {
    const log = new HyperLogLog();
    for (let i = 0; i < count; i++) addText(log, `${i}`);
    const restored = HyperLogLog.restore(JSON.parse(JSON.stringify(log.snapshot())));
    assert.deepEqual(restored.snapshot(), log.snapshot());
    assert.equal(restored.estimate(), log.estimate());
    assert.deepEqual(restored.folded(), log.folded());
  }
});
