/**
 * Log formats known by name. Sources: `combined` is predefined in nginx (ngx_http_log_module),
 * `main` stands in the nginx.conf of the official packages and image, `ingress-nginx` is the
 * upstreaminfo format of the Kubernetes controller ("Log format" in its user guide), `common` is
 * that of older servers (NCSA). The variants add what nginx's own guides add to measure times.
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
] as const;
