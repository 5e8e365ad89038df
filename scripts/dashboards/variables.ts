/** The selections at the top of the dashboards. */
import { type VariableModel, VariableRefresh, VariableSort } from '@grafana/schema';
import { DATASOURCE } from './panel.ts';

export interface QueryVariable {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly query: string;
  readonly multi: boolean;
}

/** Every value by default, as the regular expression `.*`, so that a new host is in at once. */
function queryVariable(spec: QueryVariable): VariableModel {
  const all = spec.multi ? { text: ['All'], value: ['$__all'] } : { text: 'All', value: '$__all' };
  const variable = {
    type: 'query',
    name: spec.name,
    label: spec.label,
    description: spec.description,
    datasource: DATASOURCE,
    query: spec.query,
    // Grafana writes and reads this key; its published types lack it.
    definition: spec.query,
    refresh: VariableRefresh.onTimeRangeChanged,
    sort: VariableSort.alphabeticalAsc,
    multi: spec.multi,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, ...all },
    options: [],
    skipUrlSync: false,
  } as const;
  return { ...variable, options: [] };
}

/**
 * Which retention policy is read. `autogen` is the name of InfluxDB's own first policy, so a database
 * without our rollups works too; the text is the policy's resolution, which `interval` fields use.
 */
const RESOLUTIONS = [
  { policy: 'autogen', text: '10s' },
  { policy: 'rollup_5m', text: '5m' },
  { policy: 'rollup_1h', text: '1h' },
] as const;

/** Lower limit of `${__interval}` for what is written every window. */
export const RESOLUTION_INTERVAL = '${rp:text}';

export const RESOLUTION_VARIABLE: VariableModel = {
  type: 'custom',
  name: 'rp',
  label: 'Resolution',
  description:
    '10s keeps two weeks; 5m and 1h keep a year (clients and distinct counts are not kept).',
  query: RESOLUTIONS.map(({ policy, text }) => `${text} : ${policy}`).join(','),
  current: { selected: true, text: RESOLUTIONS[0].text, value: RESOLUTIONS[0].policy },
  options: RESOLUTIONS.map(({ policy, text }, i) => ({ text, value: policy, selected: i === 0 })),
  multi: false,
  includeAll: false,
  skipUrlSync: false,
};

export const SITE_VARIABLES: readonly VariableModel[] = [
  queryVariable({
    name: 'host',
    label: 'Host',
    description: 'The machines or pods that nginx runs on.',
    query: 'SHOW TAG VALUES FROM "access_log" WITH KEY = "host"',
    multi: true,
  }),
  queryVariable({
    name: 'log',
    label: 'Log',
    description: 'The access logs of these hosts.',
    query: 'SHOW TAG VALUES FROM "access_log" WITH KEY = "log" WHERE "host" =~ /^$host$/',
    multi: true,
  }),
  queryVariable({
    name: 'site',
    label: 'Site',
    description: 'Server names.',
    query: 'SHOW TAG VALUES FROM "access_log" WITH KEY = "site" WHERE "host" =~ /^$host$/',
    multi: true,
  }),
];

export const DETAIL_VARIABLES: readonly VariableModel[] = [
  queryVariable({
    name: 'route',
    label: 'Route',
    description: 'Path templates; all of them where it is All.',
    query: 'SHOW TAG VALUES FROM "access_log_route" WITH KEY = "route" WHERE "site" =~ /^$site$/',
    multi: false,
  }),
  queryVariable({
    name: 'upstream',
    label: 'Upstream',
    description: 'Servers behind nginx.',
    query:
      'SHOW TAG VALUES FROM "access_log_upstream" WITH KEY = "upstream" WHERE "site" =~ /^$site$/',
    multi: false,
  }),
];

export const AGENT_VARIABLES: readonly VariableModel[] = [
  queryVariable({
    name: 'host',
    label: 'Host',
    description: 'The machines or pods that a meter runs beside.',
    query: 'SHOW TAG VALUES FROM "access_log_meter" WITH KEY = "host"',
    multi: true,
  }),
  queryVariable({
    name: 'log',
    label: 'Log',
    description: 'The access logs that are followed.',
    query: 'SHOW TAG VALUES FROM "access_log_lines" WITH KEY = "log" WHERE "host" =~ /^$host$/',
    multi: true,
  }),
];
