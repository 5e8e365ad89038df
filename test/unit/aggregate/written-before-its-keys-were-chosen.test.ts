import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetailBench } from '../../support/detail-bench.ts';
import { NOON_S } from '../../support/log-rows.ts';

const line = (atS: number, path: string) =>
  `a.example 192.0.2.1 [${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00] ` +
  `"GET ${path} HTTP/1.1" 200 10 "-" "x" 0.001 "10.0.0.1:80"`;

/** A quiet log: the clock closes its window before any line has entered a later one. */
function written(isRestarted: boolean): DetailBench {
  const bench = new DetailBench({ latenessS: 300 });
  bench.add([line(NOON_S, '/a'), line(NOON_S + 1, '/b')], NOON_S + 2);
  bench.take('caught-up', NOON_S + 70);
  if (isRestarted) bench.restart();
  bench.add([line(NOON_S + 80, '/a')], NOON_S + 81);
  bench.take('caught-up', NOON_S + 90);
  return bench;
}

for (const isRestarted of [false, true]) {
  const when = isRestarted ? ', over a restart' : '';
  test(`what was written as other goes back to zero once its keys are shown${when}`, () => {
    const detail = written(isRestarted).stored.get(NOON_S);
    const counts = (detail?.routes ?? []).map(({ route, count }) => [route, count]);
    assert.deepEqual(
      new Map(counts as [string, number][]),
      new Map([
        ['/a', 1],
        ['/b', 1],
        ['other', 0],
      ]),
    );
    assert.equal(
      detail?.upstreams.reduce((sum, { count }) => sum + count, 0),
      2,
    );
  });
}
