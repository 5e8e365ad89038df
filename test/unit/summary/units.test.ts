import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesText,
  durationText,
  percentText,
  rateText,
  shortText,
  spanText,
  timeText,
  wholeText,
} from '../../../src/summary/units.ts';

const CASES: readonly (readonly [string, string])[] = [
  [wholeText(1_203_441), '1,203,441'],
  [wholeText(999), '999'],
  [shortText(950), '950'],
  [shortText(1949), '1.9k'],
  [shortText(999_999), '1.0M'],
  [bytesText(0), '0 B'],
  [bytesText(61_200_000_000), '61.2 GB'],
  [durationText(999), '999 ms'],
  [durationText(1000), '1.0 s'],
  [durationText(125_000), '2 min 5 s'],
  [percentText(0), '0 %'],
  [percentText(0.00001), '<0.01 %'],
  [percentText(0.0021), '0.21 %'],
  [percentText(0.0415), '4.2 %'],
  [percentText(1), '100 %'],
  [rateText(0), '0/s'],
  [rateText(13.94), '13.9/s'],
  [rateText(4120), '4,120/s'],
  [spanText(86_400), '1 d'],
  [spanText(90_061), '1 d 1 h'],
  [spanText(59), '59 s'],
  [timeText(Date.UTC(2025, 10, 29, 6, 25) / 1000), '29 Nov 06:25'],
];

test('figures are written as a person reads them', () => {
  for (const [written, expected] of CASES) assert.equal(written, expected);
});
