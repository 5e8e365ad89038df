/**
 * The keys that JSON logs use for nginx's variables, beside the variables' names: the one table, which
 * docs/log-formats.md shows.
 *
 * Sources: the formats that nginx's users publish (most go back to the ELK and Graylog guides), the
 * Elastic Common Schema and OpenTelemetry's semantic conventions for names with dots, Datadog's
 * standard attributes, Matomo's guide to nginx, Traefik's, Caddy's and Fluent Bit's documentation.
 */

/** A key and the variable it stands for. */
export interface JsonKey {
  /** With dots between the names of nested objects. */
  readonly path: string;
  /** Without `$`; also `request_time_ms` and the like, for times in other units than nginx's. */
  readonly variable: string;
  /** Of several keys of one variable in one line the least counts; of equals the first in the line. */
  readonly rank: number;
}

/** By variable its keys, the most exact first. Keys in small letters stand for their spellings too. */
const COMMON_KEYS: readonly (readonly [variable: string, paths: string])[] = [
  [
    'time_iso8601',
    `msec time_iso8601 time_local time @timestamp timestamp ts datetime date_time date
     nginx_timestamp log_time logtime event_time access_time time_stamp request_timestamp local_time
     utc_time time_utc iso8601 time_msec time_iso8601_ms StartUTC StartLocal @time time_unix_nano
     observed_time_unix_nano request.time_iso8601 request.timestamp start_time request_start`,
  ],
  [
    'status',
    `status status_code http_status response_status response_code code response http_code sc_status
     http_status_code http_response_code http_response_status resp_status return_code DownstreamStatus
     http.response.status_code http.status http.status_code response.status response.status_code
     nginx.status nginx.access.response_code`,
  ],
  [
    'body_bytes_sent',
    `body_bytes_sent body_bytes bytes_body body_size body_bytes_size body_sent response_body_size
     http.response.body.bytes http.response.body.size response.body_bytes_sent response.body_bytes
     nginx.body_bytes_sent nginx.access.body_sent.bytes`,
  ],
  [
    'bytes_sent',
    `bytes_sent bytes size bytes_out response_size response_length response_bytes resp_size length
     total_bytes_sent sent_bytes out_bytes bytes_written content_length DownstreamContentSize
     http.response.bytes http.bytes_sent http.bytes network.bytes_written response.bytes response.size
     response.length response.bytes_sent`,
  ],
  [
    'request_length',
    `request_length request_size bytes_in req_size req_length bytes_received received_bytes
     RequestContentSize http.request.bytes http.request_length http.request.body.size
     network.bytes_read request.length request.size request.bytes`,
  ],
  [
    'request_time',
    `request_time duration response_time elapsed took request_duration req_time resp_time res_time
     processing_time time_taken elapsed_time latency request_time_s request_time_sec
     request_time_seconds duration_s duration_sec duration_seconds response_time_s response_time_sec
     response_time_seconds res_time_s latency_s latency_seconds generation_time_milli
     http.request_time http.duration http.server.request.duration request.time request.duration
     response.time nginx.request_time`,
  ],
  [
    'request_time_ms',
    `request_time_ms request_time_msec request_time_millis duration_ms duration_msec duration_millis
     duration_milliseconds response_time_ms response_time_msec response_time_millis elapsed_ms
     took_ms latency_ms time_taken_ms req_time_ms res_time_ms processing_time_ms`,
  ],
  [
    'request_time_us',
    `request_time_us request_time_micros duration_us duration_micros response_time_us
     response_time_micros elapsed_us took_us latency_us time_taken_us`,
  ],
  [
    'request_time_ns',
    'Duration event.duration request_time_ns duration_ns duration_nanos elapsed_ns latency_ns',
  ],
  ['server_name', 'server_name vhost virtual_host site server.name nginx.server_name'],
  ['host', 'host hostname_requested request_host RequestHost http.host request.host'],
  ['http_host', 'http_host domain authority url.domain server.address http.request.headers.host'],
  [
    'remote_addr',
    `remote_addr client_ip clientip client client_addr remote_ip remote_address ip source_ip ClientHost
     client_host remote real_ip c_ip src_ip client_address user_ip client.ip client.address source.ip
     source.address network.client.ip http.client_ip http.remote_addr request.client_ip
     request.remote_addr request.remote_ip nginx.remote_addr`,
  ],
  ['remote_user', 'remote_user user username ClientUsername user.name'],
  [
    'request',
    'request request_line http_request RequestLine http.request request.line nginx.request',
  ],
  [
    'request_method',
    `request_method method http_method verb req_method RequestMethod http.request.method http.method
     request.method`,
  ],
  [
    'request_uri',
    `request_uri uri url path request_url request_path req_uri req_url uri_path http_uri http_url
     http_path RequestPath http.request_uri http.uri http.url http.path http.target request.uri
     request.url request.path url.original url.full url.path`,
  ],
  ['uri', 'normalized_uri document_uri'],
  [
    'server_protocol',
    `server_protocol protocol http_version http_protocol proto RequestProtocol http.version
     http.protocol request.protocol request.proto`,
  ],
  [
    'http_user_agent',
    `http_user_agent user_agent agent useragent ua http_useragent request_User-Agent
     user_agent.original http.user_agent http.useragent http_agent request.user_agent
     request.headers.User-Agent nginx.http_user_agent`,
  ],
  [
    'http_referer',
    `http_referer http_referrer referer referrer http_ref request_Referer http.referer http.referrer
     http.request.referrer request.referer request.referrer request.headers.Referer`,
  ],
  [
    'http_x_forwarded_for',
    `http_x_forwarded_for x_forwarded_for xff forwarded_for x_forward_for request_X-Forwarded-For
     http.x_forwarded_for request.x_forwarded_for request.headers.X-Forwarded-For`,
  ],
  ['http_cf_connecting_ip', 'http_cf_connecting_ip cf_connecting_ip'],
  [
    'upstream_addr',
    `upstream_addr upstream upstream_address upstream_host upstream_server upstream_ip backend
     backend_addr ServiceAddr upstream.addr upstream.address`,
  ],
  [
    'upstream_response_time',
    `upstream_response_time upstream_time upstream_resp_time upstream_duration backend_time
     backend_response_time upstream_latency upstream.response_time upstream.time`,
  ],
  ['upstream_connect_time', 'upstream_connect_time upstream.connect_time'],
  ['upstream_header_time', 'upstream_header_time upstream.header_time'],
  ['upstream_status', 'upstream_status backend_status upstream.status'],
  [
    'upstream_cache_status',
    'upstream_cache_status cache_status cache upstream_cache upstream.cache_status',
  ],
  [
    'ssl_protocol',
    'ssl_protocol tls_protocol tls_version ssl_version TLSVersion tls.version ssl.protocol tls.protocol',
  ],
  ['scheme', 'scheme http_scheme RequestScheme url.scheme request.scheme'],
];

