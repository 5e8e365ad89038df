import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { ValueCells } from '../../../../src/aggregate/dimension/value-cells.ts';
import { keptList, KeptValues } from '../../../../src/aggregate/dimension/kept-values.ts';

const VALUES = 40;
const PLACES = 3;
const WINDOW_S = 60;

const newPlaces = () => new KeptValues(VALUES, PLACES, WINDOW_S);

function count(places: KeptValues, startS: number, values: readonly number[]): number[] {
  const kept = places.open(startS);
  for (const value of values) places.count(value, kept);
  return keptList(kept);
}

const times = (value: number, n: number) => new Array<number>(n).fill(value);

test('while there is room a value has its place from its first request on', () => {
  const places = newPlaces();
  assert.deepEqual(count(places, 0, [7, 5, 7, 9, 11]), [5, 7, 9]);
  assert.equal(places.keptCount, PLACES);
  assert.deepEqual(count(places, 60, [11]), [5, 7, 9], 'a later window begins with the same');
});

test('a value with twice the traffic takes the weakest place, at a crossing and in open windows', () => {
  const places = newPlaces();
  const old = places.open(0);
  const open = places.open(60);
  for (const value of [...times(1, 20), ...times(2, 20), ...times(3, 4)]) places.count(value, open);
  for (const value of times(30, 9)) assert.equal(places.count(value, open), false);
  places.cross(1, 60);
  assert.deepEqual(keptList(open), [1, 2, 3, 30], 'what was shown stays');
  assert.deepEqual(keptList(old), []);
  assert.deepEqual(keptList(places.open(120)), [1, 2, 30]);
});

test('a little more traffic, or too little for a series, changes nothing', () => {
  const places = newPlaces();
  const kept = places.open(0);
  for (const value of [...times(1, 90), ...times(2, 90), ...times(3, 5)]) places.count(value, kept);
  for (const value of [...times(4, 10), ...times(5, 7)]) places.count(value, kept);
  places.cross(1, 0);
  assert.deepEqual(keptList(places.open(60)), [1, 2, 3]);
});

test('changes are rationed to as many as there are places a day', () => {
  const places = newPlaces();
  const everKept = new Set<number>();
  for (let minute = 0; minute < 1440; minute++) {
    const kept = places.open(60 * minute);
    for (const value of times(Math.floor((minute * VALUES) / 1440), 50)) places.count(value, kept);
    for (const value of keptList(kept)) everKept.add(value);
    places.close(60 * minute);
    places.cross(1, 60 * minute);
  }
  assert.ok(everKept.size <= 3 * PLACES, `${everKept.size} values had a series`);
  assert.ok(everKept.size > PLACES, 'some had their turn');
});

test('the same requests give the same places, over restarts at any moment too', () => {
  const minute = fc.array(fc.nat(VALUES - 1), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(minute, { minLength: 1, maxLength: 30 }), (minutes) => {
      const straight = newPlaces();
      let restarted = newPlaces();
      minutes.forEach((values, i) => {
        assert.deepEqual(count(restarted, 60 * i, values), count(straight, 60 * i, values));
        for (const places of [straight, restarted]) {
          places.cross(1 + (i % 3) * 200, 60 * i);
          places.close(60 * i);
        }
        const saved = JSON.parse(JSON.stringify(restarted.snapshot()));
        restarted = newPlaces();
        restarted.restore(saved);
        assert.ok(straight.keptCount <= PLACES);
      });
    }),
  );
});

test('what is not shown is the rest; where values have to go without a place there is one, also of zeros', () => {
  const cells = new ValueCells(VALUES);
  cells.add(5, 1, 10);
  cells.add(6, 0, 7);
  const flags = new Uint8Array(VALUES);
  flags[5] = 1;
  const five = { value: 5, count: 1, traffic: 10, errors: 1 };
  const six = { value: 6, count: 1, traffic: 7, errors: 0 };
  const rest = { value: -1, count: 1, traffic: 7, errors: 0 };
  const zero = { value: -1, count: 0, traffic: 0, errors: 0 };
  assert.deepEqual(cells.totals({ flags, hasRest: true }), [five, rest]);
  flags[6] = 1;
  const copy = new ValueCells(VALUES);
  copy.restore(JSON.parse(JSON.stringify(cells.snapshot())));
  for (const one of [cells, copy]) {
    assert.deepEqual(one.totals({ flags, hasRest: true }), [five, six, zero]);
    assert.deepEqual(one.totals({ flags, hasRest: false }), [five, six]);
  }
  assert.deepEqual(copy.sum(), { count: 2, traffic: 17, errors: 1 });
});
