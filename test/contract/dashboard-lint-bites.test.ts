import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { lintDashboards } from '../../scripts/dashboard-lint/lint.ts';
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

const ROUTES = 60;
const OVERVIEW_CLASSES = 7;

/** One fault each; the name before the colon is the rule that must object, and it alone. */
const PLANTED: Readonly<Record<string, (files: Files) => void>> = {
  'fixed-uid: no uid': (f) => {
    delete f.boards.find((one) => one.uid === 'nginx-meter').uid;
    // What pointed at it is of no interest here.
    f.rules = [];
    for (const board of f.boards)
      for (const one of board.panels.flatMap((p: Json) => [p, ...(p.panels ?? [])])) {
        delete one.fieldConfig?.defaults.links;
        for (const { properties } of one.fieldConfig?.overrides ?? [])
          if (properties.some(({ id }: Json) => id === 'links')) without(properties, 'links');
      }
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
  'variables-defined: one that InfluxDB gets as it is': (f) =>
    (panel(f, 74).targets[0].query = panel(f, 74).targets[0].query.replace(
      '(${__to}-${__from})',
      '${__range_s}',
    )),
  'variables-defined: in a variable': (f) =>
    (f.boards[0].templating.list[1].query += ' AND "site" =~ /^$sit$/'),
  'variables-defined: in an annotation': (f) =>
    (f.boards[0].annotations.list[1].target.query += ' AND "host" = \'$hots\''),
  'links-exist: to no dashboard': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url = '/d/nginx-drildown'),
  'link-carries: the range is dropped': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url = panel(
      f,
      1,
    ).fieldConfig.defaults.links[0].url.replace('${__url_time_range}&', '')),
  'link-carries: the site is dropped': (f) =>
    (panel(f, 1).fieldConfig.defaults.links[0].url = panel(
      f,
      1,
    ).fieldConfig.defaults.links[0].url.replace('&${site:queryparam}', '')),
  'link-carries: of an upstream the site': (f) =>
    (override(f, 18, 'upstream').find((one) => one.id === 'links').value[0].url = override(
      f,
      18,
      'upstream',
    )
      .find((one) => one.id === 'links')
      .value[0].url.replace(/&var-site=[^&]*/, '')),
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
    override(f, ROUTES, 'p95')
      .find((one) => one.id === 'thresholds')
      .value.steps.reverse(),
  'override-color: no colour mode': (f) => without(override(f, ROUTES, 'p95'), 'color'),
  'gauge-min: no zero': (f) => without(override(f, ROUTES, 'requests'), 'min'),
  'fixed-color: no colour': (f) => delete override(f, OVERVIEW_CLASSES, '5xx')[0].value.fixedColor,
  'no-data-colour: green': (f) => delete panel(f, 4).fieldConfig.defaults.mappings,
  'no-data-colour: that of another alarm': (f) =>
    (panel(f, 4).fieldConfig.defaults.mappings[0].options.result.color = 'green'),
  'stat-title: cut off': (f) => (panel(f, 1).title = 'Requests per second'),
  'table-widths: more than there is': (f) =>
    (override(f, ROUTES, 'p95').find((one) => one.id === 'custom.width').value = 400),
  'table-widths: a number without one': (f) => without(override(f, ROUTES, 'p95'), 'custom.width'),
  'cell-words: a sentence in a cell': (f) => without(override(f, 2, 'vs 1 d'), 'noValue'),
  'table-filter: icons in the titles': (f) =>
    (panel(f, ROUTES).fieldConfig.defaults.custom.filterable = true),
  'gauge-scale: that of the bytes': (f) => delete panel(f, ROUTES).fieldConfig.defaults.fieldMinMax,
  'silent-limit: no word of it': (f) => {
    const one = panel(f, 17);
    for (const [from, to] of Object.entries(one.transformations.at(-1).options.renameByName))
      one.transformations.at(-1).options.renameByName[from] = String(to).replace('≥ ', '');
    for (const { matcher } of one.fieldConfig.overrides)
      matcher.options = matcher.options.replace('≥ ', '');
  },
  'mean-of-percentiles: in a legend': (f) => panel(f, 12).options.legend.calcs.push('mean'),
  'mean-of-percentiles: in a stat': (f) => (panel(f, 5).options.reduceOptions.calcs = ['mean']),
  'mean-of-percentiles: in a query': (f) =>
    (panel(f, 9).targets[0].query = panel(f, 9).targets[0].query.replace(
      'SELECT ',
      'SELECT mean("rt_p95") AS "x", ',
    )),
  'stack-edge: a red line around all': (f) =>
    (panel(f, OVERVIEW_CLASSES).fieldConfig.defaults.custom.lineWidth = 1),
  'axis-room: up to 10000 %': (f) => delete panel(f, 83).fieldConfig.defaults.custom.axisSoftMax,
  'one-colour: of the name Value': (f) =>
    (panel(f, 21).fieldConfig.defaults.color.mode = 'palette-classic-by-name'),
  'value-colours: a light green 502': (f) => (panel(f, 11).fieldConfig.overrides = []),
  'annotation-text: that of a tag': (f) =>
    (f.boards[0].annotations.list[1].target.tagsColumn = 'host'),
  'annotation-title: a number': (f) => delete f.boards[0].annotations.list[1].mappings,
  'annotation-switch: a line of the screen': (f) => (f.boards[0].annotations.list[1].hide = false),
  'query-set: empty': (f) => {
    panel(f, 2).targets[0].query = ' ';
  },
  'query-set: no query': (f) => (panel(f, 2).targets = []),
  'unique-refids: twice the same': (f) => (panel(f, 2).targets[1].refId = 'A'),
  'column-order: not organized': (f) =>
    (panel(f, 16).transformations.at(-1).options.indexByName = {}),
  'merge-without-time: joined by time': (f) => panel(f, ROUTES).transformations.shift(),
  'merge-without-time: not joined': (f) => panel(f, ROUTES).transformations.splice(1, 1),
  'grid: beyond the right edge': (f) => (panel(f, 6).gridPos.x = 22),
  'grid: one over the other': (f) => (panel(f, 6).gridPos.x = 15),
  'grid: no place': (f) => delete panel(f, 6).gridPos,
  'slash-trap: a time between slashes': (f) =>
    (panel(f, 2).targets[0].query = panel(f, 2).targets[0].query.replace('${__to}', '$__to')),
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
  'alert-panel-exists: no such panel': (f) => {
    f.rules[0].panelId = 999;
    f.rules[0].annotations.__panelId__ = '999';
  },
  'alert-panel-exists: no such dashboard': (f) => {
    f.rules[0].dashboardUid = 'nginx-overvew';
    f.rules[0].annotations.__dashboardUid__ = 'nginx-overvew';
  },
  'alert-uid: too long': (f) => (f.rules[0].uid = 'n'.repeat(41)),
  'alert-condition: no step': (f) => (f.rules[0].condition = 'C'),
  'alert-condition: no step for a switch that is off': (f) => {
    const { data } = rule(f, 'nginx-slo-burn-fast');
    data.splice(
      data.findIndex((one: Json) => one.refId === 'firing_off'),
      1,
    );
  },
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
    (f.rules[0].data[2].model.query = f.rules[0].data[2].model.query.replace(
      '"site"',
      '"site", "host"',
    )),
  'alert-states: unknown': (f) => (f.rules[0].execErrState = 'Keep'),
  'alert-states: silence of an idle site': (f) => (f.rules[0].noDataState = 'Alerting'),
  'alert-states: resolves when all meters fall silent': (f) => (f.rules[0].noDataState = 'OK'),
  'alert-states: an error of the database for each rule': (f) =>
    (f.rules[0].execErrState = 'Alerting'),
  'alert-annotations: no panel': (f) => delete f.rules[0].annotations.__panelId__,
  'alert-annotations: another panel': (f) => (f.rules[0].annotations.__panelId__ = '12'),
  'alert-link: none': (f) => delete f.rules[0].annotations.link,
  'alert-link: to all sites': (f) =>
    (f.rules[0].annotations.link = f.rules[0].annotations.link.replace(/&var-site=.*/, '')),
  'alert-units: 5.8k ms': (f) =>
    (f.rules[0].annotations.summary += ' {{ humanize $values.ratio.Value }} ms'),
  'alert-labels-env: a braced name in an annotation': (f) =>
    (f.rules[0].annotations.summary += ' ${VALUE}'),
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
  const folder = new URL('../../scripts/dashboard-lint/', import.meta.url);
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
