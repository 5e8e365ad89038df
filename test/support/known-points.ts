import { createHash } from 'node:crypto';
import type { KnownAccount, KnownRequest } from './known-traffic.ts';

/**
 * Points as the meter would write them, made from known requests by the rules of the schema but by
 * nothing of src/: plain objects and loops. Line protocol, timestamps in seconds.
 */
const FINE_MS = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536,
];
const COARSE_MS = FINE_MS.filter((ms) => (ms & (ms - 1)) === 0);
const WINDOW_S = 10;
const DETAIL_S = 60;

type Fields = Record<string, number | string>;
type Tags = Record<string, string>;

function escaped(value: string): string {
  return value.replaceAll(/[ ,=]/g, (char) => `\\${char}`);
}

function line(measurement: string, tags: Tags, fields: Fields, timeS: number): string {
  const tagText = Object.entries(tags).map(([key, value]) => `,${key}=${escaped(value)}`);
  const fieldText = Object.entries(fields).map(([key, value]) => {
    if (typeof value === 'string') return `${key}="${value.replaceAll(/["\\]/g, '\\$&')}"`;
    return `${key}=${value}${key === 'error_rate' ? '' : 'i'}`;
  });
  return `${measurement}${tagText.join('')} ${fieldText.join(',')} ${timeS}`;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** The value below which a share q of the numbers lies, by rank. */
export function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function latency(times: readonly number[], bounds: readonly number[]): Fields {
  const fields: Fields = {
    rt_count: times.length,
    rt_sum: sumOf(times, (ms) => ms),
    rt_max: Math.max(0, ...times),
  };
  bounds.forEach((bound, i) => {
    const below = bounds[i - 1] ?? -1;
    fields[`b_${bound}`] = times.filter((ms) => ms > below && ms <= bound).length;
  });
  fields['b_inf'] = times.filter((ms) => ms > (bounds.at(-1) ?? 0)).length;
  return fields;
}

function statusFields(requests: readonly KnownRequest[]): Fields {
  const of = (hundreds: number) =>
    requests.filter(({ status }) => Math.floor(status / 100) === hundreds).length;
  return { c2xx: of(2), c3xx: of(3), c4xx: of(4), c5xx: of(5) };
}

function common(requests: readonly KnownRequest[]) {
  return {
    count: requests.length,
    traffic: sumOf(requests, ({ bytesOut }) => bytesOut),
    errors: requests.filter(({ status }) => status >= 400).length,
  };
}

/** Requests by the start of their window and by some tags, in the order of their first request. */
function grouped(
  requests: readonly KnownRequest[],
  windowS: number,
  tagsOf: (request: KnownRequest) => Tags | undefined,
): { startS: number; tags: Tags; requests: KnownRequest[] }[] {
  const groups = new Map<string, { startS: number; tags: Tags; requests: KnownRequest[] }>();
  for (const request of requests) {
    const tags = tagsOf(request);
    if (tags === undefined) continue;
    const startS = request.timeS - (request.timeS % windowS);
    const key = JSON.stringify([startS, tags]);
    const group = groups.get(key) ?? { startS, tags, requests: [] };
    group.requests.push(request);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const place = ({ host, log, site }: KnownRequest): Tags => ({ host, log, site });

function accessLogLine(startS: number, tags: Tags, requests: readonly KnownRequest[]): string {
  const times = requests.map(({ ms }) => ms);
  const { count, traffic, errors } = common(requests);
  const fields: Fields = {
    window: WINDOW_S,
    count,
    traffic,
    bytes_in: sumOf(requests, ({ bytesIn }) => bytesIn),
    error_rate: count === 0 ? 0 : errors / count,
    errors,
    c1xx: 0,
    ...statusFields(requests),
    c499: requests.filter(({ status }) => status === 499).length,
    ...latency(times, FINE_MS),
    rt_p50: exactQuantile(times, 0.5),
    rt_p95: exactQuantile(times, 0.95),
    rt_p99: exactQuantile(times, 0.99),
  };
  return line('access_log', tags, fields, startS);
}

/** A point for every window of every site that appears at all, also for the empty ones. */
function accessLogLines(
  requests: readonly KnownRequest[],
  accounts: readonly KnownAccount[],
): string[] {
  const byKey = new Map(
    grouped(requests, WINDOW_S, place).map((group) => [
      JSON.stringify([group.startS, group.tags]),
      group.requests,
    ]),
  );
  const sites = [...new Set(requests.map(({ site }) => site))];
  return accounts.flatMap(({ startS, host, log }) =>
    sites.map((site) => {
      const tags = { host, log, site };
      return accessLogLine(startS, tags, byKey.get(JSON.stringify([startS, tags])) ?? []);
    }),
  );
}

function agentLines(accounts: readonly KnownAccount[]): string[] {
  return accounts.map(({ startS, host, log, counted, unparsed, late, filtered }) => {
    const lines = counted + unparsed + late + filtered;
    const fields = {
      lines,
      counted,
      unparsed,
      late,
      filtered,
      bytes: lines * 200,
      unread_bytes: 0,
      lag_ms: 800 + (startS % 60),
      rotations: startS % 3600 === 0 ? 1 : 0,
      truncations: startS % 3600 === 1800 ? 1 : 0,
    };
    return line('access_log_agent', { host, log }, fields, startS);
  });
}

function sidecarLines(accounts: readonly KnownAccount[]): string[] {
  return accounts.map(({ startS, host }) => {
    const fields = {
      uptime: startS % 3600, // restarted every full hour
      points: 31,
      writes: 3,
      write_errors: startS % 600 === 0 ? 1 : 0,
      rejected_points: 0,
      spool_bytes: 2048,
      spool_age_ms: 900,
      write_ms: 12,
      rss: 61_500_000,
      cpu_ms: 310,
      series: 71,
      folded: 0,
    };
    return line('access_log_sidecar', { host }, fields, startS);
  });
}

function detailLines(requests: readonly KnownRequest[]): string[] {
  const routes = grouped(requests, DETAIL_S, (one) => ({ ...place(one), route: one.route })).map(
    ({ startS, tags, requests: own }) =>
      line(
        'access_log_route',
        tags,
        {
          ...common(own),
          ...statusFields(own),
          ...latency(
            own.map(({ ms }) => ms),
            COARSE_MS,
          ),
        },
        startS,
      ),
  );
  const upstreams = grouped(requests, DETAIL_S, (one) =>
    one.upstream === undefined ? undefined : { ...place(one), upstream: one.upstream.address },
  ).map(({ startS, tags, requests: own }) => {
    const { count, errors } = common(own);
    const retries = sumOf(own, ({ upstream }) => upstream?.retries ?? 0);
    const times = own.map(({ upstream }) => upstream?.ms ?? 0);
    return line(
      'access_log_upstream',
      tags,
      { count, errors, retries, ...latency(times, COARSE_MS) },
      startS,
    );
  });
  return [...routes, ...upstreams];
}

export const PROPERTIES: Readonly<Record<string, (request: KnownRequest) => string>> = {
  status: ({ status }) => String(status),
  method: ({ method }) => method,
  proto: ({ protocol }) => protocol,
  cache: ({ cache }) => cache,
  tls: ({ tls }) => tls,
  agent: ({ agentFamily }) => agentFamily,
};

function propertyLines(requests: readonly KnownRequest[]): string[] {
  return Object.entries(PROPERTIES).flatMap(([dim, value]) =>
    grouped(requests, DETAIL_S, (one) => ({ ...place(one), dim, value: value(one) })).map((group) =>
      line('access_log_by', group.tags, common(group.requests), group.startS),
    ),
  );
}

export const KEYS: Readonly<Record<string, (request: KnownRequest) => string | undefined>> = {
  ip: ({ ip }) => ip,
  url: ({ url }) => url,
  referer: ({ referer }) => referer,
  ua: ({ agent }) => agent,
  notfound: ({ url, status }) => (status === 404 ? url : undefined),
};

/** Ten keys of each kind, as text fields under their rank. */
function topLines(requests: readonly KnownRequest[]): string[] {
  return Object.entries(KEYS).flatMap(([dim, keyOf]) =>
    grouped(requests, DETAIL_S, place).flatMap(({ startS, tags, requests: own }) => {
      const byKey = Map.groupBy(own, keyOf);
      byKey.delete(undefined);
      return [...byKey]
        .sort(([, a], [, b]) => b.length - a.length)
        .slice(0, 10)
        .map(([key, ofKey], i) =>
          line(
            'access_log_top',
            { ...tags, dim, rank: String(i + 1).padStart(2, '0') },
            { key: key ?? '', ...common(ofKey) },
            startS,
          ),
        );
    }),
  );
}

/** 128 HyperLogLog registers: the register by seven bits of a hash, its value by the zeros that follow. */
function uniqLines(requests: readonly KnownRequest[]): string[] {
  return grouped(requests, DETAIL_S, place).map(({ startS, tags, requests: own }) => {
    const registers = Array.from({ length: 128 }, () => 0);
    for (const { ip, agent } of own) {
      const hash = createHash('sha256').update(`${ip} ${agent}`).digest();
      const register = (hash[0] ?? 0) >> 1;
      registers[register] = Math.max(
        registers[register] ?? 0,
        Math.clz32(hash.readUInt32BE(4)) + 1,
      );
    }
    const fields: Fields = { uniq: new Set(own.map(({ ip, agent }) => `${ip} ${agent}`)).size };
    registers.forEach((value, i) => (fields[`r${String(i).padStart(3, '0')}`] = value));
    return line('access_log_uniq', tags, fields, startS);
  });
}

/** Every measurement; `requests` and `accounts` are of the same time and hosts. */
export function knownPoints(
  requests: readonly KnownRequest[],
  accounts: readonly KnownAccount[],
): string[] {
  return [
    ...accessLogLines(requests, accounts),
    ...agentLines(accounts),
    ...sidecarLines(accounts),
    ...detailLines(requests),
    ...propertyLines(requests),
    ...topLines(requests),
    ...uniqLines(requests),
  ];
}
