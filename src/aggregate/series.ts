import { LATENCY_BINS, latencyBin, latencyTotals } from './latency.ts';
import type { SiteTotals } from './sealed-window.ts';

/**
 * The running totals of one site in one window. Plain numbers in typed arrays: adding a request
 * allocates nothing, and a checkpoint is the arrays themselves.
 */
const COUNT = 0;
const TRAFFIC = 1;
const BYTES_IN = 2;
const ERRORS = 3;
/** 1xx stands at CLASSES + 1, 5xx at CLASSES + 5; CLASSES + 0 takes statuses outside 100…599. */
const CLASSES = 4;
const C499 = 10;
const RT_COUNT = 11;
const RT_SUM = 12;
const RT_MAX = 13;
const TOTALS = 14;

/** JSON form of a series: totals, then its latency bins as [bin, count, bin, count, …]. */
export type SeriesSnapshot = [totals: number[], sparseBins: number[]];

export class Series {
  readonly #totals = new Float64Array(TOTALS);
  /** Made with the first request that has a time. */
  #bins: Uint32Array | undefined;

  /** Counts one request; sizes in bytes. */
  add(status: number, errorStatusMin: number, bytesOut: number, bytesIn: number): void {
    const totals = this.#totals;
    totals[COUNT] = (totals[COUNT] ?? 0) + 1;
    totals[TRAFFIC] = (totals[TRAFFIC] ?? 0) + bytesOut;
    totals[BYTES_IN] = (totals[BYTES_IN] ?? 0) + bytesIn;
    if (status >= errorStatusMin) totals[ERRORS] = (totals[ERRORS] ?? 0) + 1;
    const at = CLASSES + (status >= 100 && status < 600 ? (status / 100) | 0 : 0);
    totals[at] = (totals[at] ?? 0) + 1;
    if (status === 499) totals[C499] = (totals[C499] ?? 0) + 1;
  }

  /** The time in whole milliseconds, not negative, of a request that has been counted. */
  addTime(ms: number): void {
    if (ms < 0) return;
    const totals = this.#totals;
    totals[RT_COUNT] = (totals[RT_COUNT] ?? 0) + 1;
    totals[RT_SUM] = (totals[RT_SUM] ?? 0) + ms;
    if (ms > (totals[RT_MAX] ?? 0)) totals[RT_MAX] = ms;
    const bins = (this.#bins ??= new Uint32Array(LATENCY_BINS));
    const bin = latencyBin(ms);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }

  seal(site: string, hasBytesIn: boolean, hasLatency: boolean): SiteTotals {
    return {
      site,
      count: this.#at(COUNT),
      traffic: this.#at(TRAFFIC),
      bytesIn: hasBytesIn ? this.#at(BYTES_IN) : undefined,
      errors: this.#at(ERRORS),
      classes: [
        this.#at(CLASSES + 1),
        this.#at(CLASSES + 2),
        this.#at(CLASSES + 3),
        this.#at(CLASSES + 4),
        this.#at(CLASSES + 5),
      ],
      c499: this.#at(C499),
      latency: hasLatency
        ? latencyTotals(this.#bins, this.#at(RT_COUNT), this.#at(RT_SUM), this.#at(RT_MAX))
        : undefined,
    };
  }

  #at(index: number): number {
    return this.#totals[index] ?? 0;
  }

  snapshot(): SeriesSnapshot {
    const sparseBins: number[] = [];
    this.#bins?.forEach((count, bin) => {
      if (count > 0) sparseBins.push(bin, count);
    });
    return [[...this.#totals], sparseBins];
  }

  static restore([totals, sparseBins]: SeriesSnapshot): Series {
    const series = new Series();
    series.#totals.set(totals.slice(0, TOTALS));
    if (sparseBins.length > 0) {
      const bins = new Uint32Array(LATENCY_BINS);
      for (let i = 0; i + 1 < sparseBins.length; i += 2) {
        bins[sparseBins[i] ?? 0] = sparseBins[i + 1] ?? 0;
      }
      series.#bins = bins;
    }
    return series;
  }
}
