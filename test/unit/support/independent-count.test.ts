import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  COMBINED_PATTERN,
  TIMED_PATTERN,
  countIndependently,
} from '../../support/independent-count.ts';

test('lines are added up by window, time zone and site as worked out by hand', () => {
  const tail = 'ua="-" us="-" ut="-"';
  const truth = countIndependently(
    [
      `::1 - - [01/Jan/2026:00:00:09 +0000] "GET / HTTP/1.1" 200 10 "-" "-" rt=0.001 len=100 ${tail} site="a"`,
      `::1 - - [01/Jan/2026:01:00:00 +0100] "" 499 - "-" "-" rt=1.250 len=7 ${tail} site="a"`,
      `::1 - - [01/Jan/2026:00:00:10 +0000] "GET / HTTP/1.1" 503 5 "-" "-" rt=- len=- ${tail} site="a"`,
      `::1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 304 0 "-" "-" rt=0.000 len=1 ${tail} site="b"`,
      'no line of this format',
    ],
    TIMED_PATTERN,
  );
  const zeros = { c1xx: 0, c2xx: 0, c3xx: 0, c4xx: 0, c5xx: 0, c499: 0, errors: 0 };
  const startS = Date.UTC(2026, 0, 1) / 1000;
  assert.deepEqual(truth.windows, [
    {
      ...zeros,
      ...{ startS, site: 'a', count: 2, traffic: 10, errors: 1, c2xx: 1, c4xx: 1, c499: 1 },
      ...{ bytes_in: 107, rt_count: 2, rt_sum: 1251, rt_max: 1250 },
    },
    {
      ...zeros,
      ...{ startS, site: 'b', count: 1, traffic: 0, c3xx: 1 },
      ...{ bytes_in: 1, rt_count: 1, rt_sum: 0, rt_max: 0 },
    },
    {
      ...zeros,
      ...{ startS: startS + 10, site: 'a', count: 1, traffic: 5, errors: 1, c5xx: 1 },
      ...{ bytes_in: 0, rt_count: 0, rt_sum: 0, rt_max: 0 },
    },
  ]);
  assert.deepEqual(truth.unparsed, ['no line of this format']);
});

test('a user name that imitates a line does not mislead the count', () => {
  const line =
    '9.9.9.9 - x [01/Jan/2030:00:00:00 +0000] \\x22GET / HTTP/1.1\\x22 200 9 [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 404 3 "-" "-"';
  const [window] = countIndependently([line], COMBINED_PATTERN).windows;
  assert.equal(window?.startS, Date.UTC(2026, 0, 1) / 1000);
  assert.equal(window.traffic, 3);
  assert.equal(window.c4xx, 1);
});
