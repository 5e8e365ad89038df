/**
 * Log formats known by name. Sources: `combined` is predefined in nginx (ngx_http_log_module),
 * `main` stands in the nginx.conf of the official packages and image, `ingress-nginx` is the
 * upstreaminfo format of the Kubernetes controller ("Log format" in its user guide), `common` is
 * that of older servers (NCSA). The variants add what nginx's own guides add to measure times.
 * `npm-…` are written in log-proxy.conf of Nginx Proxy Manager's image, `vhost` in the template of
 * the nginx-proxy image, `vhost-combined` is Apache's vhost_combined (Debian's apache2.conf).
 *
 * Programs and services, by their own documentation or the configuration that they write: Datadog's
 * and Amplify's guides to nginx, Seafile's manual, Jellyfin's page on reverse proxies, the templates of
 * NPMplus, Bitnami and Kong, Alibaba Cloud's log service, APISIX' default (conf/config-default.yaml),
 * Traefik's "Access Logs" (common log format); what OVH and Gandi write for the sites they host.
 */

const COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';
const COMBINED = `${COMMON} "$http_referer" "$http_user_agent"`;
const MAIN = `${COMBINED} "$http_x_forwarded_for"`;
const TIME = ' $request_time';
const UPSTREAM = ' $request_time $upstream_response_time';
const TIMES =
  ' rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time"' +
  ' urt="$upstream_response_time"';
const INGRESS =
  ' $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name]' +
  ' $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';
const NPM_CLIENT = '[Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio]';
const NPM_REQUEST = '$status - $request_method $scheme $host "$request_uri"';
const AGENT = '"$http_user_agent" "$http_referer"';
const WHO = '$remote_addr - $remote_user [$time_local]';
const PAGE = '"$http_referer" "$http_user_agent"';
const REQUEST = '"$request" $status $body_bytes_sent';

