import type { KeyRow, Latency, RouteRow, Rows, Summary, UpstreamRow } from '../summary/model.ts';
import { bytesText, durationText, percentText, wholeText } from '../summary/units.ts';
import { element, show } from './elements.ts';
import { FAILING_SHARE, SLOW_MS } from './numbers.ts';
import { type Column, moreText, shareBar, type Sorting, tableOf } from './table.ts';

/** Routes, what fails, upstreams, who asks. */
type OnSite = (site: string) => void;

export function showRoutes({ routes, sites }: Summary, sorting: Sorting, onSite: OnSite): void {
  const columns = [...siteColumn<RouteRow>(sites.length > 1, onSite), ...routeColumns()];
  show('routes', element('h2', {}, 'Routes'), ...listOf(columns, routes, sorting));
}

export function showFailures({ failingRoutes, notFound }: Summary): void {
  const failing: Rows<RouteRow> = {
    ...failingRoutes,
    rows: failingRoutes.rows.filter(({ classes }) => (classes[4] ?? 0) > 0).slice(0, 10),
  };
  const columns: Column<RouteRow>[] = [
    textColumn('route', (row) => row.route),
    countColumn('5xx', (row) => row.classes[4] ?? 0),
    {
      name: 'share',
      label: 'of its requests',
      value: failingShare,
      show: (row) => percentText(failingShare(row)),
      tone: (row) => (failingShare(row) >= FAILING_SHARE ? 'bad' : undefined),
    },
  ];
  show(
    'fails',
    element('h2', {}, 'What fails'),
    element('h3', {}, 'Routes with 5xx'),
    ...listOf(columns, failing),
    element('h3', {}, 'Not found (404)'),
    ...listOf(keyColumns('URL').slice(0, 2), top(notFound)),
  );
}

export function showUpstreams({ upstreams }: Summary): void {
  const columns: Column<UpstreamRow>[] = [
    textColumn('upstream', (row) => row.upstream),
    countColumn('requests', (row) => row.requests),
    {
      ...countColumn<UpstreamRow>('5xx', (row) => row.failures),
      tone: (row) =>
        row.failures >= FAILING_SHARE * row.requests && row.failures > 0 ? 'bad' : undefined,
    },
    countColumn('retries', (row) => row.retries),
    timeColumn('p50', (latency) => latency.p50Ms),
    timeColumn('p95', (latency) => latency.p95Ms),
  ];
  show('upstreams', element('h2', {}, 'Upstreams'), ...listOf(columns, top(upstreams)));
}

/** Lists of those who ask, by the name that stands in the address. */
export function showWho(summary: Summary, chosen: string, onWho: (who: string) => void): void {
  const { clients, userAgents, referers, urls, properties, sites } = summary;
  const exact = <T>(rows: readonly T[]): Rows<T> => ({ rows, more: 0, accuracy: 'exact' });
  const valued = Object.entries(properties).map(([name, rows]) => {
    const keyed = rows.map(({ value, ...figures }) => ({ ...figures, site: '', key: value }));
    return [name, exact(keyed)] as const;
  });
  const bySite = sites.map((row) => ({ ...row, key: row.site }));
  const lists = new Map<string, Rows<KeyRow>>([
    ['clients', overSites(clients)],
    ['agents', overSites(userAgents)],
    ['referers', overSites(referers)],
    ['URLs', urls],
    ...(sites.length > 1 ? ([['sites', exact(bySite)]] as const) : []),
    ...valued,
  ]);
  const name = lists.has(chosen) ? chosen : 'clients';
  const tabs = [...lists.keys()].map((one) =>
    element(
      'button',
      { key: `who-${one}`, pressed: one === name, onClick: () => onWho(one) },
      LABELS[one] ?? one,
    ),
  );
  show(
    'who',
    element('h2', {}, 'Who'),
    element('div', { class: 'tabs' }, ...tabs),
    ...listOf(keyColumns(LABELS[name] ?? name), top(lists.get(name) ?? clients)),
  );
}

/** The same client, agent or referer at several sites is one. */
function overSites({ rows, more, accuracy }: Rows<KeyRow>): Rows<KeyRow> {
  const byKey = new Map<string, KeyRow>();
  for (const row of rows) {
    const other = byKey.get(row.key);
    byKey.set(row.key, other === undefined ? row : sumOf(other, row));
  }
  const merged = [...byKey.values()].sort((a, b) => b.requests - a.requests);
  return { rows: merged, more, accuracy };
}

