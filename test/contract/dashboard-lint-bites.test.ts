import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { lintDashboards } from '../../scripts/dashboards/lint.ts';
import { DATASOURCE } from '../../scripts/dashboards/panel.ts';
import {
  committedAlertRules,
  committedDashboards,
  type Json,
} from '../support/committed-dashboards.ts';

type Files = { boards: Json[]; rules: Json[] };

const COMMITTED: Files = { boards: committedDashboards(), rules: committedAlertRules() };

function files(): Files {
  return structuredClone(COMMITTED);
}

function findings({ boards, rules }: Files) {
  return lintDashboards(boards, rules, DATASOURCE.uid);
}

test('the committed dashboards and alert rules keep every rule', () => {
  assert.deepEqual(findings(files()), []);
});

function panel({ boards }: Files, id: number): Json {
  for (const board of boards)
    for (const one of board.panels.flatMap((p: Json) => [p, ...(p.panels ?? [])]))
      if (one.id === id && one.type !== 'row') return one;
  throw new Error(`no panel ${id}`);
}

function rule({ rules }: Files, uid: string): Json {
  return rules.find((one) => one.uid === uid);
}

/** Properties of the override of one column or series. */
function override(files: Files, id: number, field: string): Json[] {
  return panel(files, id).fieldConfig.overrides.find((one: Json) => one.matcher.options === field)
    .properties;
}

function without(properties: Json[], id: string): void {
  properties.splice(
    properties.findIndex((one) => one.id === id),
    1,
  );
}

const OVERVIEW_ROUTES = 15;
const OVERVIEW_CLASSES = 7;