/** In the order in which `auto` tries them. No line has the form of two of them. */
export const PRESETS = [
  { name: 'combined', text: COMBINED, about: "nginx's predefined format" },
  { name: 'main', text: MAIN, about: 'the official image: combined and $http_x_forwarded_for' },
  { name: 'combined-time', text: COMBINED + TIME, about: 'combined and $request_time' },
  {
    name: 'combined-upstream',
    text: COMBINED + UPSTREAM,
    about: 'combined, $request_time and $upstream_response_time',
  },
  {
    name: 'combined-times',
    text: COMBINED + TIMES,
    about: 'combined and rt=… uct="…" uht="…" urt="…"',
  },
  { name: 'main-time', text: MAIN + TIME, about: 'main and $request_time' },
  {
    name: 'main-upstream',
    text: MAIN + UPSTREAM,
    about: 'main, $request_time and $upstream_response_time',
  },
  { name: 'main-times', text: MAIN + TIMES, about: 'main and rt=… uct="…" uht="…" urt="…"' },
  { name: 'ingress-nginx', text: COMBINED + INGRESS, about: 'the Kubernetes controller' },
  { name: 'common', text: COMMON, about: 'without referer and user agent' },
  {
    name: 'vhost-combined',
    text: `$server_name:$server_port ${COMBINED.replace('$body_bytes_sent', '$bytes_sent')}`,
    about: "Apache's vhost_combined: example.com:443 in front of combined",
  },
  {
    name: 'vhost-upstream',
    text: `$host ${COMBINED} "$upstream_addr"`,
    about: 'the nginx-proxy image: $host, combined and "$upstream_addr"',
  },
  { name: 'vhost', text: `$host ${COMBINED}`, about: '$host in front of combined' },
  {
    name: 'npm-proxy',
    text:
      `[$time_local] $upstream_cache_status $upstream_status ${NPM_REQUEST} ${NPM_CLIENT}` +
      ` [Sent-to $server] ${AGENT}`,
    about: 'Nginx Proxy Manager: proxy hosts',
  },
  {
    name: 'npm-standard',
    text: `[$time_local] ${NPM_REQUEST} ${NPM_CLIENT} ${AGENT}`,
    about: 'Nginx Proxy Manager: redirections and dead hosts',
  },
  {
    name: 'npmplus',
    text:
      `[$time_local] $host $remote_addr $request_time ${REQUEST} $request_length` +
      ' $http_referer $http_user_agent',
    about: 'NPMplus',
  },
  {
    name: 'vhost-common',
    text: `$host ${COMMON}`,
    about: '$host in front of common',
  },
  {
    name: 'client-vhost',
    text: `$remote_addr $host - $remote_user [$time_local] ${REQUEST} ${PAGE}`,
    about: 'combined with $host behind the client',
  },
  {
    name: 'ovh',
    text: `$remote_addr $host $hosting_user [$time_local] ${REQUEST} ${PAGE}`,
    about: 'OVH web hosting',
  },
  {
    name: 'gandi',
    text: `$host ${WHO} ($duration s) ${REQUEST} ${PAGE}`,
    about: 'Gandi web hosting',
  },
  {
    name: 'datadog',
    text: `${WHO} ${REQUEST} $request_time ${PAGE}`,
    about: "Datadog's guide: $request_time in front of the referer",
  },
  {
    name: 'seafile',
    text: `$http_x_forwarded_for $remote_addr [$time_local] ${REQUEST} ${PAGE} $upstream_response_time`,
    about: 'Seafile',
  },
  {
    name: 'jellyfin',
    text:
      '$remote_addr $host - $remote_user [$time_local] "$secretfilter" $status $body_bytes_sent' +
      ` $request_length $request_time $upstream_response_time ${PAGE}`,
    about: 'Jellyfin, with secrets taken out of requests',
  },
  {
    name: 'amplify',
    text:
      `${MAIN} "$host" sn="$server_name" rt=$request_time ua="$upstream_addr"` +
      ' us="$upstream_status" ut="$upstream_response_time" ul="$upstream_response_length"' +
      ' cs=$upstream_cache_status',
    about: "NGINX Amplify's extended format",
  },
  {
    name: 'bitnami',
    text: MAIN.replace('$status ', '$status  '),
    about: 'Bitnami: main with two spaces behind the status',
  },
  {
    name: 'alibaba',
    text:
      `${WHO} "$request" $http_host $status $request_length $body_bytes_sent ${PAGE}` +
      ' $request_time $upstream_response_time',
    about: 'Alibaba Cloud',
  },
  {
    name: 'apisix',
    text:
      `${WHO} $http_host "$request_line" $status $body_bytes_sent $request_time ${PAGE}` +
      ' $upstream_addr $upstream_status $upstream_response_time' +
      ' "$upstream_scheme://$upstream_host$upstream_uri"',
    about: 'Apache APISIX',
  },
  {
    name: 'kong',
    text: `${COMBINED} kong_request_id: "$kong_request_id"`,
    about: 'Kong',
  },
  {
    name: 'traefik',
    text: `${COMBINED} $traefik_requests "$traefik_router" "$upstream_addr" \${request_time_ms}ms`,
    about: "Traefik's common log format",
  },
] as const;

/**
 * Formats that most lines of a preset have as well, but not the other way round: tried after all
 * presets, and told from them by the lines that differ.
 */
export const LOOK_ALIKES = [
  // $request_time is never `-` and never a list.
  { name: 'combined-upstream-time', text: `${COMBINED} $upstream_response_time` },
  { name: 'main-upstream-time', text: `${MAIN} $upstream_response_time` },
] as const;

/** One JSON object a line, its keys recognised by their names; the last that `auto` tries. */
export const JSON_PRESET = {
  name: 'json',
  about: 'one JSON object a line, keys recognised by their names',
} as const;

/** A virtual host's own log, and one for all of them. */
const HOSTING = ['combined', 'vhost-combined', 'vhost'] as const;

/**
 * Programs that log in the formats of presets, tried in this order: SWAG, nginx Unit, Plesk and cPanel have nginx's,
 * Apache has it too; where one log is for all virtual hosts, Plesk and cPanel put theirs in front.
 */
export const ALIASES = [
  { alias: 'apache', names: ['combined', 'vhost-combined'] },
  { alias: 'swag', names: ['combined'] },
  { alias: 'unit', names: ['combined'] },
  { alias: 'plesk', names: HOSTING },
  { alias: 'cpanel', names: HOSTING },
  { alias: 'nginx-proxy', names: ['vhost-upstream'] },
] as const;
