import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COARSE_LATENCY_BOUNDS_MS } from '../../../src/aggregate/dimension/sealed-dimensions.ts';
import { isReservedTagName, MEASUREMENTS } from '../../../src/points/schema.ts';
import { renderSchemaTable } from '../../../src/points/schema-table.ts';

test('names are usable unescaped and stand once in their measurement', () => {
  for (const { name, tags, fields } of MEASUREMENTS) {
    const names = [...tags, ...fields].map((column) => column.name);
    assert.equal(new Set(names).size, names.length, `a name twice in ${name}`);
    for (const column of [name, ...names]) assert.match(column, /^[a-z][a-z0-9_]*$/);
    assert.ok(!names.includes('time'), "time is InfluxDB's own column");
  }
});

test('only the error rate is a float, and only a top list has text', () => {
  const odd = MEASUREMENTS.flatMap((m) =>
    m.fields.filter((f) => f.type !== 'integer').map((f) => `${m.name}.${f.name} ${f.type}`),
  );
  assert.deepEqual(odd, ['access_log.error_rate float', 'access_log_top.key string']);
});

test('routes and upstreams use the powers of two', () => {
  assert.deepEqual(COARSE_LATENCY_BOUNDS_MS.slice(0, 4), [1, 2, 4, 8]);
  assert.equal(COARSE_LATENCY_BOUNDS_MS.at(-1), 65_536);
  assert.equal(COARSE_LATENCY_BOUNDS_MS.length, 17);
});

test('tags of TAGS cannot take the name of a column', () => {
  for (const name of ['time', 'host', 'site', 'count', 'b_inf', 'route', '_field'])
    assert.equal(isReservedTagName(name), true, name);
  for (const name of ['env', 'datacenter', 'Host'])
    assert.equal(isReservedTagName(name), false, name);
});

test('the table names every measurement that is written and every field, bins in one row', () => {
  const table = renderSchemaTable();
  for (const measurement of MEASUREMENTS.filter((m) => m.isWritten)) {
    assert.ok(table.includes(`**\`${measurement.name}\`**`));
    for (const { name } of measurement.fields.filter((f) => !/^(?:b_|r\d{3}$)/.test(f.name)))
      assert.ok(table.includes(`| \`${name}\` |`), name);
  }
  assert.equal(table.match(/`b_1` `b_2` … `b_65536` `b_inf`/g)?.length, 3);
  assert.equal(table.match(/`r000` `r001` … `r126` `r127`/g)?.length, 1);
});
