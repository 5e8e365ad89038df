import type { KnownAccount, KnownRequest } from './known-traffic.ts';
import { mmdb } from './mmdb-writer.ts';

/**
 * Known requests as nginx would write them, line by line, in a log format with everything that the
 * dashboards show; and between them the lines that are not to be counted, as the account of the log
 * says. A writer of its own: nothing of src/ is used.
 */
export const KNOWN_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" ' +
  '"$http_user_agent" $host $request_length $request_time "$upstream_addr" ' +
  '"$upstream_response_time" $upstream_cache_status $ssl_protocol';

/** Requests of this path are to be ignored. */
export const HEALTH_PATH = '/healthz';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timeLocal(timeS: number): string {
  const at = new Date(timeS * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${at.toISOString().slice(11, 19)} +0000`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

function lineOf(one: KnownRequest): string {
  const { upstream } = one;
  const tries =
    upstream === undefined ? [] : new Array<string>(upstream.retries).fill('10.0.0.9:8080');
  const addresses = upstream === undefined ? '-' : [...tries, upstream.address].join(', ');
  const times =
    upstream === undefined ? '-' : [...tries.map(() => '0.001'), seconds(upstream.ms)].join(', ');
  return (
    `${one.ip} - - [${timeLocal(one.timeS)}] "${one.method} ${one.url} ${one.protocol}" ` +
    `${one.status} ${one.bytesOut} "${one.referer}" "${one.agent}" ${one.site} ${one.bytesIn} ` +
    `${seconds(one.ms)} "${addresses}" "${times}" ${one.cache} ${one.tls}\n`
  );
}

function healthCheck(timeS: number, site: string): string {
  return (
    `127.0.0.1 - - [${timeLocal(timeS)}] "GET ${HEALTH_PATH} HTTP/1.1" 200 2 "-" "kube-probe/1.31" ` +
    `${site} 90 0.000 "-" "-" - -\n`
  );
}

/**
 * The log of one host: `requests` and `accounts` are its own, of one stretch of time. Without its late
 * lines, of which a log that is read back has none.
 */
export function knownLog(
  requests: readonly KnownRequest[],
  accounts: readonly KnownAccount[],
): string {
  const byWindow = Map.groupBy(requests, ({ timeS }) => timeS - (timeS % 10));
  const [site = '-'] = requests.map((one) => one.site);
  let text = '';
  for (const { startS, unparsed, filtered } of accounts) {
    const own = (byWindow.get(startS) ?? []).toSorted((a, b) => a.timeS - b.timeS);
    // Health checks come first: they make the window, so that the other lines have one to be told in.
    text += healthCheck(startS, site).repeat(filtered);
    text += own.map(lineOf).join('');
    text += 'this is no line of the format\n'.repeat(unparsed);
  }
  return text;
}

/** Countries of the known clients. */
export function knownCountries(): Buffer {
  return mmdb('Made-Country', [
    { network: '192.0.2.0/24', record: { country: { iso_code: 'DE' } } },
    { network: '10.1.0.0/16', record: { country: { iso_code: 'FR' } } },
  ]);
}
