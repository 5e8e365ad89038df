/** The selections at the top of the dashboards. */
import { type VariableModel, VariableRefresh, VariableSort } from '@grafana/schema';
import { DATASOURCE } from './panel.ts';

interface QueryVariable {
  readonly label: string;
  readonly description: string;
  readonly query: string;
}

function queryModel(name: string, { label, description, query }: QueryVariable) {
  return {
    type: 'query',
    name,
    label,
    description,
    datasource: DATASOURCE,
    query,
    // Grafana writes and reads this key; its published types lack it.
    definition: query,
    refresh: VariableRefresh.onTimeRangeChanged,
  } as const;
}

/** A tag, chained to the tag that limits it. Every value by default, so that a new host is in at once. */
function tagVariable(
  tag: string,
  measurement: string,
  parent: string | undefined,
  description: string,
  multi = true,
): VariableModel {
  const where = parent === undefined ? '' : ` WHERE "${parent}" =~ /^$${parent}$/`;
  const query = `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "${tag}"${where}`;
  const label = `${tag.charAt(0).toUpperCase()}${tag.slice(1)}`;
  const all = multi ? { text: ['All'], value: ['$__all'] } : { text: 'All', value: '$__all' };
  const variable = {
    ...queryModel(tag, { label, description, query }),
    sort: VariableSort.alphabeticalAsc,
    multi,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, ...all },
    skipUrlSync: false,
  };
  return { ...variable, options: [] };
}

/** Two published enumerations of this name do not fit each other. */
const NOT_AT_THE_TOP: object = { hide: 2 };

/** Buckets of a range that is read at its raw points; more of them than any panel asks for. */
const BUCKETS = 2000;

/**
 * The length of the range as an interval, of which only the unit matters: seconds up to 25 hours, minutes
 * up to two months, hours beyond.
 */
const SPAN = {
  type: 'interval',
  name: 'span',
  ...NOT_AT_THE_TOP,
  query: '10s,5m,1h',
  auto: true,
  auto_count: BUCKETS,
  auto_min: '10s',
  refresh: VariableRefresh.onTimeRangeChanged,
  current: { selected: true, text: 'auto', value: '$__auto' },
  options: [],
  skipUrlSync: true,
  // The published types lack the keys that begin with auto.
} as VariableModel;

/**
 * Which retention policy is read: the one that fits the range. The variable has one value at a time, which
 * the regular expression picks by the last letter of SPAN. Between brackets `${span}-z` is a range of
 * letters: the n of autogen is within m-z and h-z, but not within s-z.
 *
 * A database without that policy leaves the variable empty, and `""."access_log"` is the default policy,
 * so raw points are read.
 */
const RESOLUTION: VariableModel = {
  ...queryModel('rp', {
    label: 'Resolution',
    description:
      'Follows the range: raw points (autogen) up to 25 hours, rollups of 5 minutes up to two months, of an hour beyond.',
    query: 'SHOW RETENTION POLICIES',
  }),
  regex: '/^autoge[^${span}-z]$|^rollup_\\d[${span}]$/',
  sort: VariableSort.disabled,
  multi: false,
  includeAll: false,
  current: { selected: true, text: 'autogen', value: 'autogen' },
  options: [],
  skipUrlSync: true,
};

export const SITE_VARIABLES: VariableModel[] = [
  tagVariable('host', 'access_log', undefined, 'The machines or pods that nginx runs on.'),
  tagVariable('log', 'access_log', 'host', 'The access logs of these hosts.'),
  tagVariable('site', 'access_log', 'host', 'Server names.'),
  SPAN,
  RESOLUTION,
];

export const DETAIL_VARIABLES: readonly VariableModel[] = [
  ...SITE_VARIABLES.slice(0, 3),
  tagVariable('route', 'access_log_route', 'site', 'Path templates; all of them at All.', false),
  tagVariable('upstream', 'access_log_upstream', 'site', 'Servers behind nginx.', false),
  SPAN,
  RESOLUTION,
];

export const METER_VARIABLES: readonly VariableModel[] = [
  tagVariable('host', 'access_log_meter', undefined, 'The machines that a meter runs beside.'),
  tagVariable('log', 'access_log_lines', 'host', 'The access logs that are followed.'),
  SPAN,
  RESOLUTION,
];