/** Objects that a whole record may stand in. */
const WRAPPERS = ['@fields', 'fields', 'attributes'];

let common: readonly JsonKey[] | undefined;

/** The keys that a JSON log is read by when its format is not given; always the same array. */
export function commonKeys(): readonly JsonKey[] {
  if (common !== undefined) return common;
  // 0 is for keys that somebody has named, and a variable's own name for a text key never loses.
  const exact = COMMON_KEYS.flatMap(([variable, paths]) =>
    paths.split(/\s+/u).map((path, i) => ({ path, variable, rank: i + 1 })),
  );
  const known = new Set(exact.map(({ path }) => path));
  const add = (path: string, key: JsonKey): JsonKey[] => {
    if (known.has(path)) return [];
    known.add(path);
    return [{ ...key, path }];
  };
  const spelled = exact.flatMap((key) => spellings(key.path).flatMap((path) => add(path, key)));
  const plain = exact.filter(({ path }) => !path.includes('.'));
  const wrapped = WRAPPERS.flatMap((wrapper) =>
    (wrapper === 'attributes' ? exact : plain).flatMap((key) => add(`${wrapper}.${key.path}`, key)),
  );
  common = [...exact, ...spelled, ...wrapped];
  return common;
}

/** `request_time` is also `requestTime`, `RequestTime`, `requesttime` and `request-time`. */
function spellings(path: string): string[] {
  if (!/^[a-z][a-z0-9_]*$/u.test(path)) return [];
  const words = path.split('_');
  const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
  const [first = '', ...rest] = words;
  const all = [
    first + rest.map(capital).join(''),
    words.map(capital).join(''),
    words.join(''),
    words.join('-'),
  ];
  return all.filter((one) => one !== path);
}

/** The variable that a key stands for, undefined for one that is not known. */
export function variableOfKey(path: string): string | undefined {
  return commonKeys().find((key) => key.path === path)?.variable;
}

/** Variables that can be read from a JSON log, beside the one that tells the client. */
export const JSON_VARIABLES: readonly string[] = [
  ...COMMON_KEYS.map(([variable]) => variable),
  'time_local',
  'msec',
];

/** For docs/log-formats.md. */
export function renderKeyTable(): string {
  const rows = COMMON_KEYS.map(([variable, paths]) => {
    const keys = paths.split(/\s+/u).map((path) => `\`${path}\``);
    const name = variable === 'time_iso8601' ? 'the time' : `\`$${variable}\``;
    return `| ${name} | ${keys.join(' ')} |`;
  });
  return ['| what | keys, the first that a line has counts |', '|---|---|', ...rows, ''].join('\n');
}
