/**
 * Formats in the ways in which nginx's documentation and that of well-known programs have them, written
 * anew: what matters is which variables stand in which order, and what stands between.
 */
export interface PublishedFormat {
  /** Whose way of writing it is. */
  readonly name: string;
  /** As between the quotes of a log_format. */
  readonly text: string;
  readonly escape?: 'json' | 'none';
}

const WHO = '$remote_addr - $remote_user [$time_local]';
const LINE = '"$request" $status $body_bytes_sent';
const PAGE = '"$http_referer" "$http_user_agent"';
const COMBINED = `${WHO} ${LINE} ${PAGE}`;
const MAIN = `${COMBINED} "$http_x_forwarded_for"`;

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['nginx: combined', COMBINED],
  ['nginx: main of the packages', MAIN],
  ['nginx: compression', `${WHO} "$request" $status $bytes_sent ${PAGE} "$gzip_ratio"`],
  [
    'nginx: upstream_time',
    `${COMBINED} rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time"`,
  ],
  [
    'nginx: apm',
    '"$time_local" client=$remote_addr method=$request_method request="$request" request_length=$request_length status=$status bytes_sent=$bytes_sent body_bytes_sent=$body_bytes_sent referer=$http_referer user_agent="$http_user_agent" upstream_addr=$upstream_addr upstream_status=$upstream_status request_time=$request_time upstream_response_time=$upstream_response_time',
  ],
  ['nginx Plus: extended', `${COMBINED} $request_time $upstream_response_time $pipe`],
  ['common', `${WHO} ${LINE}`],
  ['combined with a time', `${COMBINED} $request_time`],
  ['combined with both times', `${COMBINED} $request_time $upstream_response_time`],
  ['combined with the time of upstreams', `${COMBINED} $upstream_response_time`],
  ['times in quotes', `${COMBINED} "$request_time" "$upstream_response_time"`],
  ['virtual host in front', `$host ${COMBINED}`],
  [
    'virtual host behind the client',
    `$remote_addr $host - $remote_user [$time_local] ${LINE} ${PAGE}`,
  ],
  ['virtual host and port', `$host:$server_port ${COMBINED}`],
  ['server name in front, common', `$server_name ${WHO} ${LINE}`],
  [
    'Kubernetes: ingress-nginx',
    `${COMBINED} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`,
  ],
  [
    'NGINX Amplify',
    `${MAIN} "$host" sn="$server_name" rt=$request_time ua="$upstream_addr" us="$upstream_status" ut="$upstream_response_time" ul="$upstream_response_length" cs=$upstream_cache_status`,
  ],
  ['Datadog', `${WHO} ${LINE} $request_time ${PAGE}`],
  [
    'Seafile',
    `$http_x_forwarded_for $remote_addr [$time_local] ${LINE} ${PAGE} $upstream_response_time`,
  ],
  [
    'Jellyfin',
    `$remote_addr $host - $remote_user [$time_local] "$secretfilter" $status $body_bytes_sent $request_length $request_time $upstream_response_time ${PAGE}`,
  ],
  [
    'NPMplus',
    `[$time_local] $host $remote_addr $request_time ${LINE} $request_length $http_referer $http_user_agent`,
  ],
  [
    'Nginx Proxy Manager: proxy',
    '[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server] "$http_user_agent" "$http_referer"',
  ],
  [
    'Nginx Proxy Manager: standard',
    '[$time_local] $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] "$http_user_agent" "$http_referer"',
  ],
  ['nginx-proxy', `$host ${COMBINED} "$upstream_addr"`],
  ['Bitnami', `${WHO} "$request" $status  $body_bytes_sent ${PAGE} "$http_x_forwarded_for"`],
  [
    'Alibaba Cloud',
    `${WHO} "$request" $http_host $status $request_length $body_bytes_sent ${PAGE} $request_time $upstream_response_time`,
  ],
  [
    'APISIX',
    `${WHO} $http_host "$request_line" $status $body_bytes_sent $request_time ${PAGE} $upstream_addr $upstream_status $upstream_response_time "$upstream_scheme://$upstream_host$upstream_uri"`,
  ],
  ['Kong', `${COMBINED} kong_request_id: "$kong_request_id"`],
  ['Gandi', `$host ${WHO} (0 s) ${LINE} ${PAGE}`],
  ['OVH', `$remote_addr $host $remote_user [$time_local] ${LINE} ${PAGE}`],
  [
    'Wikimedia: ncredir',
    '$remote_addr [$time_local] $scheme "$request" $status $body_bytes_sent "$http_user_agent" $host $sent_http_location\n',
  ],
  [
    'cache states',
    `[$time_local] $remote_addr $upstream_cache_status "$request" $status $body_bytes_sent ${PAGE}`,
  ],
  [
    'cache key touches',
    `[$time_local] $upstream_cache_status "$scheme$request_method$host$request_uri" $status`,
  ],
  [
    'address of the whole',
    `$remote_addr [$time_local] $request_method $scheme://$host$request_uri $server_protocol $status $body_bytes_sent ${PAGE}`,
  ],
  [
    'host, port and path',
    `$remote_addr [$time_iso8601] "$host:$server_port$uri" $status $body_bytes_sent $request_time`,
  ],
  [
    'path and query in parts',
    `$remote_addr [$time_local] "$request_method $uri$is_args$args $server_protocol" $status $body_bytes_sent`,
  ],
  [
    'pipes',
    '$remote_addr|$time_local|$request|$status|$body_bytes_sent|$http_referer|$http_user_agent|$request_time',
  ],
  [
    'pipes with spaces',
    '$remote_addr | [$time_local] | $host | "$request" | $status | $body_bytes_sent | $request_time | $upstream_response_time',
  ],
  [
    'tabs',
    '$time_iso8601\t$remote_addr\t$host\t$request\t$status\t$body_bytes_sent\t$request_time',
  ],
  ['semicolons', '$time_iso8601;$status;$request_time;"$request";$host'],
  [
    'commas and quotes',
    '"$time_iso8601","$remote_addr","$request","$status","$body_bytes_sent","$http_referer","$http_user_agent"',
  ],
  [
    'LTSV',
    'time:$time_local\thost:$remote_addr\tvhost:$host\treq:$request\tstatus:$status\tsize:$body_bytes_sent\treferer:$http_referer\tua:$http_user_agent\treqtime:$request_time\tapptime:$upstream_response_time',
  ],
  [
    'key=value',
    'time="$time_iso8601" ip=$remote_addr host=$host method=$request_method uri="$request_uri" status=$status bytes=$body_bytes_sent rt=$request_time ua="$http_user_agent"',
  ],
  ['seconds since 1970', '$msec $remote_addr "$request" $status $body_bytes_sent $request_time'],
  ['milliseconds by a map', '[$time_iso8601_ms] $remote_addr "$request" $status $body_bytes_sent'],
  ['date and time by maps', '$date $time $remote_addr "$request" $status $body_bytes_sent'],
  ['TLS', `${COMBINED} $ssl_protocol/$ssl_cipher`],
  ['connections', `${COMBINED} $connection $connection_requests`],
  ['request id', `${COMBINED} $request_id`],
  [
    'Cloudflare',
    `$http_cf_connecting_ip - $remote_user [$time_local] ${LINE} ${PAGE} $remote_addr`,
  ],
  [
    'upstreams by brackets',
    `${COMBINED} [$upstream_addr] [$upstream_status] [$upstream_response_time]`,
  ],
  ['two times that touch', '$time_local$msec $remote_addr "$request" $status $body_bytes_sent'],
  [
    'GitLab',
    `$remote_addr - $remote_user [$time_local] "$request_method $filtered_uri $server_protocol" $status $body_bytes_sent "$http_referer" "$http_user_agent"`,
  ],
];

