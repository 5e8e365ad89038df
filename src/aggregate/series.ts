import { LATENCY_BINS, latencyTotals } from './latency.ts';
import type { SiteTotals } from './sealed-window.ts';

/**
 * The running totals of one site in one window. Plain numbers in typed arrays: adding a request
 * allocates nothing, and a checkpoint is the arrays themselves.
 */
export const COUNT = 0;
export const TRAFFIC = 1;
export const BYTES_IN = 2;
export const ERRORS = 3;
/** 1xx stands at CLASSES + 1, 5xx at CLASSES + 5; CLASSES + 0 takes statuses outside 100…599. */
export const CLASSES = 4;
export const C499 = 10;
export const RT_COUNT = 11;
export const RT_SUM = 12;
export const RT_MAX = 13;
const TOTALS = 14;

/** JSON form of a series: totals, then its latency bins as [bin, count, bin, count, …]. */
export type SeriesSnapshot = [totals: number[], sparseBins: number[]];

export class Series {
  readonly totals = new Float64Array(TOTALS);
  /** Made with the first request that has a time. */
  bins: Uint32Array | undefined;

  binsOrNew(): Uint32Array {
    this.bins ??= new Uint32Array(LATENCY_BINS);
    return this.bins;
  }

  at(index: number): number {
    return this.totals[index] ?? 0;
  }

  seal(site: string, hasBytesIn: boolean, hasLatency: boolean): SiteTotals {
    return {
      site,
      count: this.at(COUNT),
      traffic: this.at(TRAFFIC),
      bytesIn: hasBytesIn ? this.at(BYTES_IN) : undefined,
      errors: this.at(ERRORS),
      classes: [
        this.at(CLASSES + 1),
        this.at(CLASSES + 2),
        this.at(CLASSES + 3),
        this.at(CLASSES + 4),
        this.at(CLASSES + 5),
      ],
      c499: this.at(C499),
      latency: hasLatency
        ? latencyTotals(this.bins, this.at(RT_COUNT), this.at(RT_SUM), this.at(RT_MAX))
        : undefined,
    };
  }

  snapshot(): SeriesSnapshot {
    const sparseBins: number[] = [];
    this.bins?.forEach((count, bin) => {
      if (count > 0) sparseBins.push(bin, count);
    });
    return [[...this.totals], sparseBins];
  }

  static restore([totals, sparseBins]: SeriesSnapshot): Series {
    const series = new Series();
    series.totals.set(totals.slice(0, TOTALS));
    for (let i = 0; i + 1 < sparseBins.length; i += 2) {
      series.binsOrNew()[sparseBins[i] ?? 0] = sparseBins[i + 1] ?? 0;
    }
    return series;
  }
}
