/**
 * `nginx-meter report` side by side with GoAccess on the same log in one run: what both count, and what it
 * costs them. Use: npm run bench:report; LINES=4000000 ROUNDS=1, `-- --json` for figures.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Summary } from '../src/summary/model.ts';
import { PROJECT_ROOT } from '../test/support/project.ts';
import { findTool } from '../test/support/tools.ts';
import { generateLog } from './generated-log.ts';
import { findGauge, measure, type Measurement } from './measure.ts';

const LINES = Number(process.env['LINES'] ?? 4_000_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const TOP = 10;

/** What GoAccess writes as JSON, as far as it is looked at (https://goaccess.io/man, --output). */
interface GoAccessReport {
  readonly general: {
    readonly total_requests: number;
    readonly valid_requests: number;
    readonly bandwidth: number;
  };
  readonly status_codes: { readonly data: readonly GoAccessRow[] };
  readonly requests: { readonly data: readonly GoAccessRow[] };
  readonly hosts: { readonly data: readonly GoAccessRow[] };
}

interface GoAccessRow {
  readonly data: string;
  readonly hits: { readonly count: number };
  readonly items?: readonly GoAccessRow[];
}

interface Figures {
  readonly requests: number;
  readonly traffic: number;
  readonly statuses: ReadonlyMap<string, number>;
  readonly urls: ReadonlyMap<string, number>;
  readonly clients: ReadonlyMap<string, number>;
}

function ofGoAccess(text: string): Figures {
  const report = JSON.parse(text) as GoAccessReport;
  const statuses = report.status_codes.data.flatMap(({ items = [] }) => items);
  // `404 - Not Found: …`
  const byStatus = statuses.map(({ data, hits }) => [data.slice(0, 3), hits.count] as const);
  const counts = (rows: readonly GoAccessRow[]) =>
    new Map(rows.slice(0, TOP).map(({ data, hits }) => [data, hits.count]));
  return {
    requests: report.general.valid_requests,
    traffic: report.general.bandwidth,
    statuses: new Map(byStatus),
    urls: counts(report.requests.data),
    clients: counts(report.hosts.data),
  };
}

function ofSummary(text: string): Figures {
  const { totals, statuses, urls, notFound, clients } = JSON.parse(text) as Summary;
  const missing = new Map(notFound.rows.map(({ key, requests }) => [key, requests]));
  return {
    requests: totals.requests,
    traffic: totals.traffic,
    statuses: new Map(statuses.map(({ status, requests }) => [status, requests])),
    // GoAccess lists what was not found apart.
    urls: firstOf(
      urls.rows.map(({ key, requests }) => [key, requests - (missing.get(key) ?? 0)] as const),
    ),
    clients: firstOf(clients.rows.map(({ key, requests }) => [key, requests] as const)),
  };
}

function firstOf(rows: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  return new Map(rows.toSorted(([, a], [, b]) => b - a).slice(0, TOP));
}

function differences(name: string, a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) {
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  return keys
    .filter((key) => a.get(key) !== b.get(key))
    .map(
      (key) =>
        `${name} ${key}: ${a.get(key) ?? 'not listed'}, GoAccess ${b.get(key) ?? 'not listed'}`,
    );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const { path, bytes } = generateLog(process.env['BENCH_FOLDER'] ?? tmpdir(), LINES);
const goaccess = await findTool('goaccess');
if (goaccess.kind !== 'local') throw new Error('GoAccess does not run in a container');
const gauge = await findGauge();
const folder = mkdtempSync(join(tmpdir(), 'bench-report-'));
const json = join(folder, 'goaccess.json');
const commands = {
  'nginx-meter report': {
    argv: [
      process.execPath,
      join(PROJECT_ROOT, 'dist/main.js'),
      'report',
      '--json',
      '--top=1000',
      path,
    ],
    env: { NODE_ENV: 'production' },
  },
  GoAccess: {
    // A URL is one row, whatever its query string, method and protocol, as it is with us.
    argv: [
      ...[goaccess.path, path, '--log-format=COMBINED', '--no-global-config', `--output=${json}`],
      ...['--no-query-string', '--http-method=no', '--http-protocol=no'],
    ],
    env: goaccess.env,
  },
};
const runs = new Map<string, Measurement[]>();
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { argv, env }] of Object.entries(commands)) {
      const measured = measure(gauge, argv, env, folder);
      runs.set(name, [...(runs.get(name) ?? []), measured]);
    }
  }
  const [own = []] = runs.values();
  const ours = ofSummary(own.at(-1)?.stdout ?? '');
  const theirs = ofGoAccess(readFileSync(json, 'utf8'));
  const different = [
    ...differences('status', ours.statuses, theirs.statuses),
    ...differences('URL', ours.urls, theirs.urls),
    ...differences('client', ours.clients, theirs.clients),
  ];
  if (ours.requests !== theirs.requests)
    different.push(`requests: ${ours.requests}, GoAccess ${theirs.requests}`);
  if (ours.traffic !== theirs.traffic)
    different.push(`bytes: ${ours.traffic}, GoAccess ${theirs.traffic}`);
  const rows = Array.from(runs, ([name, all]) => ({
    name,
    cpuS: median(all.map(({ cpuS }) => cpuS)),
    wallS: median(all.map(({ wallS }) => wallS)),
    peakMb: median(all.map(({ rssKb }) => rssKb)) / 1000,
  }));
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ lines: LINES, bytes, rows, different }));
  } else {
    console.log(`${LINES} lines, ${(bytes / 1e6).toFixed(0)} MB, median of ${ROUNDS}\n`);
    console.log('| | CPU s | seconds | peak MB |\n|---|---|---|---|');
    for (const { name, cpuS, wallS, peakMb } of rows)
      console.log(`| ${name} | ${cpuS.toFixed(2)} | ${wallS.toFixed(2)} | ${peakMb.toFixed(0)} |`);
    const [a, b] = rows;
    console.log(
      `\nGoAccess takes ${((b?.cpuS ?? 0) / (a?.cpuS ?? 1)).toFixed(1)} times the CPU time.`,
    );
    console.log(different.length === 0 ? 'All figures are equal.' : different.join('\n'));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
