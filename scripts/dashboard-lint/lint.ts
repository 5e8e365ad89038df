/**
 * Rules that a dashboard and an alert rule must keep: those of Grafana that its own loader does not
 * check, and those that only show in the browser. Input is the committed JSON and YAML as they are read,
 * so what is checked is what Grafana gets. Every rule has a planted fault in
 * test/contract/dashboard-lint-bites.test.ts.
 */
import { lintAlertRule, type ProvisionedAlertRule, tagsOf } from './lint-alerts.ts';
import { type LintPanel, lintPanel, lintPlaces } from './lint-panels.ts';
import { type LintVariable, lintQuery, usedVariables } from './lint-queries.ts';

export interface Finding {
  readonly rule: string;
  /** Where, in words: the dashboard, the panel. */
  readonly where: string;
  readonly what: string;
}

export interface LintDashboard {
  readonly uid?: string;
  readonly title?: string;
  readonly id?: number;
  readonly schemaVersion?: number;
  readonly editable?: boolean;
  readonly timepicker?: { readonly nowDelay?: string };
  readonly panels: readonly LintPanel[];
  readonly templating: { readonly list: readonly LintVariable[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly builtIn?: number;
      readonly datasource?: { readonly uid: string };
      readonly hide?: boolean;
      readonly target?: {
        readonly query?: string;
        readonly textColumn?: string;
        readonly tagsColumn?: string;
      };
      readonly mappings?: { readonly title?: { readonly value?: string } };
    }[];
  };
}

/** Panels of collapsed rows included, rows themselves not. */
export function panelsOf(dashboard: LintDashboard): LintPanel[] {
  return dashboard.panels.flatMap((panel) =>
    panel.type === 'row' ? (panel.panels ?? []) : [panel],
  );
}

function duplicates(values: readonly (string | number | undefined)[]): (string | number)[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))].filter(
    (value) => value !== undefined,
  );
}

function lintFrame(dashboard: LintDashboard): [rule: string, what: string][] {
  const found: [string, string][] = [];
  if (dashboard.uid === undefined) found.push(['fixed-uid', 'has no uid']);
  if (dashboard.id !== undefined) found.push(['no-id', 'has an id, which is of one Grafana only']);
  if (dashboard.schemaVersion !== 42) found.push(['schema-version', 'is not of schemaVersion 42']);
  if (dashboard.editable !== false) found.push(['not-editable', 'can be edited in the browser']);
  if (dashboard.timepicker?.nowDelay === undefined)
    found.push(['now-delay', 'has no nowDelay, so its graphs end in a cliff']);
  const ids = [...dashboard.panels, ...dashboard.panels.flatMap((panel) => panel.panels ?? [])];
  for (const id of duplicates(ids.map((panel) => panel.id)))
    found.push(['unique-panel-ids', `has two panels with the id ${id}`]);
  for (const title of duplicates(panelsOf(dashboard).map((panel) => panel.title)))
    found.push(['unique-titles', `has two panels called ${title}`]);
  return found;
}

function lintVariables(dashboard: LintDashboard, datasource: string): [string, string][] {
  const variables = dashboard.templating.list;
  const queries = [
    ...variables.map(({ name, query }) => ({ name: `variable ${name}`, query })),
    ...dashboard.annotations.list.map(({ name, target }) => ({
      name: `annotation ${name}`,
      query: target?.query,
    })),
  ];
  const found: [string, string][] = [];
  for (const { name, query } of queries)
    for (const used of usedVariables(query ?? ''))
      if (!variables.some((variable) => variable.name === used))
        found.push(['variables-defined', `${name} uses $${used}, which there is not`]);
  const sources = [
    ...variables.filter(({ type }) => type === 'query'),
    ...dashboard.annotations.list.filter(({ builtIn }) => builtIn === undefined),
  ];
  for (const { name, datasource: source } of sources)
    if (source?.uid !== datasource)
      found.push(['datasource-uid', `${name} does not read the data source ${datasource}`]);
  return found;
}

/** A mark across the graphs says what happened and where, and takes no room at the top. */
function lintAnnotations({ annotations }: LintDashboard): [rule: string, what: string][] {
  return annotations.list
    .filter(({ builtIn }) => builtIn === undefined)
    .flatMap(({ name, hide, target, mappings }): [string, string][] => {
      const found: [string, string][] = [];
      const { textColumn = '', tagsColumn = '' } = target ?? {};
      if (textColumn === '' || tagsColumn.split(',').includes(textColumn))
        found.push(['annotation-text', `${name} takes its text from a tag, so it is the time`]);
      if ((mappings?.title?.value ?? '') === '')
        found.push(['annotation-title', `${name} does not say what happened`]);
      if (hide !== true) found.push(['annotation-switch', `${name} has a switch at the top`]);
      return found;
    });
}

