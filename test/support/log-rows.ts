import { LogWindows, type LogWindowsOptions } from '../../src/aggregate/log-windows.ts';
import type { DueMode } from '../../src/aggregate/time/due-windows.ts';
import type { Gauges } from '../../src/aggregate/gauges.ts';
import type { SealedWindow, SiteTotals } from '../../src/aggregate/sealed-window.ts';
import {
  FAMILY_BYTES_IN,
  FAMILY_SITE,
  FAMILY_TIME,
  REASON_SHAPE,
  RecordBatch,
} from '../../src/parse/record-batch.ts';

/** One line as the parser would hand it over. A line without `atS` is an unparsed one. */
export interface Row {
  /** Event time, epoch seconds. */
  readonly atS?: number;
  readonly status?: number;
  readonly bytesOut?: number;
  readonly bytesIn?: number;
  /** Absent: `-`. */
  readonly ms?: number;
  readonly site?: string | Uint8Array;
  /** Of an unparsed line; `shape` if not given. */
  readonly reason?: number;
}

export const ALL_FAMILIES = FAMILY_TIME | FAMILY_BYTES_IN | FAMILY_SITE;
/** Every row stands for a line of so many bytes, line end included. */
export const ROW_BYTES = 100;

/** Rows as columns, in place of bytes and a parser. */
export function recordBatch(rows: readonly Row[], families = ALL_FAMILIES): RecordBatch {
  const batch = new RecordBatch(Math.max(1, rows.length));
  const sites = rows.map(({ site = '' }) => (typeof site === 'string' ? Buffer.from(site) : site));
  batch.bytes = Buffer.concat(sites);
  batch.families = families;
  batch.length = rows.length;
  let siteAt = 0;
  rows.forEach((row, i) => {
    const siteEnd = siteAt + (sites[i]?.length ?? 0);
    batch.reason[i] = row.atS === undefined ? (row.reason ?? REASON_SHAPE) : 0;
    batch.timeS[i] = row.atS ?? 0;
    batch.status[i] = row.status ?? 200;
    batch.bytesOut[i] = row.bytesOut ?? 0;
    batch.bytesIn[i] = row.bytesIn ?? 0;
    batch.requestMs[i] = row.ms ?? -1;
    batch.lineStart[i] = i * ROW_BYTES;
    batch.lineEnd[i] = (i + 1) * ROW_BYTES - 1;
    batch.siteStart[i] = siteAt;
    batch.siteEnd[i] = siteEnd;
    siteAt = siteEnd;
  });
  return batch;
}

/** A moment that is the start of a window of every length up to an hour. */
export const NOON_S = Date.UTC(2026, 0, 2, 12, 0, 0) / 1000;

/**
 * The windows of one log with a database behind them: it keeps the last version of every window, as
 * InfluxDB would, and how often each was handed over.
 */
export class WindowBench {
  readonly stored = new Map<number, SealedWindow>();
  readonly timesHandedOver = new Map<number, number>();
  windows: LogWindows;
  readonly #options: LogWindowsOptions;

  constructor(options: Partial<LogWindowsOptions> = {}) {
    this.#options = {
      log: 'access',
      windowS: 10,
      latenessS: 60,
      errorStatusMin: 400,
      sitesMax: 50,
      rewrite: 'always',
      ...options,
    };
    this.windows = new LogWindows(this.#options);
  }

  add(rows: readonly Row[], nowS: number, isOwn = true): void {
    this.windows.add(recordBatch(rows), 0, rows.length, nowS * 1000, isOwn);
  }

  /** Takes every portion that is due; returns the starts, and keeps the windows. */
  take(mode: DueMode, nowS: number, gauges?: Gauges): number[] {
    const starts: number[] = [];
    let due = this.windows.takeDue(mode, nowS * 1000, gauges);
    while (due.length > 0) {
      for (const window of due) {
        starts.push(window.startS);
        this.stored.set(window.startS, window);
        this.timesHandedOver.set(window.startS, (this.timesHandedOver.get(window.startS) ?? 0) + 1);
      }
      due = this.windows.takeDue(mode, nowS * 1000);
    }
    return starts;
  }

  /** Stops, and starts again from what a checkpoint holds. */
  restart(): void {
    const snapshot = JSON.stringify(this.windows.snapshot());
    this.windows = new LogWindows(this.#options);
    this.windows.restore(JSON.parse(snapshot));
  }

  window(startS: number): SealedWindow {
    const window = this.stored.get(startS);
    if (window === undefined) throw new Error(`the window of ${startS} was never handed over`);
    return window;
  }

  site(startS: number, name = '-'): SiteTotals {
    const found = this.window(startS).sites.find(({ site }) => site === name);
    if (found === undefined) throw new Error(`the window of ${startS} has no site ${name}`);
    return found;
  }

  /** The sum of one figure of the accounting over all windows as they stand in the database. */
  sum(name: 'lines' | 'counted' | 'unparsed' | 'late' | 'filtered' | 'bytes'): number {
    let sum = 0;
    for (const { agent } of this.stored.values()) sum += agent[name];
    return sum;
  }
}

/** `n` starts from `fromS` on, `windowS` apart. */
export function row(fromS: number, n: number, windowS = 10): number[] {
  return Array.from({ length: n }, (_, i) => fromS + i * windowS);
}
