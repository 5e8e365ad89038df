import { SeededRandom } from '../fault/torment/seeded-random.ts';

/**
 * A day of a small shop in a log with everything that the meter can use: a slow route, a failing upstream
 * in the afternoon, a scanner, and lines that strangers wrote to do harm.
 */
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  'curl/8.5.0',
];
const STEP_S = 43;

const two = (value: number) => String(value).padStart(2, '0');

export function timeOf(second: number): string {
  const clock = [3600, 60, 1].map((unit) =>
    two(Math.floor(second / unit) % (unit === 3600 ? 24 : 60)),
  );
  return `[29/Nov/2025:${clock.join(':')} +0000]`;
}

/** Escape sequences, markup, marks that turn text round, a long agent, and bytes that are no UTF-8. */
export const HOSTILE: readonly Buffer[] = [
  Buffer.from('this line is none of nginx \u001b[31mred\u001b[0m'),
  Buffer.from(
    `192.0.2.99 - - ${timeOf(30_000)} "GET /\\x1B[2J<script>alert(1)</script>\u202egnp.exe HTTP/1.1" ` +
      `404 10 "javascript:alert(1)" "\\x1B]0;owned\\x07 <b>${'A'.repeat(10_000)}" rt=0.001 len=400 ` +
      'site="<img src=x>" ua="-" us="-" ut="-"',
  ),
  Buffer.concat([
    Buffer.from(`192.0.2.98 - - ${timeOf(30_001)} "GET /`),
    Buffer.from([0xff, 0xfe, 0xc3]),
    Buffer.from(
      ' HTTP/1.1" 404 10 "-" "-" rt=0.001 len=400 site="shop.example" ua="-" us="-" ut="-"',
    ),
  ]),
];

export function reportLog(lines: number): Buffer {
  const random = new SeededRandom(7);
  const all: Buffer[] = [];
  for (let i = 0; i < lines; i++) {
    const second = i * STEP_S;
    const hour = Math.floor(second / 3600);
    const site = random.pick(['shop.example', 'shop.example', 'blog.example']);
    const user = random.between(1, 99);
    let path = random.pick([
      '/',
      `/api/v1/users/${user}`,
      `/img/${user}.png`,
      '/checkout',
      '/search?q=x',
    ]);
    let status = 200;
    let ms = random.between(1, 90);
    let upstream = `10.0.0.${random.between(1, 3)}:8080`;
    if (path === '/checkout' && (hour === 13 || hour === 14)) {
      [status, ms, upstream] = [502, random.between(1000, 4000), '10.0.0.3:8080'];
    } else if (path.startsWith('/search')) ms = random.between(200, 1200);
    else if (random.chance(0.05)) [path, status] = ['/wp-login.php', 404];
    const referer = status === 404 && random.chance(0.3) ? `https://${site}/` : '-';
    const seconds = (ms / 1000).toFixed(3);
    const request = `"GET ${path} HTTP/1.1" ${status} ${random.between(100, 40_000)}`;
    all.push(
      Buffer.from(
        `192.0.2.${random.between(1, 40)} - - ${timeOf(second)} ${request} "${referer}" ` +
          `"${random.pick(AGENTS)}" rt=${seconds} len=400 site="${site}" ua="${upstream}" ` +
          `us="${status}" ut="${seconds}"`,
      ),
    );
  }
  all.splice(Math.floor(lines / 2), 0, ...HOSTILE);
  return Buffer.concat(all.flatMap((line) => [line, Buffer.from('\n')]));
}
