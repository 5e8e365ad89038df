import assert from 'node:assert/strict';
import { countIndependently, type Truth, type WindowTruth } from './independent-count.ts';
import type { Influx } from './influxdb.ts';
import { waitUntil } from './wait-until.ts';

/** What the points of one site in one window say; fields that are missing or null are left out. */
export type WindowPoint = Readonly<Record<string, number | string>>;

/** How the lines of a log are told to the independent count. */
export interface TruthOptions {
  readonly windowS?: number;
  readonly errorStatusMin?: number;
}

const COUNTS = [
  'count',
  'traffic',
  'errors',
  'c1xx',
  'c2xx',
  'c3xx',
  'c4xx',
  'c5xx',
  'c499',
] as const satisfies readonly (keyof WindowTruth)[];
const LATENCY = ['rt_count', 'rt_sum', 'rt_max'] as const satisfies readonly (keyof WindowTruth)[];

/** Upper bounds of the bins in ms, as the documentation of the points states them. */
const BOUNDS_MS = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
  3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152, 65536,
];

/** `access_log` of one log: rows that hold a request, sorted by time and site. */
export async function windowsInInflux(
  influx: Influx,
  db: string,
  log: string,
): Promise<WindowPoint[]> {
  const rows = await influx.rows(
    `SELECT * FROM "access_log" WHERE "log" = '${log}' AND "count" > 0`,
    db,
  );
  return rows
    .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
    .map((row) => row as WindowPoint)
    .sort(
      (a, b) =>
        Number(a['time']) - Number(b['time']) || (String(a['site']) < String(b['site']) ? -1 : 1),
    );
}

/** Waits until the database holds so many requests of the log. */
export async function waitForCount(
  influx: Influx,
  db: string,
  log: string,
  count: number,
  deadlineMs = 30_000,
): Promise<void> {
  let found = 0;
  await waitUntil(
    `InfluxDB holds ${count} requests of ${log}`,
    async () => {
      const [row] = await influx.rows(
        `SELECT sum("count") AS n FROM "access_log" WHERE "log" = '${log}'`,
        db,
      );
      found = Number(row?.['n'] ?? 0);
      return found >= count;
    },
    { deadlineMs, pollMs: 100, detail: () => `it holds ${found}` },
  );
}

/** Every field of every window, against a count of the lines that shares no code with the meter. */
export function assertSameWindows(
  points: readonly WindowPoint[],
  lines: readonly string[],
  pattern: RegExp,
  options: TruthOptions = {},
): Truth {
  const truth = countIndependently(lines, pattern, options);
  const isTimed = pattern.source.includes('(?<rt>');
  const hasLength = pattern.source.includes('(?<len>');
  const expected = truth.windows.map((window) => ({
    time: window.startS,
    site: window.site,
    window: options.windowS ?? 10,
    ...pick(window, COUNTS),
    error_rate: Number((window.errors / window.count).toPrecision(6)),
    ...(hasLength ? { bytes_in: window.bytes_in } : {}),
    ...(isTimed ? pick(window, LATENCY) : {}),
  }));
  const actual = points.map((point) => {
    const names = Object.keys(expected[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, point[name]]));
  });
  assert.deepEqual(actual, expected);
  if (isTimed) assertSameBins(points, lines, pattern, options.windowS ?? 10);
  else assert.ok(points.every((point) => !('rt_count' in point) && !('b_inf' in point)));
  return truth;
}

function pick<K extends keyof WindowTruth>(
  window: WindowTruth,
  names: readonly K[],
): Pick<WindowTruth, K> {
  return Object.fromEntries(names.map((name) => [name, window[name]])) as Pick<WindowTruth, K>;
}

/** The bins of each window, from the times in the lines themselves. */
function assertSameBins(
  points: readonly WindowPoint[],
  lines: readonly string[],
  pattern: RegExp,
  windowS: number,
): void {
  const names = [...BOUNDS_MS.map((ms) => `b_${ms}`), 'b_inf'];
  const expected = new Map<string, Record<string, number>>();
  for (const line of lines) {
    const window = countIndependently([line], pattern, { windowS }).windows[0];
    if (window === undefined) continue;
    const key = `${window.startS} ${window.site}`;
    const bins = expected.get(key) ?? Object.fromEntries(names.map((name) => [name, 0]));
    expected.set(key, bins);
    if (window.rt_count === 0) continue;
    const name = `b_${BOUNDS_MS.find((bound) => window.rt_max <= bound) ?? 'inf'}`;
    bins[name] = (bins[name] ?? 0) + 1;
  }
  for (const point of points) {
    const key = `${point['time']} ${point['site']}`;
    const bins = Object.fromEntries(names.map((name) => [name, Number(point[name])]));
    assert.deepEqual(bins, expected.get(key), `bins of ${key}`);
    const sum = Object.values(bins).reduce((total, n) => total + n, 0);
    assert.equal(sum, point['rt_count']);
  }
}

export interface LinesTotals {
  readonly lines: number;
  readonly counted: number;
  readonly unparsed: number;
  readonly late: number;
  readonly filtered: number;
  readonly bytes: number;
}

/** The accounts of a log added up, after each single one has been found to balance. */
export async function accountInInflux(
  influx: Influx,
  db: string,
  log: string,
): Promise<LinesTotals> {
  const rows = await influx.rows(`SELECT * FROM "access_log_lines" WHERE "log" = '${log}'`, db);
  const totals = { lines: 0, counted: 0, unparsed: 0, late: 0, filtered: 0, bytes: 0 };
  for (const row of rows) {
    const own = Object.fromEntries(
      Object.keys(totals).map((name) => [name, Number(row[name])]),
    ) as typeof totals;
    assert.equal(own.lines, own.counted + own.unparsed + own.late + own.filtered);
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += own[name];
  }
  return totals;
}
