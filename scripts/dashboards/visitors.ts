/** Who asks, and for what: top lists, and the requests by each property. */
import { closedRow, dashboard, row } from './dashboard.ts';
import { distinctQuery } from './distinct.ts';
import { byDimension, DISTINCT, sum, topRows, total } from './influxql.ts';
import { byColumn, type PlacedLater, stat } from './panel.ts';
import { COLUMNS, table } from './table-panel.ts';
import { SITE_VARIABLES } from './variables.ts';

/** A list of the database's ten of each minute: a count is what a key has at least. */
function top(id: number, dim: string, width: number): PlacedLater {
  return table(id, [topRows(dim)], {
    width,
    height: 9,
    noValue: 'none within the last two weeks',
    sortBy: '≥ requests',
    sumBy: 'key',
    columns: [
      { field: 'key' },
      { ...COLUMNS.requests, field: 'count', title: '≥ requests', width: 120 },
      { field: 'errors', title: '≥ errors', unit: 'short', width: 80 },
      { field: 'traffic', title: '≥ bytes', unit: 'bytes', width: 90 },
    ],
  });
}

const LISTS = row(400, 'Who, and what they ask for', [
  stat(23, byColumn(distinctQuery(DISTINCT, 'clients')), {
    width: 4,
    height: 9,
    decimals: 0,
    noValue: 'none',
  }),
  top(17, 'ip', 10),
  top(24, 'notfound', 10),
  top(63, 'url', 12),
  top(64, 'referer', 12),
  top(20, 'ua', 24),
]);

/** Exact, at any range. */
function property(id: number, dim: string, noValue = 'not in the log format'): PlacedLater {
  const formulas = [sum('count', 'requests'), sum('errors'), sum('traffic', 'bytes')];
  const query = total(byDimension(dim), formulas, ['value']);
  return table(id, [query], {
    width: 8,
    noValue,
    sortBy: 'requests',
    columns: [
      { field: 'value' },
      { ...COLUMNS.requests, width: 90 },
      { field: 'errors', unit: 'short', width: 60 },
      { ...COLUMNS.bytes, width: 75 },
    ],
  });
}

const PROPERTIES = closedRow(401, 'Requests by property', [
  property(25, 'agent'),
  property(28, 'country', 'GEOIP_DB is not set'),
  property(19, 'cache'),
  property(26, 'proto'),
  property(27, 'tls'),
]);

export const VISITORS = dashboard({
  uid: 'nginx-visitors',
  title: 'nginx / visitors',
  description: 'Who asks, for what, and with which programs.',
  variables: SITE_VARIABLES,
  sections: [LISTS, PROPERTIES],
});