const JSON_TEXTS: readonly (readonly [name: string, text: string])[] = [
  [
    'ELK',
    '{"@timestamp":"$time_iso8601","host":"$server_addr","clientip":"$remote_addr","size":$body_bytes_sent,"responsetime":$request_time,"upstreamtime":"$upstream_response_time","upstreamhost":"$upstream_addr","http_host":"$host","url":"$uri","domain":"$host","xff":"$http_x_forwarded_for","referer":"$http_referer","status":"$status"}',
  ],
  [
    'Graylog',
    '{"timestamp":"$time_iso8601","remote_addr":"$remote_addr","body_bytes_sent":$body_bytes_sent,"request_time":$request_time,"response_status":$status,"request":"$request","request_method":"$request_method","host":"$host","upstream_cache_status":"$upstream_cache_status","upstream_addr":"$upstream_addr","http_referrer":"$http_referer","http_user_agent":"$http_user_agent"}',
  ],
  [
    'logstash',
    '{"@timestamp":"$time_iso8601","@fields":{"remote_addr":"$remote_addr","status":"$status","request":"$request","request_time":"$request_time","body_bytes_sent":"$body_bytes_sent","http_user_agent":"$http_user_agent"}}',
  ],
  [
    'Matomo',
    '{"ip":"$remote_addr","host":"$host","path":"$request_uri","status":"$status","referrer":"$http_referer","user_agent":"$http_user_agent","length":$bytes_sent,"generation_time_milli":$request_time,"date":"$time_iso8601"}',
  ],
  [
    'times without quotes',
    '{"time":"$time_iso8601","status":$status,"request":"$request","upstream_response_time":$upstream_response_time,"upstream_addr":"$upstream_addr","body_bytes_sent":$body_bytes_sent}',
  ],
  [
    'date without quotes',
    '{"time":$time_local,"method":"$request_method","status":$status,"uri":"$request_uri","resp_time":$request_time}',
  ],
  [
    'Vector, Loki',
    '{"msec":"$msec","connection":"$connection","remote_addr":"$remote_addr","request":"$request","request_uri":"$request_uri","status":"$status","bytes_sent":"$bytes_sent","body_bytes_sent":"$body_bytes_sent","http_host":"$http_host","server_name":"$server_name","request_time":"$request_time","upstream":"$upstream_addr","upstream_response_time":"$upstream_response_time","scheme":"$scheme"}',
  ],
  [
    'ECS',
    '{"@timestamp":"$time_iso8601","http":{"request":{"method":"$request_method","bytes":$request_length},"response":{"status_code":$status,"body":{"bytes":$body_bytes_sent}}},"url":{"path":"$uri","domain":"$host"},"source":{"ip":"$remote_addr"},"user_agent":{"original":"$http_user_agent"}}',
  ],
  [
    'milliseconds by a map',
    '{"timestamp":"$time_iso8601_ms","remote_addr":"$remote_addr","host":"$host","request":"$request","status":$status,"body_bytes_sent":$body_bytes_sent}',
  ],
];

