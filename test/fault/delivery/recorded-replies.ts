import type { InfluxAddress } from '../../../src/deliver/influx/address.ts';
import type { SendOutcome } from '../../../src/deliver/target.ts';

/** One reply of a real server or of something in front of one, word for word, and what it has to mean. */
export interface RecordedReply {
  readonly of: string;
  readonly what: string;
  readonly flavour: InfluxAddress['flavour'];
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly kind: SendOutcome['kind'];
  /** Of a reply that asks for an operator: the beginning of what it is told to look at. */
  readonly remedy?: string;
  /** Of a verdict. */
  readonly cause?: string;
}

type Row = readonly [
  what: string,
  status: number,
  message: string,
  kind: SendOutcome['kind'],
  remedyOrCause?: string,
];

const JSON_TYPE = { 'content-type': 'application/json' };
const V1 = { ...JSON_TYPE, 'x-influxdb-build': 'OSS', 'x-influxdb-version': '1.12.4' };
const V2 = { 'content-type': 'application/json; charset=utf-8', 'x-influxdb-build': 'OSS' };

const CONFLICT =
  'partial write: field type conflict: input field "count" on measurement "access_log" is type ' +
  'float, already exists as type integer dropped=1';
const BEYOND =
  'partial write: dropped 2 points outside retention policy of duration 336h0m0s - oldest point ' +
  'access_log at 2026-01-02T03:04:00Z dropped=2';
const WINDOW =
  'partial write: dropped 0 points outside retention policy of duration 0s and 35 points outside ' +
  'write window dropped=35';
const MALFORMED = "unable to parse 'access_log,site=a': missing fields";

const ROWS_V1: readonly Row[] = [
  ['written', 204, '', 'written'],
  ['wrong credentials', 401, 'authorization failed', 'blocked', 'INFLUX_USER and INFLUX_PASSWORD'],
  [
    'no right',
    403,
    '"meter" user is not authorized to write to database "nginx"',
    'blocked',
    'INFLUX_USER and INFLUX_PASSWORD',
  ],
  ['no database', 404, 'database not found: "nginx"', 'blocked', 'INFLUX_DB'],
  ['no database is named', 400, 'database is required', 'blocked', 'INFLUX_DB'],
  ['no retention policy', 500, 'retention policy not found: x', 'blocked', 'INFLUX_DB'],
  ['type conflict', 400, CONFLICT, 'rejected', 'conflict'],
  ['beyond retention', 400, BEYOND, 'rejected', 'age'],
  ['outside the write window', 400, WINDOW, 'rejected', 'age'],
  ['malformed line', 400, `partial write: ${MALFORMED} dropped=0`, 'rejected', 'unparsable'],
  [
    'too many series',
    400,
    'partial write: max-series-per-database limit exceeded: (1000) dropped=3',
    'rejected',
    'limit',
  ],
  ['too large', 413, 'Request Entity Too Large', 'split'],
  ['cache full', 500, 'engine: cache-max-memory-size exceeded: (1073741825/1073741824)', 'retry'],
  ['time-out', 500, 'timeout', 'retry'],
  ['disk full', 500, 'write /var/lib/influxdb/wal: no space left on device', 'retry'],
  ['broken gzip', 400, 'gzip: invalid header', 'blocked', 'INFLUX_URL'],
];

const ROWS_V2: readonly Row[] = [
  ['written', 204, '', 'written'],
  ['no org is named', 400, 'Please provide either orgID or org', 'blocked', 'INFLUX_ORG'],
  ['wrong credentials', 401, 'unauthorized access', 'blocked', 'INFLUX_TOKEN'],
  ['no right', 403, 'insufficient permissions for write', 'blocked', 'INFLUX_TOKEN'],
  ['no bucket', 404, 'bucket "my org" not found', 'blocked', 'INFLUX_BUCKET'],
  ['no org', 404, 'organization name "x" not found', 'blocked', 'INFLUX_ORG'],
  [
    'v1 API without a mapping',
    404,
    'no dbrp mapping found',
    'blocked',
    'INFLUX_BUCKET, INFLUX_ORG',
  ],
  ['type conflict', 422, `failure writing points to database: ${CONFLICT}`, 'rejected', 'conflict'],
  ['beyond retention', 422, `failure writing points to database: ${BEYOND}`, 'rejected', 'age'],
  ['malformed line', 400, MALFORMED, 'rejected', 'unparsable'],
  ['time-out', 500, 'unexpected error writing points to database: timeout', 'retry'],
  ['broken gzip', 500, 'An internal error has occurred', 'retry'],
];

