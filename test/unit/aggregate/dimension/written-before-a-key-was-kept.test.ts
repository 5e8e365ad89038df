import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DimensionBench } from '../../../support/dimension-bench.ts';
import { NOON_S } from '../../../support/log-rows.ts';

const MINUTE_S = 60;
const OPTIONS = { latenessS: 600, routesMax: 2 };

function line(atS: number, path: string): string {
  const time = `${new Date(atS * 1000).toISOString().slice(0, 19)}+00:00`;
  return `a.example 192.0.2.1 [${time}] "GET ${path} HTTP/1.1" 200 10 "-" "x" 0.001 "10.0.0.1:80"`;
}

const routesOf = (bench: DimensionBench, startS: number) =>
  new Map((bench.stored.get(startS)?.routes ?? []).map(({ route, count }) => [route, count]));

test('in a quiet log, whose minute the clock closes, routes are there at once', () => {
  const bench = new DimensionBench({ ...OPTIONS, routesMax: 3 });
  bench.add([line(NOON_S, '/a'), line(NOON_S + 1, '/b')], NOON_S + 2);
  bench.take('caught-up', NOON_S + 70);
  assert.deepEqual(
    routesOf(bench, NOON_S),
    new Map([
      ['/a', 1],
      ['/b', 1],
    ]),
  );
});

/** A minute with nothing but requests of a route that has no place yet, and a line after it. */
const LATER_S = NOON_S + MINUTE_S;
const BEFORE = [line(NOON_S, '/a'), line(NOON_S, '/b')];
const LATE_COMER = new Array<string>(41).fill(line(LATER_S, '/c'));
const AFTER = line(LATER_S + MINUTE_S, '/a');

function written(): DimensionBench {
  const bench = new DimensionBench(OPTIONS);
  bench.add([...BEFORE, ...LATE_COMER], LATER_S + 1);
  bench.take('caught-up', LATER_S + 70);
  assert.deepEqual(routesOf(bench, LATER_S), new Map([['other', 41]]));
  return bench;
}

const CORRECTED = new Map([
  ['/c', 41],
  ['other', 0],
]);

for (const isRestarted of [false, true]) {
  const when = isRestarted ? ', over a restart' : '';
  test(`what was written as other goes back to zero once its route has a place${when}`, () => {
    const bench = written();
    if (isRestarted) bench.restart();
    bench.add([AFTER], LATER_S + 81);
    bench.take('caught-up', LATER_S + 90);
    assert.deepEqual(routesOf(bench, LATER_S), CORRECTED);
  });
}

test('and so it does when the log is read again without any memory of it', () => {
  const before = written();
  const again = new DimensionBench(OPTIONS);
  for (const [startS, detail] of before.stored) again.stored.set(startS, detail);
  again.add([...BEFORE, ...LATE_COMER, AFTER], LATER_S + 81);
  again.take('caught-up', LATER_S + 90);
  assert.deepEqual(routesOf(again, LATER_S), CORRECTED);
});