export const PUBLISHED_FORMATS: readonly PublishedFormat[] = [
  ...TEXTS.map(([name, text]) => ({ name, text })),
  ...JSON_TEXTS.map(([name, text]) => ({ name: `JSON: ${name}`, text, escape: 'json' as const })),
];

/** What nginx lacks of the variables above. */
export const PUBLISHED_MAPS = `
  map $request $secretfilter { default $request; }
  map $request $request_line { default $request; }
  map $request_uri $filtered_uri { default $request_uri; }
  map $host $server { default 10.0.0.1; }
  map $host $proxy_upstream_name { default default-shop-80; }
  map $host $proxy_alternative_upstream_name { default ""; }
  map $request_id $req_id { default $request_id; }
  map $request_id $kong_request_id { default $request_id; }
  map $scheme $upstream_scheme { default http; }
  map $host $upstream_host { default backend.example.com; }
  map $uri $upstream_uri { default $uri; }
  map "$time_iso8601 # $msec" $time_iso8601_ms { "~(^[^+]+)(\\+[0-9:]+) # \\d+\\.(\\d+)$" $1.$3$2; }
  map $time_iso8601 $date { "~^([^T]+)T" $1; }
  map $time_iso8601 $time { "~T(\\d+:\\d+:\\d+)" $1; }
`;
