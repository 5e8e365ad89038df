import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/property.ts';
import {
  formatDuration,
  formatSize,
  parseDurationMs,
  parseSizeBytes,
} from '../../../src/config/units.ts';

test('durations', () => {
  const durations: readonly (readonly [string, number | undefined])[] = [
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5 m', 300_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['0', 0],
    ['10', undefined],
    ['0.0001ms', undefined],
    ['1M', undefined],
    ['-1s', undefined],
    ['', undefined],
    ['s', undefined],
    ['1h30m', undefined],
    ['1e3s', undefined],
    ['999999999999999d', undefined],
  ];
  for (const [text, ms] of durations) assert.equal(parseDurationMs(text), ms, text);
});

test('sizes', () => {
  const sizes: readonly (readonly [string, number | undefined])[] = [
    ['4096', 4096],
    ['10MB', 10_000_000],
    ['10mb', 10_000_000],
    ['256MiB', 268_435_456],
    ['1.5 KiB', 1536],
    ['1TiB', 1_099_511_627_776],
    ['1 B', 1],
    ['1M', undefined],
    ['0.5', undefined],
    ['MiB', undefined],
    ['-1', undefined],
  ];
  for (const [text, bytes] of sizes) assert.equal(parseSizeBytes(text), bytes, text);
});

test('what is shown reads back as the same value', () => {
  fc.assert(fc.property(fc.nat(10_000_000_000), (n) => parseDurationMs(formatDuration(n)) === n));
  fc.assert(fc.property(fc.nat(100_000_000_000_000), (n) => parseSizeBytes(formatSize(n)) === n));
  fc.assert(
    fc.property(fc.nat(4000), (n) => parseSizeBytes(formatSize(n * 1024 ** 2)) === n * 1024 ** 2),
  );
});
