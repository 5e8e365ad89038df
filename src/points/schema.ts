/**
 * Every measurement this program writes: its tags, and its fields with type, unit and meaning. The
 * tables of docs/measurements.md, the encoder's tests and the test of the dashboards come from here.
 *
 * Rules of the schema: the timestamp is the start of the window in seconds; a measurement always has
 * the same tags; everything is an integer but `error_rate` (InfluxDB fixes a field's type per shard,
 * so a changed type would be refused for days); what one equation needs stands in one point, because
 * InfluxQL cannot divide across series; a family of fields that the log format cannot fill is left
 * out instead of being written as zeros.
 */
import { FOLDED_REGISTERS } from '../aggregate/sketch/hyper-log-log.ts';
import { COARSE_LATENCY_BOUNDS_MS } from '../aggregate/dimension/sealed-dimensions.ts';
import { LATENCY_BOUNDS_MS } from '../aggregate/sealed-window.ts';

export type FieldType = 'integer' | 'float' | 'string';

/**
 * How values of several windows or hosts are merged: `add` (sum), `max`, or `own` (the value means
 * something for its own window only and must not be merged at all).
 */
export type FieldMerge = 'add' | 'max' | 'own';

/** Why a field may be missing: the log format has no `$request_time`, or no `$request_length`. */
export type FieldFamily = 'time' | 'bytes-in';

export interface FieldSchema {
  readonly name: string;
  readonly type: FieldType;
  readonly unit: string;
  readonly meaning: string;
  readonly merge: FieldMerge;
  /** Set where the field is left out when the log format cannot fill it. */
  readonly family?: FieldFamily;
}

export interface TagSchema {
  readonly name: string;
  readonly meaning: string;
}

export interface MeasurementSchema {
  readonly name: string;
  readonly meaning: string;
  /** Which setting gives the length of its windows. */
  readonly every: 'WINDOW' | 'DIMENSION_WINDOW';
  /** False while the program declares the measurement but does not write it yet. */
  readonly isWritten: boolean;
  readonly tags: readonly TagSchema[];
  readonly fields: readonly FieldSchema[];
}

/** `b_1` … `b_65536`, `b_inf`: one name per bin, in the order of the bounds. */
export function binFieldNames(boundsMs: readonly number[]): string[] {
  return [...boundsMs.map((ms) => `b_${ms}`), 'b_inf'];
}

/** Registers of the estimate of distinct clients, `r000` … `r127`. */
export const REGISTER_FIELDS: readonly string[] = Array.from(
  { length: FOLDED_REGISTERS },
  (_, i) => `r${String(i).padStart(3, '0')}`,
);

const HOST: TagSchema = { name: 'host', meaning: '`HOST_TAG`, else the host name' };
const LOG: TagSchema = { name: 'log', meaning: 'the log: its configured name, else its file name' };
const SITE: TagSchema = { name: 'site', meaning: '`$server_name`, else `$host`, else `-`' };

function integer(name: string, unit: string, merge: FieldMerge, meaning: string): FieldSchema {
  return { name, type: 'integer', unit, merge, meaning };
}

function inFamily(family: FieldFamily, fields: readonly FieldSchema[]): FieldSchema[] {
  return fields.map((field) => ({ ...field, family }));
}

function binFields(boundsMs: readonly number[]): FieldSchema[] {
  return binFieldNames(boundsMs).map((name, i) => {
    const bound = boundsMs[i];
    const below = i === 0 ? 0 : boundsMs[i - 1];
    const range = bound === undefined ? `over ${below} ms` : `over ${below} up to ${bound} ms`;
    return integer(name, 'requests', 'add', `requests that took ${range}`);
  });
}

function latencyFields(boundsMs: readonly number[]): FieldSchema[] {
  return inFamily('time', [
    integer('rt_count', 'requests', 'add', 'requests that have a `$request_time`'),
    integer('rt_sum', 'ms', 'add', 'sum of their times'),
    integer('rt_max', 'ms', 'max', 'the longest of them'),
    ...binFields(boundsMs),
  ]);
}

