import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KeptTruth } from './kept-truth.ts';
import type { NameStyle } from './campaign-kind.ts';
import type { SeededRandom } from './seeded-random.ts';

/** nginx's combined, the request time and the site. */
export const SITE_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_time $host';
export const SITE_PATTERN =
  /^\S+ - .* \[(?<time>[0-3]\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "[^"]*" (?<status>\d{3}) (?<bytes>\d+|-) "[^"]*" "[^"]*" (?<rt>[0-9.]+|-) (?<site>\S+)$/;

const SITES = ['shop.example', 'api.example', 'www.example', 'img.example'];
const STATUSES = [200, 200, 200, 200, 204, 206, 301, 304, 404, 403, 499, 500, 502, 101];
const ODD_LINES = [
  'not a line of an access log',
  '',
  '\x00\x00\x00',
  '203.0.113.9 - - [99/Foo/2026:99:99:99 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 0.001 shop.example',
  '203.0.113.9 - - [22/Nov/2026:21:00:00 +0000] "GET / HTTP/1.1" 200',
];
const TICK_MS = 20;

export interface LogOptions {
  readonly path: string;
  readonly random: SeededRandom;
  /** How far the time of a line may lie behind the moment it is written. */
  readonly disorderMaxS: number;
  /** The zone of its timestamps, minutes east of Greenwich. */
  readonly zoneMinutes: number;
  readonly linesPerTick: number;
  /** Shared by the files of one log. */
  readonly truth: KeptTruth;
  /** What rotated files are called. */
  readonly names?: NameStyle;
}

/**
 * A log as nginx writes it, only faster, worse and known line by line: times in disorder, lines in two
 * pieces, lines that are none; and the rotations, done between two writes, so that no line is destroyed
 * that nobody could have read.
 */
export class TormentedLog {
  readonly path: string;
  readonly truth: KeptTruth;
  /** While true a line that was begun is not finished. */
  holdsHalf = false;
  readonly #options: LogOptions;
  #fd: number;
  #rest = '';
  #begun = '';
  #serial = 0;
  #rotations = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogOptions) {
    this.#options = options;
    this.path = options.path;
    this.truth = options.truth;
    mkdirSync(dirname(this.path), { recursive: true });
    this.#fd = openSync(this.path, 'a');
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends the writing with the last line complete. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#finishLine();
  }

  /** So many lines, the last one complete too. */
  write(count: number): void {
    this.#writeMany(count);
    this.#finishLine();
  }

  #writeMany(count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#finishLine();
      const line = this.#options.random.chance(0.01)
        ? this.#options.random.pick(ODD_LINES)
        : this.#line();
      if (line.length > 8 && this.#options.random.chance(0.1)) this.#begin(line);
      else this.#complete(`${line}\n`, line);
    }
  }

  /** Begins a line that stays half until `holdsHalf` is taken back. */
  writeHalf(): void {
    this.#finishLine();
    this.holdsHalf = true;
    this.#begin(this.#line());
  }

  /** `mv`: the writer keeps its descriptor until `reopen()`. */
  rename(): void {
    if (!existsSync(this.path)) return;
    this.#shift();
    renameSync(this.path, this.#nextPath());
  }

  reopen(): void {
    this.#finishLine();
    closeSync(this.#fd);
    this.#fd = openSync(this.path, 'a');
  }

  copytruncate(): void {
    this.#finishLine();
    this.#shift();
    copyFileSync(this.path, this.#nextPath());
    truncateSync(this.path);
  }

  /** By the real gzip, as logrotate does. Only files that nobody writes to any more. */
  compress(): void {
    for (const name of this.#rotated()) {
      if (name.endsWith('.gz')) continue;
      const { status, stderr } = spawnSync('gzip', ['-f', join(dirname(this.path), name)]);
      if (status !== 0) throw new Error(`gzip: ${stderr.toString()}`);
    }
  }

  close(): void {
    this.stop();
    closeSync(this.#fd);
  }

  #tick(): void {
    if (!this.holdsHalf) this.#writeMany(this.#options.linesPerTick);
  }

  #begin(line: string): void {
    const at = this.#options.random.between(1, line.length - 1);
    writeSync(this.#fd, line.slice(0, at), null, 'latin1');
    this.#begun = line;
    this.#rest = `${line.slice(at)}\n`;
  }

  #finishLine(): void {
    this.holdsHalf = false;
    if (this.#rest === '') return;
    const rest = this.#rest;
    this.#rest = '';
    this.#complete(rest, this.#begun);
  }

  #complete(bytes: string, line: string): void {
    writeSync(this.#fd, bytes, null, 'latin1');
    this.truth.add(line);
  }

  #line(): string {
    const { random, disorderMaxS, zoneMinutes } = this.#options;
    this.#serial += 1;
    const behindS = random.chance(0.2)
      ? random.between(0, disorderMaxS)
      : random.between(0, Math.min(1, disorderMaxS));
    const time = timeLocal(Math.floor(Date.now() / 1000) - behindS, zoneMinutes);
    const status = random.pick(STATUSES);
    const bytes = random.chance(0.05) ? '-' : random.between(0, 90_000);
    const seconds = random.chance(0.05)
      ? '-'
      : (Math.floor(random.next() ** 6 * 80_000) / 1000).toFixed(3);
    const client = `198.51.100.${random.between(1, 250)}`;
    return (
      `${client} - - [${time}] "GET /p/${this.#serial} HTTP/1.1" ${status} ${bytes} ` +
      `"-" "probe \\x22${random.between(1, 9)}\\x22" ${seconds} ${random.pick(SITES)}`
    );
  }

  get #name(): string {
    return basename(this.path);
  }

  #nextPath(): string {
    this.#rotations += 1;
    const count = String(this.#rotations);
    const names: Record<NameStyle, string> = {
      shifting: '.1',
      counting: `.${count}`,
      padded: `.${count.padStart(4, '0')}`,
      milliseconds: `-${Date.now()}`,
      words: `.${this.#options.random.between(1000, 9999)}-${count}.kept`,
    };
    return this.path + names[this.#options.names ?? 'shifting'];
  }

  #rotated(): string[] {
    return readdirSync(dirname(this.path))
      .filter((name) => name.startsWith(this.#name) && name !== this.#name)
      .sort((a, b) => numberOf(b) - numberOf(a));
  }

  /** `.1` becomes `.2`, from the oldest on. All generations are kept. */
  #shift(): void {
    if ((this.#options.names ?? 'shifting') !== 'shifting') return;
    const folder = dirname(this.path);
    for (const name of this.#rotated()) {
      const tail = name.endsWith('.gz') ? '.gz' : '';
      renameSync(join(folder, name), join(folder, `${this.#name}.${numberOf(name) + 1}${tail}`));
    }
  }
}

function numberOf(name: string): number {
  return Number(/\.(\d+)(\.gz)?$/.exec(name)?.[1]);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `$time_local` of an epoch second in a zone. */
function timeLocal(epochS: number, zoneMinutes: number): string {
  const at = new Date((epochS + zoneMinutes * 60) * 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const away = Math.abs(zoneMinutes);
  const zone = `${zoneMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}${two(away % 60)}`;
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${day}:${clock} ${zone}`;
}
