/**
 * Made-up traffic of three kinds of sites, for measuring and testing routes: the same numbers every
 * time, with the ways of naming things that such sites have.
 */

export interface MadeRequest {
  readonly timeS: number;
  readonly method: string;
  readonly target: string;
  readonly status: number;
}

export type Site = 'rest-api' | 'shop' | 'wordpress-under-attack';

/** Random numbers that are the same in every run (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Small numbers often, large ones seldom. */
  zipf(limit: number): number {
    return Math.floor(limit ** this.next()) - 1;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  letters(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.below(alphabet.length)]).join('');
  }

  hex(length: number): string {
    return this.letters('0123456789abcdef', length);
  }
}

const WORDS = `red blue green cotton wool linen shirt shoe boot jacket summer winter classic modern
  light heavy small large simple best guide story travel garden kitchen coffee music river mountain
  city night morning letter window paper stone water glass wooden silver golden quiet fast`.split(
  /\s+/u,
);
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The n-th of endlessly many titles of so many words. */
function title(n: number, length: number): string {
  const dice = new Dice(n * 7 + length);
  return Array.from({ length }, () => dice.of(WORDS)).join('-');
}

function uuid(dice: Dice): string {
  return [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join('-');
}

type Make = (dice: Dice) => string;
/** How often, and what. */
type Mix = readonly (readonly [weight: number, make: Make])[];

const REST_RESOURCES = [
  'orders',
  'invoices',
  'shipments',
  'payments',
  'tickets',
  'messages',
  'devices',
  'sensors',
  'sessions',
  'projects',
  'reports',
  'webhooks',
] as const;

const REST_API: Mix = [
  [14, (d) => `/api/v1/users/${d.zipf(1e6)}`],
  [8, (d) => `/api/v1/users/${d.zipf(1e6)}/orders?page=${d.below(9)}`],
  [9, (d) => `/api/v1/${d.of(REST_RESOURCES)}?limit=50&cursor=${d.letters(BASE62, 22)}`],
  [16, (d) => `/api/v1/${d.of(REST_RESOURCES)}/${uuid(d)}`],
  [5, (d) => `/api/v1/${d.of(REST_RESOURCES)}/${uuid(d)}/events/${d.below(500)}`],
  [6, (d) => `/api/v2/accounts/acc_${d.letters(BASE62, 14)}/balance`],
  [4, (d) => `/api/v2/files/${d.letters(BASE62, 22)}/download`],
  [4, (d) => `/api/v1/metrics/2026-${10 + d.below(3)}-${10 + d.below(20)}`],
  [3, (d) => `/api/v1/users/by-email/user${d.below(9999)}%40example.com`],
  [3, (d) => `/api/v1/tags/${d.of(WORDS)}`],
  [6, () => '/api/v1/auth/token'],
  [4, () => '/api/v1/users/me'],
  [6, () => '/graphql'],
  [5, () => '/healthz'],
  [2, (d) => `/api/v1/commits/${d.hex(40)}/diff`],
  [
    2,
    (d) =>
      `/rpc/${d.of(['getUserById', 'listOpenOrders', 'updateStockLevel', 'closeAllSessions'])}`,
  ],
  [2, (d) => `/docs/assets/swagger-ui.${d.hex(8)}.${d.of(['css', 'js', 'png'])}`],
  [1, (d) => `/${d.letters(BASE62, 4 + d.below(9))}`],
];

const LOCALES = ['en', 'de', 'fr', 'en-GB'] as const;
const locale = (d: Dice) => d.of(LOCALES);

const SHOP: Mix = [
  [15, (d) => `/${locale(d)}/product/${title(d.zipf(5000), 3)}-${10_000 + d.zipf(5000)}`],
  [8, (d) => `/${locale(d)}/p/${title(d.zipf(5000), 2)}`],
  [8, (d) => `/${locale(d)}/category/${title(d.zipf(40), 2)}?sort=price&page=${d.below(20)}`],
  [3, (d) => `/${locale(d)}/brand/${title(d.zipf(200), 2)}`],
  [6, (d) => `/${locale(d)}/search?q=${d.of(WORDS)}+${d.of(WORDS)}`],
  [5, (d) => `/${locale(d)}`],
  [4, (d) => `/${locale(d)}/cart`],
  [2, (d) => `/${locale(d)}/checkout/${d.of(['address', 'payment', 'summary'])}`],
  [2, (d) => `/${locale(d)}/account/orders/${d.below(1e6)}`],
  [18, (d) => `/media/catalog/product/cache/${d.hex(32)}/${d.of(WORDS)}-${d.zipf(5000)}.jpg`],
  [
    10,
    (d) =>
      `/assets/${d.of(['css', 'js', 'fonts'])}/app.${d.hex(8)}.${d.of(['css', 'js', 'woff2'])}`,
  ],
  [5, (d) => `/api/stock/${d.zipf(5000)}`],
  [4, () => '/api/cart'],
  [2, (d) => `/blog/${title(d.zipf(300), 6)}`],
  [2, (d) => `/${title(d.zipf(50), 6)}.html`],
  [1, () => '/favicon.ico'],
  [1, () => '/robots.txt'],
  [1, (d) => `/sitemap-products-${d.below(20)}.xml`],
  [1, (d) => `/${d.of(['impressum', 'contact', 'shipping', 'returns', 'terms', 'jobs'])}`],
  [1, (d) => `/${d.letters(BASE62, 4 + d.below(9))}.php`],
];

const WORDPRESS: Mix = [
  [8, (d) => `/2026/${10 + d.below(3)}/${10 + d.below(20)}/${title(d.zipf(400), 5)}/`],
  [8, (d) => `/${title(d.zipf(400), 3 + d.below(4))}/`],
  [3, (d) => `/category/${title(d.zipf(12), 1)}/page/${1 + d.below(9)}/`],
  [2, (d) => `/tag/${title(d.zipf(100), 2)}/feed/`],
  [
    10,
    (d) =>
      `/wp-content/themes/one/${d.of(['style.css', 'app.js', 'logo.svg'])}?ver=6.${d.below(9)}`,
  ],
  [6, (d) => `/wp-content/uploads/2026/${10 + d.below(3)}/${title(d.zipf(400), 2)}-300x200.webp`],
  [2, () => '/wp-json/wp/v2/posts?per_page=10'],
  [2, () => '/wp-admin/admin-ajax.php'],
  [4, () => '/'],
  [18, () => '/wp-login.php'],
  [12, () => '/xmlrpc.php'],
  // Looking for open doors: names from a list, or at random.
  [6, (d) => `/${d.letters('abcdefghijklmnopqrstuvwxyz', 3 + d.below(8))}.php`],
  [5, (d) => `/wp-content/plugins/${title(d.below(1e6), 2)}/readme.txt`],
  [4, (d) => `/${d.letters(BASE62, 5 + d.below(20))}`],
  [3, (d) => `/${d.of(WORDS)}/${d.of(WORDS)}/${d.of(WORDS)}/shell.php?cmd=id`],
  [2, (d) => `/?author=${d.below(50)}`],
  [2, (d) => d.of(['/.env', '/.git/config', '/backup.zip', '/phpmyadmin/', '/server-status'])],
  [2, () => '/cgi-bin/.%2e/%2e%2e/%2e%2e/bin/sh'],
  [1, (d) => `/${d.letters('/.%2eabcx', 40)}`],
];

const MIXES: Readonly<Record<Site, Mix>> = {
  'rest-api': REST_API,
  shop: SHOP,
  'wordpress-under-attack': WORDPRESS,
};

/** `count` requests in order of time, `perSecond` of them a second, from `startS` on. */
export function* madeRequests(
  site: Site,
  options: { count: number; perSecond: number; startS: number; seed?: number },
): Generator<MadeRequest> {
  const dice = new Dice(options.seed ?? 1);
  const mix = MIXES[site];
  const total = mix.reduce((sum, [weight]) => sum + weight, 0);
  for (let i = 0; i < options.count; i++) {
    let at = dice.next() * total;
    const [, make] = mix.find(([weight]) => (at -= weight) < 0) ?? mix[0]!;
    const isError = dice.next() < 0.04;
    yield {
      timeS: options.startS + Math.floor(i / options.perSecond),
      method: dice.next() < 0.85 ? 'GET' : 'POST',
      target: make(dice),
      status: isError ? dice.of([404, 404, 404, 500, 502]) : 200,
    };
  }
}