const COUNT = integer('count', 'requests', 'add', 'requests');
const TRAFFIC = integer(
  'traffic',
  'bytes',
  'add',
  'bytes sent (`$body_bytes_sent`, else `$bytes_sent`)',
);
const ERRORS = integer(
  'errors',
  'requests',
  'add',
  'requests with a status of `ERROR_STATUS_MIN` or more',
);
const CLASSES = ['2xx', '3xx', '4xx', '5xx'].map((name) =>
  integer(`c${name}`, 'requests', 'add', `requests with a status ${name}`),
);

/** `p50`, `p95`, `p99` stand between the maximum and the bins. */
const QUANTILES = inFamily('time', [
  integer('rt_p50', 'ms', 'own', 'median of this window; never averaged'),
  integer('rt_p95', 'ms', 'own', '95th percentile of this window; never averaged'),
  integer('rt_p99', 'ms', 'own', '99th percentile of this window; never averaged'),
]);
const FINE_LATENCY = latencyFields(LATENCY_BOUNDS_MS);

const ACCESS_LOG: MeasurementSchema = {
  name: 'access_log',
  meaning: 'the requests of one site in one window, also when there were none',
  every: 'WINDOW',
  isWritten: true,
  tags: [HOST, LOG, SITE],
  fields: [
    integer('window', 's', 'add', 'length of the window; a rate is `1.0*sum(count)/sum(window)`'),
    COUNT,
    TRAFFIC,
    ...inFamily('bytes-in', [integer('bytes_in', 'bytes', 'add', 'sum of `$request_length`')]),
    {
      name: 'error_rate',
      type: 'float',
      unit: '0…1',
      merge: 'own',
      meaning: '`errors/count` of this window; of a range it is `1.0*sum(errors)/sum(count)`',
    },
    ERRORS,
    integer('c1xx', 'requests', 'add', 'requests with a status 1xx'),
    ...CLASSES,
    integer('c499', 'requests', 'add', 'requests the client gave up (499), also within `c4xx`'),
    ...FINE_LATENCY.slice(0, 3),
    ...QUANTILES,
    ...FINE_LATENCY.slice(3),
  ],
};

const ACCESS_LOG_LINES: MeasurementSchema = {
  name: 'access_log_lines',
  meaning: 'the account of one log in one window: `lines = counted + unparsed + late + filtered`',
  every: 'WINDOW',
  isWritten: true,
  tags: [HOST, LOG],
  fields: [
    integer('lines', 'lines', 'add', 'lines read'),
    integer('counted', 'lines', 'add', 'lines that are in a window'),
    integer('unparsed', 'lines', 'add', 'lines that do not have the form of the log format'),
    integer('late', 'lines', 'add', 'lines older than `LATENESS` allows'),
    integer('filtered', 'lines', 'add', 'lines left out on purpose'),
    integer('bytes', 'bytes', 'add', 'bytes read'),
    integer('unread_bytes', 'bytes', 'max', 'bytes in the log that have not been read yet'),
    integer('lag_ms', 'ms', 'max', 'age of the newest line when it was read'),
    integer('rotations', 'files', 'add', 'rotations noticed'),
    integer('truncations', 'files', 'add', 'truncations noticed'),
  ],
};

const ACCESS_LOG_METER: MeasurementSchema = {
  name: 'access_log_meter',
  meaning: 'the process itself, in one window',
  every: 'WINDOW',
  isWritten: true,
  tags: [HOST],
  fields: [
    integer('uptime', 's', 'max', 'time since the process started'),
    integer('starts', 'starts', 'add', '1 in the first point of a process'),
    integer('points', 'points', 'add', 'points the database has taken'),
    integer('writes', 'requests', 'add', 'write requests that succeeded'),
    integer('write_errors', 'requests', 'add', 'write requests that failed'),
    integer('rejected_points', 'points', 'add', 'points the database has refused for good'),
    integer('spool_bytes', 'bytes', 'max', 'points that wait to be written, compressed'),
    integer('spool_max_bytes', 'bytes', 'max', '`SPOOL_MAX_BYTES`, at which reading stops'),
    integer('spool_age_ms', 'ms', 'max', 'age of the oldest of the points that wait'),
    integer('write_ms', 'ms', 'max', 'duration of the last write request'),
    integer('rss', 'bytes', 'max', 'memory of the process'),
    integer('cpu_ms', 'ms', 'add', 'processor time used'),
    integer('series', 'series', 'max', 'series held in memory'),
    integer('folded', 'values', 'add', 'tag values counted as `other` because a limit was reached'),
    integer(
      'lost_messages',
      'messages',
      'add',
      'syslog messages lost: malformed, without room, or dropped by the system',
    ),
  ],
};

