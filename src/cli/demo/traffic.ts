/**
 * Made-up traffic for the demo: a few sites with routes of their own, latencies with a long tail, a
 * daily wave that takes two minutes, now and then an incident at one site, and the noise that every
 * public server hears. There is something to find: a slow route, a server behind nginx that fails, a
 * scanner. The same seed gives the same lines.
 */

/** The `log_format` the lines are written in: combined, and what the meter can use beyond it. */
export const TRAFFIC_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_length $request_time "$upstream_addr" ' +
  '"$upstream_status" "$upstream_response_time" "$host"';

interface Route {
  readonly weight: number;
  readonly method: string;
  /** `#` stands for a number. */
  readonly path: string;
  readonly status: readonly (readonly [status: number, weight: number])[];
  readonly medianMs: number;
  /** Of the logarithm: 0.4 is steady, 1 has a long tail. */
  readonly spread: number;
  readonly bytes: number;
}

interface Site {
  readonly host: string;
  readonly weight: number;
  /** Servers behind nginx; none where it answers by itself. */
  readonly upstreams: readonly string[];
  readonly routes: readonly Route[];
}

const PAGE = [
  [200, 930],
  [304, 50],
  [404, 15],
  [500, 2],
] as const;
const OK = [
  [200, 995],
  [499, 3],
  [502, 1],
] as const;

function route(
  weight: number,
  request: string,
  [medianMs, spread]: readonly [number, number],
  bytes: number,
  status: Route['status'] = OK,
): Route {
  const [method = 'GET', path = '/'] = request.split(' ');
  return { weight, method, path, medianMs, spread, bytes, status };
}

const SITES: readonly Site[] = [
  {
    host: 'shop.example.com',
    weight: 50,
    upstreams: ['10.0.0.11:8080', '10.0.0.12:8080', '10.0.0.13:8080'],
    routes: [
      route(20, 'GET /', [35, 0.5], 18_000, PAGE),
      route(40, 'GET /products/#', [48, 0.6], 24_000, PAGE),
      route(15, 'GET /search?q=#', [120, 0.8], 31_000, PAGE),
      route(2, 'GET /account/orders/#', [1900, 0.5], 42_000, PAGE),
      route(8, 'POST /cart', [60, 0.5], 900, [
        [201, 97],
        [409, 3],
      ]),
      route(3, 'POST /checkout', [340, 0.7], 1400, [
        [303, 95],
        [402, 4],
        [500, 1],
      ]),
    ],
  },
  {
    host: 'api.example.com',
    weight: 30,
    upstreams: ['10.0.0.21:9000', '10.0.0.22:9000'],
    routes: [
      route(50, 'GET /v1/users/#', [12, 0.5], 1100, [
        [200, 96],
        [404, 3],
        [401, 1],
      ]),
      route(25, 'GET /v1/orders?page=#', [28, 0.6], 6200),
      route(10, 'PUT /v1/users/#', [22, 0.6], 300, [
        [200, 90],
        [422, 10],
      ]),
      route(5, 'DELETE /v1/sessions/#', [9, 0.4], 0, [[204, 100]]),
    ],
  },
  {
    host: 'www.example.com',
    weight: 15,
    upstreams: [],
    routes: [
      route(30, 'GET /', [18, 0.4], 9000, PAGE),
      route(20, 'GET /blog/#', [25, 0.5], 14_000, PAGE),
      route(60, 'GET /static/app.#.js', [1, 0.6], 48_000, [
        [200, 70],
        [304, 30],
      ]),
      route(4, 'GET /wp-login.php', [2, 0.3], 150, [[404, 100]]),
    ],
  },
  {
    host: 'files.example.com',
    weight: 5,
    upstreams: [],
    routes: [
      route(1, 'GET /download/#.iso', [900, 1], 2_400_000, [
        [200, 60],
        [206, 40],
      ]),
    ],
  },
];

const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'curl/8.11.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];

/** One of the servers answers so seldom that nginx often asks another. */
const FAILING_UPSTREAM = '10.0.0.12:8080';
const FAILING_SHARE = 0.15;

/** What the scanner looks for, ten seconds of each half minute. */
const SCANNED = ['/.env', '/.git/config', '/phpmyadmin/', '/wp-login.php', '/vendor/phpunit/'];
const SCANNER = { address: '203.0.113.66', agent: 'Mozilla/5.0 zgrab/0.x', share: 0.06 };
const SCAN_EVERY_MS = 30_000;
const SCAN_MS = 10_000;

