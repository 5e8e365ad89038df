import { countIndependently, type WindowTruth } from '../../support/independent-count.ts';
import type { Influx } from '../../support/influxdb.ts';

/** Upper bounds of the latency bins in ms, as the documentation of the points states them. */
const BOUNDS_MS = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536,
];
const BINS = [...BOUNDS_MS.map((ms) => `b_${ms}`), 'b_inf'];
const SUMS = [
  'count',
  'traffic',
  'errors',
  'c1xx',
  'c2xx',
  'c3xx',
  'c4xx',
  'c5xx',
  'c499',
  'bytes_in',
  'rt_count',
  'rt_sum',
  'rt_max',
] as const satisfies readonly (keyof WindowTruth)[];

export type Sums = Record<string, number>;

/** What a log holds, counted line by line by the writer's side, without any code of the meter. */
export class KeptTruth {
  /** By `${start} ${site}`. */
  readonly windows = new Map<string, Sums>();
  lines = 0;
  unparsed = 0;
  readonly #pattern: RegExp;
  readonly #windowS: number;

  readonly #isBySite: boolean;

  /** Not `isBySite` where sites are added up as `other`: then the windows are whole ones. */
  constructor(pattern: RegExp, windowS: number, isBySite = true) {
    this.#pattern = pattern;
    this.#windowS = windowS;
    this.#isBySite = isBySite;
  }

  keyOf(startS: number, site: string): string {
    return this.#isBySite ? `${startS} ${site}` : String(startS);
  }

  /** One complete line without its end, as latin1 text. */
  add(line: string): void {
    this.lines += 1;
    const [one] = countIndependently([line], this.#pattern, { windowS: this.#windowS }).windows;
    if (one === undefined) {
      this.unparsed += 1;
      return;
    }
    const key = this.keyOf(one.startS, one.site);
    const sums = this.windows.get(key) ?? noSums();
    this.windows.set(key, sums);
    for (const name of SUMS) addTo(sums, name, one[name]);
    if (one.rt_count === 0) return;
    const bin = `b_${BOUNDS_MS.find((bound) => one.rt_max <= bound) ?? 'inf'}`;
    sums[bin] = (sums[bin] ?? 0) + 1;
  }
}

function addTo(sums: Sums, name: string, value: number): void {
  const own = sums[name] ?? 0;
  sums[name] = name === 'rt_max' ? Math.max(own, value) : own + value;
}

function noSums(): Sums {
  return Object.fromEntries([...SUMS, ...BINS].map((name) => [name, 0]));
}

export interface Verdict {
  /** One sentence for each window or account that is not what it should be. */
  readonly differences: readonly string[];
  readonly lostLines: number;
  readonly doubledLines: number;
}

/**
 * Compares every field of every window, the account of the log, and the sums over its routes and
 * statuses with the truth: equal or not. `mayWait`: dimension windows may not have been written yet.
 */
export async function compareWithInflux(
  truth: KeptTruth,
  influx: Influx,
  database: string,
  log: string,
  { mayWait = false } = {},
): Promise<Verdict> {
  const differences: string[] = [];
  let lostLines = 0;
  let doubledLines = 0;
  const rows = await influx.rows(`SELECT * FROM "access_log" WHERE "log" = '${log}'`, database);
  const points = new Map<string, Sums>();
  for (const row of rows) {
    const key = truth.keyOf(Number(row['time']), String(row['site']));
    const sums = points.get(key) ?? noSums();
    points.set(key, sums);
    for (const name of Object.keys(sums)) addTo(sums, name, Number(row[name] ?? 0));
  }
  for (const key of new Set([...truth.windows.keys(), ...points.keys()])) {
    const sums = truth.windows.get(key) ?? noSums();
    const point = points.get(key);
    const wrong = Object.keys(sums).filter((name) => (point?.[name] ?? 0) !== sums[name]);
    if (wrong.length === 0) continue;
    const by = (point?.['count'] ?? 0) - (sums['count'] ?? 0);
    lostLines += Math.max(0, -by);
    doubledLines += Math.max(0, by);
    const shown = wrong.slice(0, 4).map((name) => `${name} ${point?.[name]} for ${sums[name]}`);
    differences.push(
      `window ${key}: ${point === undefined ? 'no point; ' : ''}${shown.join(', ')}`,
    );
  }
  differences.push(...(await compareAccount(truth, influx, database, log)));
  differences.push(...(await compareDimensions(truth, influx, database, log, mayWait)));
  return { differences, lostLines, doubledLines };
}

async function compareAccount(
  truth: KeptTruth,
  influx: Influx,
  database: string,
  log: string,
): Promise<string[]> {
  const differences: string[] = [];
  const rows = await influx.rows(
    `SELECT * FROM "access_log_lines" WHERE "log" = '${log}'`,
    database,
  );
  const total = { lines: 0, counted: 0, unparsed: 0, late: 0, filtered: 0 };
  for (const row of rows) {
    const of = (name: string): number => Number(row[name]);
    if (of('lines') !== of('counted') + of('unparsed') + of('late') + of('filtered')) {
      differences.push(`account of ${String(row['time'])} does not add up: ${JSON.stringify(row)}`);
    }
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += of(name);
  }
  const { lines, unparsed } = truth;
  const wanted = { lines, counted: lines - unparsed, unparsed, late: 0, filtered: 0 };
  if (JSON.stringify(total) !== JSON.stringify(wanted)) {
    differences.push(`accounts: ${JSON.stringify(total)} for ${JSON.stringify(wanted)}`);
  }
  return differences;
}

/** Every DIMENSION_WINDOW of the meter under test. */
const DIMENSION_S = 60;
/** Each holds every request once, under one of its values. */
const DIMENSIONS = ['access_log_route', 'access_log_by'] as const;

/** Sums over routes and over statuses are those of the windows. */
async function compareDimensions(
  truth: KeptTruth,
  influx: Influx,
  database: string,
  log: string,
  mayWait: boolean,
): Promise<string[]> {
  const wanted = new Map<number, number>();
  for (const [key, { count = 0 }] of truth.windows) {
    const atS = Number.parseInt(key, 10);
    const startS = atS - (atS % DIMENSION_S);
    wanted.set(startS, (wanted.get(startS) ?? 0) + count);
  }
  const differences: string[] = [];
  for (const measurement of DIMENSIONS) {
    const found = new Map<number, number>();
    const only = measurement === 'access_log_by' ? ` AND "dim" = 'status'` : '';
    const query = `SELECT "count" FROM "${measurement}" WHERE "log" = '${log}'${only}`;
    for (const row of await influx.rows(query, database)) {
      const startS = Number(row['time']);
      found.set(startS, (found.get(startS) ?? 0) + Number(row['count']));
    }
    for (const startS of new Set([...wanted.keys(), ...found.keys()])) {
      const [is = 0, should = 0] = [found.get(startS), wanted.get(startS)];
      if (is === 0 && mayWait) continue;
      if (is !== should) differences.push(`${measurement} of ${startS}: ${is} for ${should}`);
    }
  }
  return differences;
}
