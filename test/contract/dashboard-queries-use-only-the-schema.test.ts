import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INIT_STATEMENTS, REBUILD_STATEMENTS } from '../../scripts/dashboards/rollups.ts';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { MEASUREMENTS } from '../../src/points/schema.ts';
import { committedAlertRules, committedDashboards } from '../support/committed-dashboards.ts';
import { influxqlNames } from '../support/influxql-names.ts';

interface NamedQuery {
  readonly where: string;
  readonly query: string;
}

function allQueries(): NamedQuery[] {
  const ofDashboards = committedDashboards().flatMap((dashboard) => [
    ...panelsOf(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map(({ query }) => ({
        where: `${dashboard.title} / ${panel.title}`,
        query: query ?? '',
      })),
    ),
    ...dashboard.templating.list
      // The list of policies names no measurement.
      .filter(({ type, query }) => type === 'query' && query !== 'SHOW RETENTION POLICIES')
      .map(({ name, query }) => ({ where: `${dashboard.title} / $${name}`, query: query ?? '' })),
    ...dashboard.annotations.list
      .filter(({ builtIn }) => builtIn === undefined)
      .map(({ name, target }) => ({
        where: `${dashboard.title} / ${name}`,
        query: target?.query ?? '',
      })),
  ]);
  const ofRules = committedAlertRules().flatMap((rule) =>
    rule.data
      .filter(({ model }) => model.query !== undefined)
      .map(({ model }) => ({ where: rule.uid, query: model.query ?? '' })),
  );
  const ofRollups = [...INIT_STATEMENTS.split('\n'), ...REBUILD_STATEMENTS.split('\n')]
    .filter((statement) => / INTO /.test(statement))
    // The name of a continuous query and of its database are no columns.
    .map((query) => ({ where: 'rollups', query: query.replace(/^CREATE .*? BEGIN/, '') }));
  return [...ofDashboards, ...ofRules, ...ofRollups];
}

/** What a query names that the schema does not have. */
function unknownNames(query: string): string[] {
  const { measurements, columns, keys, values } = influxqlNames(query);
  const known = measurements.map((name) => MEASUREMENTS.find((one) => one.name === name));
  if (known.length === 0) return ['no measurement'];
  const unknown = measurements.filter((_, i) => known[i] === undefined);
  const names = known.flatMap((one) => [
    ...(one?.tags ?? []).map(({ name }) => name),
    ...(one?.fields ?? []).map(({ name }) => name),
  ]);
  const tags = known.flatMap((one) => (one?.tags ?? []).map(({ name }) => name));
  unknown.push(...columns.filter((name) => !names.includes(name)));
  unknown.push(...keys.filter((name) => !tags.includes(name)));
  for (const { tag, value } of values) {
    const meaning = known
      .flatMap((one) => one?.tags ?? [])
      .find(({ name }) => name === tag)?.meaning;
    if (meaning?.includes(`\`${value}\``) !== true) unknown.push(`${tag} = ${value}`);
  }
  return unknown;
}

test('every measurement, tag, field and tag value of every query is in the schema', () => {
  const queries = allQueries();
  assert.ok(queries.length > 150, `only ${queries.length} queries were found`);
  for (const { where, query } of queries) assert.deepEqual(unknownNames(query), [], where);
});

test('a name that is not in the schema is found, wherever it stands', () => {
  const found = (query: string) => unknownNames(query);
  assert.deepEqual(found('SELECT sum("count") FROM "acces_log"'), ['acces_log', 'count']);
  assert.deepEqual(found('SELECT sum("counts") FROM "${rp}"."access_log"'), ['counts']);
  assert.deepEqual(found('SELECT sum("count") FROM "access_log" GROUP BY "route"'), ['route']);
  assert.deepEqual(
    found('SELECT sum("x") FROM (SELECT sum("windows") AS "x" FROM "access_log" GROUP BY "host")'),
    ['windows'],
  );
  assert.deepEqual(found(`SELECT sum("count") FROM "access_log_by" WHERE "dim" = 'statuss'`), [
    'dim = statuss',
  ]);
  assert.deepEqual(found('SHOW TAG VALUES FROM "access_log" WITH KEY = "rout"'), ['rout']);
  assert.deepEqual(found('SELECT sum("count") AS "count" FROM "access_log_meter"'), ['count']);
  assert.deepEqual(found('SELECT sum("count") AS "requests" FROM "access_log"'), []);
});