const WAVE_MS = 120_000;
const INCIDENT_EVERY_MS = 45_000;
const INCIDENT_MS = 9000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export class Traffic {
  readonly #requestsPerSecond: number;
  readonly #seed: number;
  readonly #random: () => number;
  /** Requests owed: the part of one that the last slice was too short for. */
  #owed = 0;

  constructor(options: { readonly seed: number; readonly requestsPerSecond: number }) {
    this.#requestsPerSecond = options.requestsPerSecond;
    this.#seed = options.seed;
    this.#random = mulberry32(options.seed);
  }

  /** What nginx logs in the slice [fromMs, toMs), epoch milliseconds; ends with a line feed if not empty. */
  lines(fromMs: number, toMs: number): string {
    const wave = 1 + 0.6 * Math.sin((fromMs / WAVE_MS) * 2 * Math.PI);
    const jitter = 0.7 + 0.6 * this.#random();
    this.#owed += (this.#requestsPerSecond * wave * jitter * (toMs - fromMs)) / 1000;
    const count = Math.floor(this.#owed);
    this.#owed -= count;
    let text = '';
    for (let i = 0; i < count; i++) text += this.#line(fromMs + ((toMs - fromMs) * i) / count);
    return text;
  }

  /** The site that is in trouble at that time; undefined for none. */
  #troubled(ms: number): Site | undefined {
    const slot = Math.floor(ms / INCIDENT_EVERY_MS);
    if (ms - slot * INCIDENT_EVERY_MS >= INCIDENT_MS) return undefined;
    return pick(SITES, mulberry32(this.#seed ^ slot)());
  }

  #line(ms: number): string {
    const random = this.#random;
    if (random() < 0.002) return this.#noise(ms);
    if (ms % SCAN_EVERY_MS < SCAN_MS && random() < SCANNER.share) return this.#scan(ms);
    const site = pick(SITES, random());
    const { method, path, status, medianMs, spread, bytes } = pick(site.routes, random());
    const isTroubled = this.#troubled(ms) === site;
    const [code] =
      isTroubled && random() < 0.3 ? [random() < 0.5 ? 502 : 504] : pickStatus(status, random());
    const slower = isTroubled ? 8 : 1;
    const tookMs = slower * medianMs * Math.exp(spread * this.#normal());
    const hasBody = code < 300 && code !== 204;
    const sent = hasBody
      ? Math.round(bytes * (0.6 + 0.8 * random()))
      : code === 304 || code === 204
        ? 0
        : 153;
    const uri = path.replace('#', String(Math.floor(random() ** 3 * 5000)));
    const referer = random() < 0.4 ? '-' : `https://${site.host}/`;
    const length = 280 + Math.floor(random() * 500) + (method === 'GET' ? 0 : 600);
    const took = (tookMs / 1000).toFixed(3);
    return (
      `${this.#address()} - - [${timeLocal(ms)}] "${method} ${uri} HTTP/1.1" ${code} ${sent} ` +
      `"${referer}" "${this.#agent()}" ${length} ${took} ` +
      `${this.#upstream(site, code, took)} "${site.host}"\n`
    );
  }

  /** The servers that were asked, as nginx logs them: with commas where the first one failed. */
  #upstream({ upstreams }: Site, status: number, took: string): string {
    const address = upstreams[Math.floor(this.#random() * upstreams.length)];
    if (address === undefined) return '"-" "-" "-"';
    if (address !== FAILING_UPSTREAM || this.#random() >= FAILING_SHARE)
      return `"${address}" "${status}" "${took}"`;
    const [next = address] = upstreams;
    return `"${address}, ${next}" "502, ${status}" "0.001, ${took}"`;
  }

  #scan(ms: number): string {
    const path = SCANNED[Math.floor(this.#random() * SCANNED.length)] ?? '/';
    return (
      `${SCANNER.address} - - [${timeLocal(ms)}] "GET ${path} HTTP/1.1" 404 153 "-" ` +
      `"${SCANNER.agent}" 140 0.001 "-" "-" "-" "www.example.com"\n`
    );
  }

  /** A client that speaks TLS to the plain port, as nginx logs it. */
  #noise(ms: number): string {
    return (
      `${this.#address()} - - [${timeLocal(ms)}] "\\x16\\x03\\x01\\x02\\x00\\x01\\x00" 400 157 ` +
      '"-" "-" 0 0.041 "-" "-" "-" "-"\n'
    );
  }

  /** Documentation addresses of RFC 5737 and RFC 3849. */
  #address(): string {
    const random = this.#random;
    if (random() < 0.2) return `2001:db8::${Math.floor(random() * 4096).toString(16)}`;
    const net = ['192.0.2', '198.51.100', '203.0.113'][Math.floor(random() * 3)] ?? '192.0.2';
    return `${net}.${1 + Math.floor(random() * 254)}`;
  }

  #agent(): string {
    return AGENTS[Math.floor(this.#random() * AGENTS.length)] ?? '-';
  }

  /** Box–Muller. */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    return radius * Math.cos(2 * Math.PI * this.#random());
  }
}

function pick<T extends { readonly weight: number }>(choices: readonly T[], random: number): T {
  let left = random * choices.reduce((sum, { weight }) => sum + weight, 0);
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice;
  }
  const last = choices.at(-1);
  if (last === undefined) throw new RangeError('nothing to pick from');
  return last;
}

function pickStatus(status: Route['status'], random: number): readonly [number] {
  return [
    pick(
      status.map(([code, weight]) => ({ code, weight })),
      random,
    ).code,
  ];
}

/** `22/Nov/2026:10:00:00 +0000`, nginx's $time_local on a machine that keeps UTC. */
function timeLocal(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day}:${time} +0000`;
}

/** A small generator of numbers in [0, 1) with 32 bits of state; good enough for traffic. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
