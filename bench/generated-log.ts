import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A log in nginx's `combined` format for measurements: the same bytes for the same seed and number
 * of lines. About 225 bytes a line; URLs, clients and agents follow a skewed popularity, times move
 * on at 2 000 lines a second with a little disorder, and one line in 300 comes from a scanner.
 */
export interface GeneratedLog {
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
}

const LINES_PER_SECOND = 2000;
const BYTES_PER_LINE_MAX = 260;
const CHUNK_BYTES = 1 << 20;
/** Longest line that is ever written; a chunk is flushed when less than this is left. */
const LINE_BYTES_MAX = 4096;
const START_S = Date.UTC(2026, 2, 14, 6, 0, 0) / 1000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function generateLog(folder: string, lines: number, seed = 1): GeneratedLog {
  const path = join(folder, `combined-${lines}-${seed}.log`);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    const neededBytes = lines * BYTES_PER_LINE_MAX;
    if (bavail * bsize < neededBytes * 1.1) {
      throw new Error(
        `${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB left, ${Math.ceil(neededBytes / 1e6)} MB are needed: ` +
          'make room or set LINES= to a smaller number',
      );
    }
    const part = `${path}.part-${process.pid}`;
    write(part, lines, seed);
    renameSync(part, path);
  }
  return { path, lines, bytes: statSync(path).size };
}

function write(path: string, lines: number, seed: number): void {
  const random = seeded(seed);
  const pools = makePools(random);
  const file = openSync(path, 'wx');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let used = 0;
  let timeText = '';
  let timeS = -1;
  for (let n = 0; n < lines; n += 1) {
    const disorderS = random() < 0.02 ? -1 : 0;
    const nowS = Math.max(START_S, START_S + Math.floor(n / LINES_PER_SECOND) + disorderS);
    if (nowS !== timeS) {
      timeS = nowS;
      timeText = timeLocal(nowS);
    }
    used += chunk.write(line(random, pools, timeText), used, 'latin1');
    if (used > CHUNK_BYTES - LINE_BYTES_MAX) {
      writeSync(file, chunk, 0, used);
      used = 0;
    }
  }
  writeSync(file, chunk, 0, used);
  closeSync(file);
}

interface Pools {
  readonly clients: readonly string[];
  readonly urls: readonly string[];
  readonly referers: readonly string[];
  readonly agents: readonly string[];
}

function line(random: () => number, pools: Pools, timeText: string): string {
  const client = skewed(random, pools.clients);
  const dice = random();
  if (dice < 1 / 300) {
    const request = dice < 1 / 600 ? '\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03' : '';
    return `${client} - - [${timeText}] "${request}" 400 150 "-" "-"\n`;
  }
  const method = dice < 0.88 ? 'GET' : dice < 0.97 ? 'POST' : dice < 0.99 ? 'HEAD' : 'PUT';
  const protocol = dice < 0.7 ? 'HTTP/2.0' : 'HTTP/1.1';
  const status = statusFor(random());
  const noBody = status === 304 || status === 204 || method === 'HEAD';
  const bytes = noBody ? 0 : Math.floor(120 * Math.exp(random() * random() * 9));
  const user = dice > 0.5 && dice < 0.505 ? 'reports' : '-';
  return (
    `${client} - ${user} [${timeText}] "${method} ${skewed(random, pools.urls)} ${protocol}" ` +
    `${status} ${bytes} "${skewed(random, pools.referers)}" "${skewed(random, pools.agents)}"\n`
  );
}

function statusFor(dice: number): number {
  if (dice < 0.83) return 200;
  if (dice < 0.89) return 304;
  if (dice < 0.92) return 302;
  if (dice < 0.935) return 301;
  if (dice < 0.945) return 204;
  if (dice < 0.975) return 404;
  if (dice < 0.983) return 403;
  if (dice < 0.987) return 401;
  if (dice < 0.99) return 499;
  if (dice < 0.995) return 502;
  return dice < 0.998 ? 500 : 503;
}

function makePools(random: () => number): Pools {
  const int = (limit: number) => Math.floor(random() * limit);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => int(16).toString(16)).join('');
  const areas = ['shop', 'blog', 'api/v1/users', 'api/v2/orders', 'static/js', 'img', 'search'];
  const many = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => make(i));
  const url = (): string => {
    const area = areas[int(areas.length)] ?? 'shop';
    if (area === 'static/js') return `/static/js/${hex(8)}.chunk.js?v=${hex(6)}`;
    if (area === 'img') return `/img/${int(400)}/${hex(16)}_${100 * (1 + int(12))}x.webp`;
    if (area === 'search')
      return `/search?q=${hex(3 + int(9))}+${hex(4)}&page=${int(9)}&sort=price`;
    return `/${area}/${int(100_000)}${random() < 0.3 ? `?utm_source=${hex(5)}&ref=${hex(12)}` : ''}`;
  };
  const versions = () => `${100 + int(50)}.0.${int(9000)}.${int(200)}`;
  return {
    clients: many(20_000, (i) =>
      i % 11 === 0
        ? `2001:db8:${hex(4)}:${hex(4)}::${hex(4)}`
        : `${1 + int(222)}.${int(256)}.${int(256)}.${int(256)}`,
    ),
    urls: many(5000, url),
    referers: many(400, (i) => (i % 5 < 3 ? '-' : `https://www.example.test${url()}`)),
    agents: many(200, (i) => {
      if (i % 10 === 9) return `curl/8.${int(12)}.${int(3)}`;
      if (i % 10 === 8)
        return `Mozilla/5.0 (compatible; ExampleBot/2.${int(9)}; +https://bot.example.test/)`;
      const system =
        [
          'Windows NT 10.0; Win64; x64',
          'Macintosh; Intel Mac OS X 10_15_7',
          'X11; Linux x86_64',
          'Linux; Android 14',
        ][int(4)] ?? '';
      return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${versions()} Safari/537.36`;
    }),
  };
}

/** The first entries are chosen far more often than the last ones. */
function skewed(random: () => number, pool: readonly string[]): string {
  const r = random();
  return pool[Math.floor(r * r * r * pool.length)] ?? '';
}

function timeLocal(epochS: number): string {
  const date = new Date(epochS * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

/** A small generator of numbers in [0, 1) that gives the same sequence everywhere (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
