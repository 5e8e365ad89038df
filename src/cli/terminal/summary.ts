import { LATENCY_BOUNDS_MS, type SealedWindow } from '../../aggregate/sealed-window.ts';
import type { Clock } from '../../clock.ts';
import { printable } from '../../text/printable.ts';
import { totalsByLog } from '../../status/log-totals.ts';
import type { MeterStatus } from '../../status/meter-status.ts';
import { LOST, renderTable, type Row } from './summary-table.ts';
import { unreadyReasons } from '../../status/readiness.ts';

/**
 * The live summary: what a person at a terminal sees of the meter. Rates come from the counters and
 * move at once; errors, percentiles and sites come from the windows of the last ten seconds that
 * were handed over. Owns at most those windows and a few samples of the counters per log.
 */

/** Windows and counter samples within this span are added up. */
const SPAN_MS = 10_000;
const SITES_SHOWN = 8;
const LOGS_SHOWN = 12;
const REASONS_SHOWN = 3;

/** Added up over several windows. */
interface Totals {
  count: number;
  errors: number;
  traffic: number;
  bins: number[] | undefined;
}

interface Sample {
  readonly uptimeMs: number;
  readonly counted: number;
}

export class Summary {
  readonly #windowS: number;
  readonly #clock: Pick<Clock, 'now'>;
  /** By log, then by window start, ascending; at most a span's worth. */
  readonly #windows = new Map<string, Map<number, SealedWindow>>();
  readonly #samples = new Map<string, Sample[]>();

  constructor(options: { readonly windowS: number; readonly clock: Pick<Clock, 'now'> }) {
    this.#windowS = options.windowS;
    this.#clock = options.clock;
  }

  /** Takes windows as they are handed over; one that was handed over again replaces itself. */
  add(windows: readonly SealedWindow[]): void {
    const kept = Math.max(1, Math.ceil(SPAN_MS / 1000 / this.#windowS));
    for (const window of windows) {
      const known = this.#windows.get(window.log) ?? new Map<number, SealedWindow>();
      this.#windows.set(window.log, known);
      known.set(window.startS, window);
      const newestS = Math.max(...known.keys());
      for (const startS of known.keys()) {
        if (startS <= newestS - kept * this.#windowS) known.delete(startS);
      }
    }
  }

  /** The lines to draw. `status` is sampled, so call it about once a second. */
  render(status: MeterStatus, style: { readonly color: boolean }): string[] {
    const logs = totalsByLog(status.logs).slice(0, LOGS_SHOWN);
    const paint = style.color ? colored : (text: string) => text;
    const lines = [
      `${paint('nginx-meter', 'bold')} ${status.version}  up ${span(status.uptimeMs)}`,
      '',
      ...renderTable(
        ['log', 'requests/s', 'errors', 'p50', 'p95', 'traffic/s', 'lag', 'format'],
        logs.map((log) => this.#logRow(log, status)),
        paint,
      ),
    ];
    const sites = this.#siteRows();
    if (sites.length > 0) {
      const head = [
        `site, last ${this.#spanS()} s`,
        'requests/s',
        'errors',
        'p50',
        'p95',
        'traffic/s',
      ];
      lines.push('', ...renderTable(head, sites, paint));
    }
    lines.push('', accounting(status), `${spoolText(status)}  ${targetText(status)}`);
    for (const { subject, message } of unreadyReasons(status).slice(0, REASONS_SHOWN)) {
      const where = subject === undefined ? '' : `${subject}: `;
      lines.push(paint(`! ${printable(where + message)}`, 'red'));
    }
    return lines;
  }

  #spanS(): number {
    return Math.max(1, Math.ceil(SPAN_MS / 1000 / this.#windowS)) * this.#windowS;
  }

  #logRow(log: ReturnType<typeof totalsByLog>[number], status: MeterStatus): Row {
    const rate = this.#rateOf(log.log, {
      uptimeMs: status.uptimeMs,
      counted: log.counted,
    });
    const totals = emptyTotals();
    const seconds = this.#addWindows(log.log, (window) => {
      for (const site of window.sites) addTo(totals, site);
    });
    const lag = log.caughtUp ? duration(log.lagMs) : `${size(log.unreadBytes)} to read`;
    return {
      cells: [
        printable(log.log, 40),
        number(rate),
        ...figures(totals),
        seconds === 0 ? LOST : size(totals.traffic / seconds),
        lag,
        printable(log.formatName, 30),
      ],
      isBad: log.trouble !== undefined || errorRatio(totals) > 0.05,
    };
  }