function sumOf(a: KeyRow, b: KeyRow): KeyRow {
  return {
    ...a,
    requests: a.requests + b.requests,
    share: a.share + b.share,
    errors: a.errors + b.errors,
    traffic: a.traffic + b.traffic,
  };
}

const LABELS: Readonly<Record<string, string>> = { agent: 'kinds of agents', proto: 'protocols' };

function listOf<T>(columns: readonly Column<T>[], rows: Rows<T>, sorting?: Sorting): HTMLElement[] {
  if (rows.rows.length === 0) return [element('p', { class: 'nothing' }, 'none')];
  const more = moreText(rows);
  return [
    tableOf(columns, rows.rows, sorting),
    ...(more === '' ? [] : [element('p', { class: 'more' }, more)]),
  ];
}

const TOP = 10;

function top<T>({ rows, more, accuracy }: Rows<T>): Rows<T> {
  const left = rows.slice(0, TOP);
  return { rows: left, more: more + rows.length - left.length, accuracy };
}

function siteColumn<T extends { readonly site: string }>(
  isShown: boolean,
  onSite: OnSite,
): Column<T>[] {
  if (!isShown) return [];
  const show = ({ site }: T) =>
    element(
      'button',
      { title: 'show this site alone', key: `site-${site}`, onClick: () => onSite(site) },
      site,
    );
  return [{ name: 'site', label: 'site', value: ({ site }) => site, show, isText: true }];
}

function routeColumns(): Column<RouteRow>[] {
  return [
    textColumn('route', (row) => row.route),
    countColumn('requests', (row) => row.requests),
    {
      name: 'share',
      label: 'share',
      value: (row) => row.share,
      show: (row) => element('span', {}, shareBar(row.share), percentText(row.share)),
    },
    countColumn('4xx', (row) => row.classes[3] ?? 0),
    {
      ...countColumn<RouteRow>('5xx', (row) => row.classes[4] ?? 0),
      tone: (row) => (failingShare(row) >= FAILING_SHARE ? 'bad' : undefined),
    },
    {
      name: 'traffic',
      label: 'traffic',
      value: (row) => row.traffic,
      show: (row) => bytesText(row.traffic),
    },
    timeColumn('p50', (latency) => latency.p50Ms),
    timeColumn('p95', (latency) => latency.p95Ms),
    timeColumn('max', (latency) => latency.maxMs),
    {
      name: 'time',
      label: 'of all time',
      value: (row) => row.timeShare ?? 0,
      show: (row) => (row.timeShare === undefined ? '–' : percentText(row.timeShare)),
    },
  ];
}

function keyColumns(label: string): Column<KeyRow>[] {
  return [
    textColumn(label, (row) => row.key),
    countColumn('requests', (row) => row.requests),
    countColumn('errors', (row) => row.errors),
    {
      name: 'traffic',
      label: 'traffic',
      value: (row) => row.traffic,
      show: (row) => bytesText(row.traffic),
    },
  ];
}

function textColumn<T>(name: string, of: (row: T) => string): Column<T> {
  return { name, label: name, value: of, show: of, isText: true };
}

function countColumn<T>(name: string, of: (row: T) => number): Column<T> {
  const text = (row: T) => (of(row) === 0 ? '–' : wholeText(of(row)));
  return { name, label: name, value: of, show: text };
}

function timeColumn<T extends { readonly latency?: Latency }>(
  name: string,
  of: (latency: Latency) => number,
): Column<T> {
  const msOf = ({ latency }: T) => (latency === undefined ? undefined : of(latency));
  return {
    name,
    label: name,
    value: (row) => msOf(row) ?? -1,
    show: (row) => {
      const ms = msOf(row);
      return ms === undefined ? '–' : durationText(ms);
    },
    tone: (row) => (name === 'p95' && (msOf(row) ?? 0) >= SLOW_MS ? 'warn' : undefined),
  };
}

function failingShare({ classes, requests }: RouteRow): number {
  return requests === 0 ? 0 : (classes[4] ?? 0) / requests;
}
