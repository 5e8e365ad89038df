import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIMENSION_FORMAT, DimensionBench } from '../../../support/dimension-bench.ts';
import { NOON_S } from '../../../support/log-rows.ts';

const TIME = `${new Date(NOON_S * 1000).toISOString().slice(0, 19)}+00:00`;

function upstreams(
  format: string,
  requests: readonly (readonly [addresses: string, end: string])[],
) {
  const bench = new DimensionBench({ format });
  bench.add(
    requests.map(
      ([addresses, end]) =>
        `a.example 192.0.2.1 [${TIME}] "GET / HTTP/1.1" 200 10 "-" "x" 0.500 "${addresses}"${end}`,
    ),
    NOON_S,
  );
  bench.windows.endInput();
  bench.take('last', NOON_S);
  return bench.stored
    .get(NOON_S)
    ?.upstreams.map(({ upstream, latency }) => [
      upstream,
      latency?.count,
      latency?.sumMs,
      latency?.maxMs,
    ]);
}

test("an upstream's times are its own, of the try that answered", () => {
  const found = upstreams(`${DIMENSION_FORMAT} $upstream_response_time`, [
    ['10.0.0.1:80', ' 0.040'],
    ['10.0.0.2:80, 10.0.0.1:80', ' 3.000, 0.007'],
    ['10.0.0.2:80', ' -'],
    ['-', ' -'],
  ]);
  assert.deepEqual(found, [
    ['10.0.0.1:80', 2, 47, 40],
    ['10.0.0.2:80', 0, 0, 0],
  ]);
});

test('where the log format has no times of upstreams they are those of the whole requests', () => {
  assert.deepEqual(upstreams(DIMENSION_FORMAT, [['10.0.0.1:80', '']]), [
    ['10.0.0.1:80', 1, 500, 500],
  ]);
});
