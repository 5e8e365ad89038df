/** The section that says where: routes, upstreams, clients, caches. */
import type { Section } from './dashboard.ts';
import { SELECTION } from './influxql.ts';
import { failingRouteTable, routeTable, upstreamTable } from './route-tables.ts';
import { shareOf, topTable } from './top-tables.ts';

const TOP_NOTE = 'Counted from the ten most frequent of each minute (only at the resolution 10s).';

export function whereSection(id: number): Section {
  return {
    id,
    title: 'Where',
    panels: [
      routeTable(15, SELECTION),
      failingRouteTable(16, SELECTION),
      upstreamTable(18, SELECTION),
      topTable(
        {
          id: 17,
          dim: 'ip',
          title: 'Clients',
          description: `${TOP_NOTE} One address far ahead of the rest, or with many errors, is a candidate for limit_req.`,
          width: 8,
        },
        SELECTION,
      ),
      topTable(
        {
          id: 20,
          dim: 'ua',
          title: 'User agents',
          description: `${TOP_NOTE} A new name on top is often a crawler: robots.txt or a rate limit helps.`,
          width: 8,
        },
        SELECTION,
      ),
      topTable(
        {
          id: 24,
          dim: 'notfound',
          title: 'Not found',
          description: `${TOP_NOTE} Missing pages: your own links need a redirect, strange paths are scanners.`,
          width: 8,
        },
        SELECTION,
      ),
      shareOf({
        id: 19,
        dim: 'cache',
        title: 'Cache status',
        description:
          "Answers by nginx's cache. Many MISS or EXPIRED where HIT is expected: look at the cache's keys and times.",
        width: 4,
      }),
      shareOf({
        id: 25,
        dim: 'agent',
        title: 'Kinds of clients',
        description:
          'Requests by family of client. A large share of bots is a reason to look at what they fetch.',
        width: 6,
      }),
      shareOf({
        id: 28,
        dim: 'country',
        title: 'Countries',
        description:
          'Requests by country, with a database of countries only (GEOIP_DB). A country that suddenly leads, with many errors, is mostly a scan or an attack.',
        width: 6,
        noValue: 'GEOIP_DB is not set',
      }),
      shareOf({
        id: 26,
        dim: 'proto',
        title: 'Protocols',
        description:
          'Requests by protocol. HTTP/1.0 is mostly health checks and scripts; HTTP/2 missing altogether is a setting.',
        width: 4,
      }),
      shareOf({
        id: 27,
        dim: 'tls',
        title: 'TLS versions',
        description:
          'Requests by TLS version. Before switching TLS 1.2 off see who still needs it.',
        width: 4,
      }),
    ],
  };
}