  /** Requests per second since the oldest sample of the span. */
  #rateOf(log: string, now: Sample): number {
    const samples = this.#samples.get(log) ?? [];
    this.#samples.set(log, samples);
    samples.push(now);
    while (samples.length > 2 && now.uptimeMs - (samples[1]?.uptimeMs ?? 0) >= SPAN_MS / 2) {
      samples.shift();
    }
    const first = samples[0] ?? now;
    const elapsedMs = now.uptimeMs - first.uptimeMs;
    return elapsedMs <= 0 ? 0 : ((now.counted - first.counted) * 1000) / elapsedMs;
  }

  #siteRows(): Row[] {
    const sites = new Map<string, Totals>();
    let seconds = 0;
    for (const log of this.#windows.keys()) {
      const own = this.#addWindows(log, (window) => {
        for (const site of window.sites) {
          const totals = sites.get(site.site) ?? emptyTotals();
          sites.set(site.site, totals);
          addTo(totals, site);
        }
      });
      seconds = Math.max(seconds, own);
    }
    return [...sites]
      .filter(([, totals]) => totals.count > 0)
      .sort(([, a], [, b]) => b.count - a.count)
      .slice(0, SITES_SHOWN)
      .map(([site, totals]) => ({
        cells: [
          printable(site, 40),
          number(totals.count / seconds),
          ...figures(totals),
          size(totals.traffic / seconds),
        ],
        isBad: errorRatio(totals) > 0.05,
      }));
  }

  /** Calls `each` for the log's windows that are not too old to be shown; returns their seconds. */
  #addWindows(log: string, each: (window: SealedWindow) => void): number {
    // A window is handed over about a second after its end, and shown until the next is overdue.
    const oldestS = this.#clock.now() / 1000 - this.#spanS() - this.#windowS - 2;
    let seconds = 0;
    for (const window of this.#windows.get(log)?.values() ?? []) {
      if (window.startS < oldestS) continue;
      seconds += window.windowS;
      each(window);
    }
    return seconds;
  }
}

function emptyTotals(): Totals {
  return { count: 0, errors: 0, traffic: 0, bins: undefined };
}

function addTo(totals: Totals, site: SealedWindow['sites'][number]): void {
  totals.count += site.count;
  totals.errors += site.errors;
  totals.traffic += site.traffic;
  if (site.latency === undefined) return;
  const bins = (totals.bins ??= site.latency.bins.map(() => 0));
  for (const [i, count] of site.latency.bins.entries()) bins[i] = (bins[i] ?? 0) + count;
}

function errorRatio(totals: Totals): number {
  return totals.count === 0 ? 0 : totals.errors / totals.count;
}

/** Errors and percentiles as cells. */
function figures(totals: Totals): string[] {
  if (totals.count === 0) return [LOST, LOST, LOST];
  const { bins } = totals;
  const errors = `${(errorRatio(totals) * 100).toFixed(1)} %`;
  if (bins === undefined) return [errors, LOST, LOST];
  return [errors, duration(quantileMs(bins, 0.5)), duration(quantileMs(bins, 0.95))];
}

/** Interpolated within its bin on a logarithmic scale, as the queries of the dashboards do. */
export function quantileMs(bins: readonly number[], quantile: number): number {
  const rank = quantile * bins.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [i, count] of bins.entries()) {
    if (count > 0 && below + count >= rank) {
      const upper = LATENCY_BOUNDS_MS[i] ?? LATENCY_BOUNDS_MS.at(-1) ?? 0;
      const lower = LATENCY_BOUNDS_MS[i - 1] ?? upper / 2;
      return lower * (upper / lower) ** ((rank - below) / count);
    }
    below += count;
  }
  return 0;
}

function accounting(status: MeterStatus): string {
  let [lines, counted, late, filtered, unparsed] = [0, 0, 0, 0, 0];
  for (const log of totalsByLog(status.logs)) {
    lines += log.lines;
    counted += log.counted;
    late += log.late;
    filtered += log.filtered;
    for (const count of Object.values(log.unparsed)) unparsed += count;
  }
  const parts = `${counted} counted + ${unparsed} unparsed + ${late} late + ${filtered} filtered`;
  return `lines ${lines} = ${parts}`;
}

function spoolText({ spool }: MeterStatus): string {
  return `spool ${spool.records} batches, ${size(spool.bytes)} of ${size(spool.maxBytes)}`;
}

function targetText({ writer }: MeterStatus): string {
  if (writer === undefined) return 'database none (INFLUX_URL is not set)';
  const rejected = writer.rejectedPoints === 0 ? '' : `, ${writer.rejectedPoints} rejected`;
  return `database ${printable(writer.target, 60)} ${writer.state}, ${writer.points} written${rejected}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes.toFixed(0)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${seconds % 60} s` : `${hours} h ${minutes % 60} min`;
}

const COLORS = { bold: '1', dim: '2', red: '31' } as const;
export type Color = keyof typeof COLORS;

function colored(text: string, color: Color): string {
  return `\u001b[${COLORS[color]}m${text}\u001b[0m`;
}
