import { nearestWord } from '../../text/nearest-word.ts';

/**
 * What nginx's variables look like in a log, as far as that helps to tell one from the next.
 *
 * Sources: the pages of nginx's modules, "Embedded Variables" (ngx_http_core_module,
 * ngx_http_log_module, ngx_http_upstream_module, ngx_http_ssl_module).
 */

/**
 * - `status`, `bytes`, `request-length`, `request-time`, `request-ms` (whole milliseconds), and the
 *   times: read into columns.
 * - `time-any`: a variable of somebody's own that holds a time, in whatever form.
 * - `list`: values of several upstreams, `a, b : c`, each `-` where there is none.
 * - `host`: a token with a colon only within brackets; nginx takes the port off `$host`.
 * - `address`: a token that does not begin with `-`: there always is a client.
 * - `port`: digits.
 * - `request`, `target`: a variable of somebody's own that may hold `$request` or `$request_uri`.
 * - `token`: never holds a space; may be empty.
 * - `free`: may hold anything, as the client or the configuration likes.
 */
export type VariableKind =
  | 'status'
  | 'bytes'
  | 'request-length'
  | 'request-time'
  | 'request-ms'
  | 'time-local'
  | 'time-iso8601'
  | 'msec'
  | 'time-any'
  | 'list'
  | 'host'
  | 'address'
  | 'port'
  | 'request'
  | 'target'
  | 'token'
  | 'free';

const KINDS: ReadonlyMap<string, VariableKind> = new Map<string, VariableKind>([
  ['status', 'status'],
  ['body_bytes_sent', 'bytes'],
  ['bytes_sent', 'bytes'],
  ['request_length', 'request-length'],
  ['request_time', 'request-time'],
  ['request_time_ms', 'request-ms'],
  ['time_local', 'time-local'],
  ['time_iso8601', 'time-iso8601'],
  ['msec', 'msec'],
  ['host', 'host'],
  ['remote_addr', 'address'],
  ['server_port', 'port'],
  ...words(
    'list',
    `upstream_addr upstream_status upstream_response_time upstream_connect_time
     upstream_header_time upstream_first_byte_time upstream_response_length
     upstream_bytes_sent upstream_bytes_received`,
  ),
  // Set by nginx, by its configuration, or checked by nginx so that no space is in them.
  ...words(
    'token',
    `remote_port realip_remote_addr realip_remote_port proxy_protocol_addr
     proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port server_addr
     server_name server_protocol hostname scheme https pid pipe connection
     connection_requests connection_time request_id request_method request_completion nginx_version
     is_args ssl_protocol ssl_cipher ssl_curve ssl_session_reused ssl_session_id ssl_client_verify
     upstream_cache_status upstream_cache_age gzip_ratio http2 http3 tcpinfo_rtt tcpinfo_rttvar
     tcpinfo_snd_cwnd tcpinfo_rcv_space proxy_host proxy_port proxy_upstream_name
     proxy_alternative_upstream_name geoip_country_code geoip2_country_code traefik_requests hosting_user`,
  ),
]);

const SHAPES: ReadonlySet<VariableKind> = new Set([
  'list',
  'host',
  'address',
  'port',
  'request',
  'target',
  'token',
  'free',
]);

/** Variables not known here are `free`, unless their name says that they hold a time. */
export function variableKind(name: string): VariableKind {
  const known = KINDS.get(name);
  if (known !== undefined) return known;
  return isOwn(name) && TIME_NAME.test(name) ? 'time-any' : 'free';
}

const TIME_NAME =
  /iso_?8601|rfc_?3339|time_?stamp|date_?time|time_?local|(?:^|_)(?:log|event|access|request|local|utc|start)_?(?:time|date)$|(?:^|_)time_(?:ms|utc|iso|z|json|log|milli\w*)$|epoch/iu;

/** Families of nginx's variables, and those of modules, of which each has any number of names. */
const NGINX_NAME =
  /^(?:http|sent_http|sent_trailer|trailer|arg|cookie|upstream|ssl|proxy|geoip2?|jwt|session_log|realip|tcpinfo|request|limit|memcached|slice|uid|secure_link|modern_browser|document|fastcgi|gzip|spdy|invalid|kong|msie)(?:_|$)/u;
const NGINX_NAMES: ReadonlySet<string> = new Set(
  `args query_string request uri document_uri remote_user content_length content_type is_args
   limit_rate date_gmt date_local document_root realpath_root binary_remote_addr host nginx_version msec`.split(
    /\s+/u,
  ),
);

/** Whether a configuration has made the variable (map, set, geo, a script), as far as its name tells. */
export function isOwn(name: string): boolean {
  return !KINDS.has(name) && !NGINX_NAMES.has(name) && !NGINX_NAME.test(name);
}

/** Names that other servers on nginx's base, and programs around it, have for its variables. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['request_line', 'request'],
  ['header_user_agent', 'http_user_agent'],
  ['header_referer', 'http_referer'],
  ['header_host', 'http_host'],
  ['unparsed_uri', 'request_uri'],
  ['body_sent', 'body_bytes_sent'],
  ['secretfilter', 'request'],
]);

/** The variable of nginx that a variable means, by its name. */
export function meaningOfName(name: string): string {
  return MEANINGS.get(name) ?? name;
}

/** Variables that name the site, the best first. */
export const SITE_VARIABLES: readonly string[] = ['server_name', 'host', 'http_host'];

/** Kinds that are read into a column. */
type MeaningKind = Exclude<
  VariableKind,
  'list' | 'host' | 'address' | 'port' | 'request' | 'target' | 'token' | 'free'
>;

/** Whether the kind is read into a column, so that a wrong value makes the line unparsed. */
export function hasMeaning(kind: VariableKind): kind is MeaningKind {
  return !SHAPES.has(kind);
}

export function isTime(kind: VariableKind): boolean {
  return kind === 'msec' || kind.startsWith('time-');
}

/** Of the families of names, those that logs have. */
const USUAL_NAMES = `http_user_agent http_referer http_host http_x_forwarded_for http_x_real_ip
  http_cookie request_uri request_body request_filename request_port ssl_server_name`.split(/\s+/u);

/** The variable of nginx that somebody probably meant by a name that is none of them. */
export function meantVariable(name: string): string | undefined {
  const known = [...KINDS.keys(), ...NGINX_NAMES, ...USUAL_NAMES];
  if (known.includes(name) || MEANINGS.has(name)) return undefined;
  // Of a family there may be any name, and a short name has too many neighbours.
  return nearestWord(name, known, isOwn(name) && name.length >= 6 ? 2 : 1);
}

function words(kind: VariableKind, list: string): [string, VariableKind][] {
  return list.split(/\s+/u).map((name): [string, VariableKind] => [name, kind]);
}