const LINK = /\/d\/([\w-]+)(?:\?(\S*))?/g;

function lintLinks(
  dashboard: LintDashboard,
  all: readonly LintDashboard[],
): [rule: string, what: string][] {
  const texts = panelsOf(dashboard).flatMap((panel) =>
    [...JSON.stringify(panel).matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url ?? ''),
  );
  return [...new Set(texts)].flatMap((url) =>
    [...url.matchAll(LINK)].flatMap(([, uid = '', query = '']): [string, string][] => {
      const target = all.find((other) => other.uid === uid);
      return target === undefined
        ? [['links-exist', `links to ${uid}, which there is not`]]
        : lintLink(query, dashboard, target);
    }),
  );
}

function names(dashboard: LintDashboard): Set<string> {
  return new Set(dashboard.templating.list.map(({ name }) => name));
}

function lintLink(
  query: string,
  from: LintDashboard,
  to: LintDashboard,
): [rule: string, what: string][] {
  const found: [string, string][] = [];
  const own = names(from);
  const theirs = names(to);
  const set = [...query.matchAll(/(?:^|&)var-(\w+)=/g)].map(([, name]) => name ?? '');
  const kept = [...query.matchAll(/\$\{(\w+):queryparam\}/g)].map(([, name]) => name ?? '');
  for (const name of set)
    if (!theirs.has(name)) found.push(['link-variables', `${to.uid} has no variable ${name}`]);
  for (const name of kept)
    if (!own.has(name) || !theirs.has(name))
      found.push([
        'link-variables',
        `${name} is not a variable of both ends of a link to ${to.uid}`,
      ]);
  if (!query.includes('${__url_time_range}'))
    found.push(['link-carries', `a link to ${to.uid} drops the range`]);
  for (const { name, skipUrlSync } of from.templating.list)
    if (skipUrlSync !== true && theirs.has(name) && ![...set, ...kept].includes(name))
      found.push(['link-carries', `a link to ${to.uid} drops the choice of ${name}`]);
  return found;
}

/** The link of a notification opens with the site, or the host, that it is about. */
function lintAlertLink(
  rule: ProvisionedAlertRule,
  dashboards: readonly LintDashboard[],
): [rule: string, what: string][] {
  const link = rule.annotations['link'] ?? '';
  const [, uid, query = ''] = /^\{\{ externalURL \}\}d\/([\w-]+)\?(.*)$/.exec(link) ?? [];
  const target = dashboards.find((dashboard) => dashboard.uid === uid);
  if (target === undefined) return [['alert-link', 'its link leads to no dashboard']];
  const set = [...query.matchAll(/&var-(\w+)=/g)].map(([, name]) => name ?? '');
  const labels = tagsOf(rule.data[0]?.model.query ?? '');
  const wrong = [
    ...set.filter((name) => !names(target).has(name)),
    ...labels.filter((label) => names(target).has(label) && !set.includes(label)),
  ];
  return wrong.map((name) => ['alert-link', `its link and its labels differ in ${name}`]);
}

export function lintDashboards(
  dashboards: readonly LintDashboard[],
  rules: readonly ProvisionedAlertRule[],
  datasource: string,
): Finding[] {
  const found: Finding[] = [];
  for (const uid of duplicates(dashboards.map((dashboard) => dashboard.uid)))
    found.push({ rule: 'unique-uids', where: String(uid), what: 'two dashboards have this uid' });
  for (const dashboard of dashboards) {
    const title = dashboard.title ?? '?';
    const say = (where: string, faults: readonly [string, string][]) =>
      found.push(...faults.map(([rule, what]) => ({ rule, where, what })));
    say(title, lintFrame(dashboard));
    say(title, lintPlaces(dashboard.panels));
    say(title, lintVariables(dashboard, datasource));
    say(title, lintAnnotations(dashboard));
    say(title, lintLinks(dashboard, dashboards));
    for (const panel of panelsOf(dashboard)) {
      const where = `${title} / ${panel.title ?? panel.id}`;
      say(where, lintPanel(panel, datasource));
      for (const { query } of panel.targets ?? [])
        say(where, lintQuery(query ?? '', dashboard.templating.list));
    }
  }
  for (const uid of duplicates(rules.map((rule) => rule.uid)))
    found.push({ rule: 'unique-uids', where: String(uid), what: 'two alert rules have this uid' });
  for (const rule of rules) {
    const faults = [...lintAlertRule(rule, datasource), ...lintAlertLink(rule, dashboards)];
    const linked = dashboards.find((dashboard) => dashboard.uid === rule.dashboardUid);
    if (linked === undefined || !panelsOf(linked).some((panel) => panel.id === rule.panelId))
      faults.push(['alert-panel-exists', 'its panel does not exist']);
    found.push(...faults.map(([id, what]) => ({ rule: id, where: rule.uid, what })));
  }
  return found;
}