const ACCESS_LOG_ROUTE: MeasurementSchema = {
  name: 'access_log_route',
  meaning: 'the requests of one route; beyond `MAX_ROUTES` the route is `other`',
  every: 'DIMENSION_WINDOW',
  isWritten: true,
  tags: [HOST, LOG, SITE, { name: 'route', meaning: 'path template, `/api/v1/users/:id`' }],
  fields: [COUNT, TRAFFIC, ERRORS, ...CLASSES, ...latencyFields(COARSE_LATENCY_BOUNDS_MS)],
};

const ACCESS_LOG_UPSTREAM: MeasurementSchema = {
  name: 'access_log_upstream',
  meaning:
    'the requests that one upstream server answered; times are those of `$upstream_response_time` (of the last try), or of the whole request where the log format has none',
  every: 'DIMENSION_WINDOW',
  isWritten: true,
  tags: [HOST, LOG, SITE, { name: 'upstream', meaning: 'the last address of `$upstream_addr`' }],
  fields: [
    COUNT,
    ERRORS,
    integer('c5xx', 'requests', 'add', 'requests with a status 5xx'),
    integer('retries', 'requests', 'add', 'tries that went on to another server'),
    ...latencyFields(COARSE_LATENCY_BOUNDS_MS),
  ],
};

const ACCESS_LOG_BY: MeasurementSchema = {
  name: 'access_log_by',
  meaning: 'the requests by one dimension',
  every: 'DIMENSION_WINDOW',
  isWritten: true,
  tags: [
    HOST,
    LOG,
    SITE,
    {
      name: 'dim',
      meaning:
        '`status`, `method`, `proto`, `cache`, `tls`, `agent` or, with `GEOIP_DB`, `country`',
    },
    { name: 'value', meaning: 'the value in that dimension' },
  ],
  fields: [COUNT, TRAFFIC, ERRORS],
};

const ACCESS_LOG_TOP: MeasurementSchema = {
  name: 'access_log_top',
  meaning: 'the ten most frequent keys of one kind',
  every: 'DIMENSION_WINDOW',
  isWritten: true,
  tags: [
    HOST,
    LOG,
    SITE,
    { name: 'dim', meaning: '`ip`, `url`, `referer`, `ua` or `notfound`' },
    { name: 'rank', meaning: '`01` … `10`' },
  ],
  fields: [
    {
      name: 'key',
      type: 'string',
      unit: '',
      merge: 'own',
      meaning: 'the key: a field, so that clients cannot make series',
    },
    COUNT,
    ERRORS,
    TRAFFIC,
  ],
};

const ACCESS_LOG_UNIQ: MeasurementSchema = {
  name: 'access_log_uniq',
  meaning: 'estimate of the distinct clients, by their addresses',
  every: 'DIMENSION_WINDOW',
  isWritten: true,
  tags: [HOST, LOG, SITE],
  fields: [
    integer('uniq', 'clients', 'own', 'estimate for this window'),
    ...REGISTER_FIELDS.map((name, i) => integer(name, '', 'max', `HyperLogLog register ${i}`)),
  ],
};

export const MEASUREMENTS: readonly MeasurementSchema[] = [
  ACCESS_LOG,
  ACCESS_LOG_LINES,
  ACCESS_LOG_METER,
  ACCESS_LOG_ROUTE,
  ACCESS_LOG_UPSTREAM,
  ACCESS_LOG_BY,
  ACCESS_LOG_TOP,
  ACCESS_LOG_UNIQ,
];

const RESERVED_TAG_NAMES = new Set([
  'time', // InfluxDB's own column
  ...MEASUREMENTS.flatMap((m) => [...m.tags.map((t) => t.name), ...m.fields.map((f) => f.name)]),
]);

/** True for a name that a tag of `TAGS` must not have: it would clash with a column of ours or of InfluxDB. */
export function isReservedTagName(name: string): boolean {
  return RESERVED_TAG_NAMES.has(name) || name.startsWith('_');
}