/** 2.0.0 to 2.0.3 gave a partial write a status of 500. */
const ROWS_V2_0: readonly Row[] = [
  [
    'type conflict',
    500,
    `unexpected error writing points to database: ${CONFLICT}`,
    'rejected',
    'conflict',
  ],
];

function record(
  of: string,
  flavour: InfluxAddress['flavour'],
  headers: RecordedReply['headers'],
  rows: readonly Row[],
  bodyOf: (status: number, message: string) => unknown,
): RecordedReply[] {
  return rows.map(([what, status, message, kind, more]) => ({
    ...{ of, what, flavour, status, kind },
    headers: { ...headers, ...(flavour === 'v1' ? { 'x-influxdb-error': message } : {}) },
    body: status === 204 ? '' : `${JSON.stringify(bodyOf(status, message))}\n`,
    ...(kind === 'blocked' && more !== undefined ? { remedy: more } : {}),
    ...(kind === 'rejected' && more !== undefined ? { cause: more } : {}),
  }));
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not found',
  422: 'unprocessable entity',
  500: 'internal error',
};

const v2Body = (status: number, message: string) => ({ code: CODES[status] ?? '', message });

const PAGE = { 'content-type': 'text/html; charset=utf-8', server: 'nginx/1.28.0' };
const page = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
const PLAIN = { 'content-type': 'text/plain; charset=utf-8' };

function elsewhere(
  what: string,
  status: number,
  headers: RecordedReply['headers'],
  body: string,
  kind: SendOutcome['kind'],
  remedy?: string,
): RecordedReply {
  const given = {
    of: 'something in front',
    flavour: 'v1',
    what,
    status,
    headers,
    body,
    kind,
  } as const;
  return remedy === undefined ? given : { ...given, remedy };
}

const IN_FRONT: readonly RecordedReply[] = [
  elsewhere('a login page', 200, PAGE, page('Sign in'), 'blocked', 'INFLUX_URL'),
  elsewhere('a page that says no', 422, PAGE, page('Unprocessable'), 'blocked', 'INFLUX_URL'),
  elsewhere('a bad gateway', 502, PAGE, page('502 Bad Gateway'), 'retry'),
  elsewhere('a page for a large body', 413, PAGE, page('413 Too Large'), 'split'),
  elsewhere('a redirect', 302, { ...PAGE, location: '/login' }, page('302 Found'), 'blocked'),
  elsewhere('a refusal of a gateway', 400, JSON_TYPE, '{"message":"Bad Request"}', 'blocked'),
  elsewhere('an unknown route', 404, JSON_TYPE, '{"message":"no Route matched"}', 'blocked'),
  elsewhere(
    'the words of a verdict from another mouth',
    400,
    JSON_TYPE,
    `{"message":"${MALFORMED}","request_id":"7"}`,
    'blocked',
  ),
  elsewhere('an acknowledgement of something else', 200, JSON_TYPE, '{"ok":true}', 'blocked'),
  elsewhere('a limit of requests', 429, PLAIN, 'slow down', 'retry'),
];

const OTHERS: readonly RecordedReply[] = [
  {
    ...elsewhere('overload', 503, PLAIN, 'request throttled, queue full', 'retry'),
    of: '1.12.4',
  },
  {
    ...elsewhere(
      'too many databases',
      422,
      PLAIN,
      'database limit exceeded',
      'blocked',
      'INFLUX_DB',
    ),
    of: '3',
    flavour: 'v3',
  },
  {
    ...elsewhere('no database', 404, PLAIN, 'database not found', 'blocked', 'INFLUX_DB'),
    of: '3',
    flavour: 'v3',
  },
];

/** Every reply that was seen on real servers, version by version. */
export const RECORDED: readonly RecordedReply[] = [
  ...record('1.12.4', 'v1', V1, ROWS_V1, (_status, error) => ({ error })),
  ...record('2.9.1', 'v2', { ...V2, 'x-influxdb-version': 'v2.9.1' }, ROWS_V2, v2Body),
  ...record('2.0.3', 'v2', V2, ROWS_V2_0, v2Body),
  ...OTHERS,
  ...IN_FRONT,
];
