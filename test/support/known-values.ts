import type { KnownRequest } from './known-traffic.ts';

/** What the dashboards should show of known requests: the truth, by plain functions. */

/** The value below which a share q of the numbers lies, by rank. */
export function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

/** By dimension: the value of a request. */
export const PROPERTIES: Readonly<Record<string, (request: KnownRequest) => string>> = {
  status: ({ status }) => String(status),
  method: ({ method }) => method,
  proto: ({ protocol }) => protocol,
  cache: ({ cache }) => cache,
  tls: ({ tls }) => tls,
  agent: ({ agentFamily }) => agentFamily,
  country: ({ ip }) => (ip.startsWith('192.0.2.') ? 'DE' : 'FR'),
};

/** By top list: the key of a request, if it has one. Queries are not kept. */
export const KEYS: Readonly<Record<string, (request: KnownRequest) => string | undefined>> = {
  ip: ({ ip }) => ip,
  url: ({ url }) => url.split('?')[0],
  referer: ({ referer }) => (referer === '-' ? undefined : referer),
  ua: ({ agent }) => agent,
  notfound: ({ url, status }) => (status === 404 ? url.split('?')[0] : undefined),
};