/** One fault each; the name before the colon is the rule that must object, and it alone. */
const PLANTED: Readonly<Record<string, (files: Files) => void>> = {
  'fixed-uid: no uid': (f) => {
    delete f.boards.find((one) => one.uid === 'nginx-meter').uid;
    // What pointed at it is of no interest here.
    f.rules = f.rules.filter((one) => one.dashboardUid !== 'nginx-meter');
    for (const id of [1, 6]) delete panel(f, id).fieldConfig.defaults.links;
  },
  'no-id: an id of one Grafana': (f) => (f.boards[0].id = 12),
  'schema-version: an old model': (f) => (f.boards[0].schemaVersion = 26),
  'not-editable: changes in the browser': (f) => (f.boards[0].editable = true),
  'now-delay: none': (f) => delete f.boards[0].timepicker.nowDelay,
  'unique-panel-ids: twice the same': (f) => (panel(f, 2).id = 3),
  'unique-titles: twice the same': (f) => (panel(f, 2).title = panel(f, 3).title),
  'unique-uids: two dashboards': (f) =>
    f.boards.push({
      ...f.boards[0],
      panels: [],
      templating: { list: [] },
      annotations: { list: [] },
    }),
  'unique-uids: two alert rules': (f) => f.rules.push(f.rules[0]),
  'datasource-uid: another source in a panel': (f) => (panel(f, 2).datasource.uid = 'other'),
  'datasource-uid: another source in a query': (f) =>
    (panel(f, 2).targets[0].datasource.uid = 'other'),
  'datasource-uid: another source in a variable': (f) =>
    (f.boards[0].templating.list[0].datasource.uid = 'other'),
  'datasource-uid: another source in an annotation': (f) =>
    (f.boards[0].annotations.list[1].datasource.uid = 'other'),
  'datasource-uid: another source in an alert rule': (f) =>
    (f.rules[0].data[0].datasourceUid = 'other'),
  'variables-defined: in a query': (f) =>
    (panel(f, 2).targets[0].query += ' AND "host" = \'${hots}\''),
  'variables-defined: in a variable': (f) =>
    (f.boards[0].templating.list[1].query += ' AND "site" =~ /^$sit$/'),
  'variables-defined: in an annotation': (f) =>
    (f.boards[0].annotations.list[1].target.query += ' AND "host" = \'$hots\''),
  'links-exist: to no dashboard': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url = '/d/nginx-drildown'),
  'link-variables: the target lacks it': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url += '&var-rout=x'),
  'link-variables: this dashboard lacks it': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url += '&${route:queryparam}'),
  'panel-type: of Angular times': (f) => (panel(f, OVERVIEW_CLASSES).type = 'graph'),
  'title: empty': (f) => (panel(f, 2).title = ' '),
  'description: missing': (f) => delete panel(f, 2).description,
  'description: no sentence': (f) => (panel(f, 2).description = 'requests'),
  'unit: missing': (f) => delete panel(f, 2).fieldConfig.defaults.unit,
  'thresholds: out of order': (f) => panel(f, 4).fieldConfig.defaults.thresholds.steps.reverse(),
  'thresholds: not ascending': (f) =>
    (panel(f, 4).fieldConfig.defaults.thresholds.steps[2].value = 0.01),
  'thresholds: none at all': (f) => (panel(f, 4).fieldConfig.defaults.thresholds.steps = []),
  'thresholds: nobody thought about them': (f) =>
    (panel(f, 4).fieldConfig.defaults.thresholds.steps = [
      { value: null, color: 'green' },
      { value: 80, color: 'red' },
    ]),
  'thresholds: in a column': (f) =>
    override(f, OVERVIEW_ROUTES, 'p95')
      .find((one) => one.id === 'thresholds')
      .value.steps.reverse(),
  'override-color: no colour mode': (f) => without(override(f, OVERVIEW_ROUTES, 'p95'), 'color'),
  'gauge-min: no zero': (f) => without(override(f, OVERVIEW_ROUTES, 'requests'), 'min'),
  'fixed-color: no colour': (f) => delete override(f, OVERVIEW_CLASSES, '5xx')[0].value.fixedColor,
  'query-set: empty': (f) => {
    panel(f, 2).targets[0].query = ' ';
  },
  'query-set: no query': (f) => (panel(f, 2).targets = []),
  'unique-refids: twice the same': (f) => (panel(f, 2).targets[1].refId = 'A'),
  'column-order: not organized': (f) => panel(f, 16).transformations.pop(),
  'merge-without-time: joined by time': (f) => panel(f, OVERVIEW_ROUTES).transformations.shift(),
  'merge-without-time: not joined': (f) => panel(f, OVERVIEW_ROUTES).transformations.splice(1, 1),
  'grid: beyond the right edge': (f) => (panel(f, 6).gridPos.x = 22),
  'grid: one over the other': (f) => (panel(f, 6).gridPos.x = 18),
  'grid: no place': (f) => delete panel(f, 6).gridPos,
  'slash-trap: an interval between slashes': (f) =>
    (panel(f, 93).targets[0].query = panel(f, 93).targets[0].query.replace(
      '${__interval_ms}',
      '$__interval_ms',
    )),
  'all-in-regex: compared as a text': (f) =>
    (panel(f, 2).targets[0].query = panel(f, 2).targets[0].query.replace(
      '=~ /^$site$/',
      "= '$site'",
    )),
  'no-fill-zero: a cliff': (f) =>
    (panel(f, OVERVIEW_CLASSES).targets[0].query = panel(
      f,
      OVERVIEW_CLASSES,
    ).targets[0].query.replace('fill(null)', 'fill(0)')),
  'float-division: cut off in a subquery': (f) =>
    (panel(f, OVERVIEW_CLASSES).targets[0].query = panel(
      f,
      OVERVIEW_CLASSES,
    ).targets[0].query.replace('1.0*sum("c2xx")', 'sum("c2xx")')),
  'no-time-alias: a column called time': (f) =>
    (panel(f, 89).targets[0].query = panel(f, 89).targets[0].query.replace(
      'AS "duration"',
      'AS "time"',
    )),
  'time-bound: all of the database': (f) =>
    (panel(f, 70).targets[0].query = panel(f, 70).targets[0].query.replace(' AND $timeFilter', '')),
  'alert-panel-exists: no such panel': (f) => (f.rules[0].panelId = 999),
  'alert-panel-exists: no such dashboard': (f) => (f.rules[0].dashboardUid = 'nginx-overvew'),
  'alert-uid: too long': (f) => (f.rules[0].uid = 'n'.repeat(41)),
  'alert-condition: no step': (f) => (f.rules[0].condition = 'C'),
  'alert-condition: an equation of a step there is not': (f) =>
    (f.rules[0].data.find((one: Json) => one.model.type === 'math').model.expression =
      '${ration} * 1'),
  'alert-time: all of the database': (f) =>
    (f.rules[0].data[0].model.query = f.rules[0].data[0].model.query.replace(
      'WHERE $timeFilter ',
      '',
    )),
  'alert-time: an empty range': (f) => (f.rules[0].data[0].relativeTimeRange.from = 30),
  'alert-variables: of a dashboard': (f) =>
    (f.rules[0].data[0].model.query = f.rules[0].data[0].model.query.replace(
      '$timeFilter',
      '$timeFilter AND "site" =~ /^$site$/',
    )),
  'alert-variables: braces': (f) =>
    (f.rules[0].data[0].model.query = f.rules[0].data[0].model.query.replace(
      'GROUP BY ',
      'GROUP BY time(${__interval}), ',
    )),
  'alert-labels: series that cannot be joined': (f) =>
    (f.rules[0].data[0].model.query = f.rules[0].data[0].model.query.replace(
      '"site"',
      '"site", "host"',
    )),
  'alert-states: unknown': (f) => (f.rules[0].execErrState = 'Keep'),
  'alert-states: silence of an idle site': (f) => (f.rules[0].noDataState = 'Alerting'),
  'alert-states: the dead-man rule sleeps': (f) => (rule(f, 'meter-silent').noDataState = 'OK'),
  'alert-severity: none': (f) => delete f.rules[0].labels.severity,
  'alert-labels-env: a bare dollar': (f) => (f.rules[0].labels.site = '{{ $labels.site }}'),
  'alert-text: no summary': (f) => delete f.rules[0].annotations.summary,
};

for (const [name, plant] of Object.entries(PLANTED))
  test(`the lint objects to ${name}`, () => {
    const planted = files();
    plant(planted);
    const [expected] = name.split(':');
    assert.deepEqual([...new Set(findings(planted).map((finding) => finding.rule))], [expected]);
  });

test('every rule has a planted fault', () => {
  const folder = new URL('../../scripts/dashboards/', import.meta.url);
  const code = readdirSync(folder)
    .filter((name) => name.startsWith('lint'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const rules = [
    ...code.matchAll(/(?:(?:push\(|return \[)\s*\[\s*|rule: )'([a-z]+(?:-[a-z]+)*)'/g),
  ].map(([, id]) => id);
  const planted = new Set(Object.keys(PLANTED).map((name) => name.split(':')[0]));
  assert.deepEqual(
    [...new Set(rules)].filter((id) => !planted.has(id)),
    [],
  );
  assert.ok(rules.length > 30);
});
