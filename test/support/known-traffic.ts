/**
 * Traffic whose every request is known, so that what a dashboard shows can be compared with the truth.
 * Deterministic: the same options give the same requests.
 */
export interface KnownRequest {
  /** Epoch seconds. */
  readonly timeS: number;
  readonly host: string;
  readonly log: string;
  readonly site: string;
  readonly route: string;
  readonly url: string;
  readonly method: string;
  readonly protocol: string;
  readonly tls: string;
  readonly cache: string;
  readonly status: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Whole milliseconds, as `$request_time` has them. */
  readonly ms: number;
  /** Undefined where nginx answered by itself. */
  readonly upstream:
    | { readonly address: string; readonly ms: number; readonly retries: number }
    | undefined;
  readonly ip: string;
  readonly agent: string;
  readonly agentFamily: string;
  readonly referer: string;
}

export interface TrafficOptions {
  readonly fromS: number;
  readonly toS: number;
  readonly hosts: readonly string[];
  readonly sites: readonly string[];
  readonly seed: number;
  /** Mean number of requests of one site on one host in ten seconds. */
  readonly perTenSeconds: number;
}

/** Numbers in 0…1 from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const ROUTES = [
  { route: '/', url: '/', weight: 30, medianMs: 12, upstream: false },
  { route: '/api/v1/users/:id', url: '/api/v1/users/42', weight: 30, medianMs: 60, upstream: true },
  { route: '/static/*.js', url: '/static/app.js', weight: 25, medianMs: 3, upstream: false },
  { route: '/search', url: '/search?q=a', weight: 10, medianMs: 240, upstream: true },
  { route: '/checkout', url: '/checkout', weight: 5, medianMs: 500, upstream: true },
] as const;

const STATUSES = [
  { status: 200, weight: 80 },
  { status: 304, weight: 8 },
  { status: 404, weight: 5 },
  { status: 403, weight: 2 },
  { status: 499, weight: 1 },
  { status: 500, weight: 1 },
  { status: 502, weight: 2 },
  { status: 504, weight: 1 },
] as const;

const AGENTS = [
  { agent: 'Mozilla/5.0 Firefox/130.0', agentFamily: 'firefox', weight: 6 },
  { agent: 'curl/8.5.0', agentFamily: 'curl', weight: 2 },
  { agent: 'ExampleBot/1.0', agentFamily: 'bot', weight: 2 },
] as const;

function pick<T extends { readonly weight: number }>(items: readonly T[], random: number): T {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  let left = random * total;
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  throw new RangeError('no item');
}

/** Log-normal, as durations are: the median, and one in twenty five times as long. */
function duration(medianMs: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.round(medianMs * Math.exp(normal)));
}

export function knownTraffic(options: TrafficOptions): KnownRequest[] {
  const random = randomNumbers(options.seed);
  const requests: KnownRequest[] = [];
  for (let startS = options.fromS; startS < options.toS; startS += 10) {
    for (const host of options.hosts)
      for (const site of options.sites) {
        // Some windows stay empty, as on a quiet site; in the first one every site is heard of.
        const count = Math.max(
          startS === options.fromS ? 1 : 0,
          Math.floor(random() * (2 * options.perTenSeconds + 1)),
        );
        for (let i = 0; i < count; i++)
          requests.push(request(startS + Math.floor(random() * 10), host, site, random));
      }
  }
  return requests;
}

function request(timeS: number, host: string, site: string, random: () => number): KnownRequest {
  const { route, url, medianMs, upstream } = pick(ROUTES, random());
  const { status } = pick(STATUSES, random());
  const { agent, agentFamily } = pick(AGENTS, random());
  const ms = duration(medianMs, random);
  const isCached = !upstream || random() < 0.1;
  const address = `10.0.0.${1 + Math.floor(random() * 3)}:8080`;
  return {
    timeS,
    host,
    log: 'access',
    site,
    route,
    url,
    status,
    agent,
    agentFamily,
    ms,
    method: random() < 0.8 ? 'GET' : 'POST',
    protocol: random() < 0.7 ? 'HTTP/2.0' : 'HTTP/1.1',
    tls: 'TLSv1.3',
    cache: isCached ? 'HIT' : 'MISS',
    bytesOut: Math.floor(random() * 20_000),
    bytesIn: 100 + Math.floor(random() * 900),
    upstream: isCached
      ? undefined
      : { address, ms: Math.max(1, Math.floor(ms * 0.8)), retries: random() < 0.02 ? 1 : 0 },
    // Few busy clients and many others.
    ip:
      random() < 0.3
        ? `192.0.2.${Math.floor(random() * 5)}`
        : `10.1.${Math.floor(random() * 20)}.${Math.floor(random() * 200)}`,
    referer: random() < 0.5 ? '-' : 'https://www.example.com/',
  };
}

/** The account of one log in one window; always adds up. */
export interface KnownAccount {
  readonly startS: number;
  readonly host: string;
  readonly log: string;
  readonly counted: number;
  readonly unparsed: number;
  readonly late: number;
  readonly filtered: number;
}

/**
 * The number of requests in each window, and now and then a line that is not counted: health checks in
 * the last window at least, so that the log goes on to its end, and lines that are unparsed or late
 * only where others tell their window.
 */
export function knownAccounts(
  requests: readonly KnownRequest[],
  options: TrafficOptions,
): KnownAccount[] {
  const random = randomNumbers(options.seed + 1);
  const counted = new Map<string, number>();
  for (const { host, log, timeS } of requests) {
    const key = `${host} ${log} ${timeS - (timeS % 10)}`;
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  const accounts: KnownAccount[] = [];
  for (let startS = options.fromS; startS < options.toS; startS += 10)
    for (const host of options.hosts) {
      const own = counted.get(`${host} access ${startS}`) ?? 0;
      const isLast = startS + 10 >= options.toS;
      const filtered = random() < 0.1 || isLast ? 2 : 0;
      const odd = [random() < 0.05, random() < 0.01].map((is) =>
        is && own + filtered > 0 ? 1 : 0,
      );
      const [unparsed = 0, late = 0] = odd;
      accounts.push({ startS, host, log: 'access', counted: own, unparsed, late, filtered });
    }
  return accounts;
}
