/**
 * What nginx's variables look like in a log, as far as that helps to tell one from the next.
 *
 * Sources: the pages of nginx's modules, "Embedded Variables" (ngx_http_core_module,
 * ngx_http_log_module, ngx_http_upstream_module, ngx_http_ssl_module).
 */

/**
 * - `status`, `bytes`, `request-length`, `request-time`, and the three times: read into columns.
 * - `list`: values of several upstreams, `a, b : c`, each `-` where there is none.
 * - `host`: a token with a colon only within brackets; nginx takes the port off `$host`.
 * - `address`: a token that does not begin with `-`: there always is a client.
 * - `port`: digits.
 * - `token`: never holds a space; may be empty.
 * - `free`: may hold anything, as the client or the configuration likes.
 */
export type VariableKind =
  | 'status'
  | 'bytes'
  | 'request-length'
  | 'request-time'
  | 'time-local'
  | 'time-iso8601'
  | 'msec'
  | 'list'
  | 'host'
  | 'address'
  | 'port'
  | 'token'
  | 'free';

const KINDS: ReadonlyMap<string, VariableKind> = new Map<string, VariableKind>([
  ['status', 'status'],
  ['body_bytes_sent', 'bytes'],
  ['bytes_sent', 'bytes'],
  ['request_length', 'request-length'],
  ['request_time', 'request-time'],
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
     proxy_alternative_upstream_name geoip_country_code geoip2_country_code`,
  ),
]);

const SHAPES: ReadonlySet<VariableKind> = new Set([
  'list',
  'host',
  'address',
  'port',
  'token',
  'free',
]);

/** Variables not known here are `free`. */
export function variableKind(name: string): VariableKind {
  return KINDS.get(name) ?? 'free';
}

/** Whether the kind is read into a column, so that a wrong value makes the line unparsed. */
export function hasMeaning(kind: VariableKind): boolean {
  return !SHAPES.has(kind);
}

export function isTime(kind: VariableKind): boolean {
  return kind === 'time-local' || kind === 'time-iso8601' || kind === 'msec';
}

function words(kind: VariableKind, list: string): [string, VariableKind][] {
  return list.split(/\s+/u).map((name): [string, VariableKind] => [name, kind]);
}
