/** One site, route or upstream by itself: what the links of the overview's tables lead to. */
import { dashboard, type Section } from './dashboard.ts';
import {
  MEAN_TIMES,
  ROUTE,
  ROUTE_SECTION,
  SITE_SECTION,
  UPSTREAM_SECTION,
} from './drilldown-graphs.ts';
import { SELECTION } from './influxql.ts';
import { failingRouteTable, routeTable } from './route-tables.ts';
import { topTable } from './top-tables.ts';
import { DETAIL_VARIABLES, RESOLUTION_VARIABLE, SITE_VARIABLES } from './variables.ts';

const NOTE =
  'Counted from the ten most frequent of each minute, for the whole site (resolution 10s).';

const TABLES: Section = {
  id: 203,
  title: 'Tables of the selection',
  panels: [
    routeTable(60, ROUTE),
    failingRouteTable(61, ROUTE),
    topTable(
      {
        id: 62,
        dim: 'ip',
        title: 'Clients',
        description: `${NOTE} An address with many errors is worth a look in the log itself.`,
        width: 12,
      },
      SELECTION,
    ),
    topTable(
      {
        id: 63,
        dim: 'url',
        title: 'URLs',
        description: `${NOTE} The raw paths behind the route templates; a route rule helps where one should be many.`,
        width: 8,
      },
      SELECTION,
    ),
    topTable(
      {
        id: 64,
        dim: 'referer',
        title: 'Referrers',
        description: `${NOTE} Where visitors come from; a strange one may be hot-linking.`,
        width: 8,
      },
      SELECTION,
    ),
    topTable(
      {
        id: 65,
        dim: 'notfound',
        title: 'Not found',
        description: `${NOTE} Repair or redirect what your own pages link to.`,
        width: 8,
      },
      SELECTION,
    ),
  ],
};

export const DRILLDOWN = dashboard({
  uid: 'nginx-drilldown',
  title: 'nginx / drill-down',
  description: 'One site, route or upstream: rate, errors, duration, and what lies behind them.',
  variables: [...SITE_VARIABLES, ...DETAIL_VARIABLES, RESOLUTION_VARIABLE],
  sections: [ROUTE_SECTION, MEAN_TIMES, UPSTREAM_SECTION, SITE_SECTION, TABLES],
});
