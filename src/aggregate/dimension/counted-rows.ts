import { ROWS_MAX } from '../../request/keys/key-cache.ts';

/**
 * Rows that a window has counted in its totals and that wait to be counted by dimension. Counting
 * many rows in one dimension after the other takes half the time of counting all dimensions row by
 * row. The columns are reused; `length` says how many rows are valid.
 */
export class CountedRows {
  length = 0;
  /** Where the row stands in the columns of RowDimensions. */
  readonly at = new Int32Array(ROWS_MAX);
  /** Index of its site in the window. */
  readonly sites = new Int32Array(ROWS_MAX);
  readonly status = new Int32Array(ROWS_MAX);
  /** 1 or 0. */
  readonly errors = new Uint8Array(ROWS_MAX);
  /** Bytes. */
  readonly traffic = new Float64Array(ROWS_MAX);
  /** -1: the request has no time. */
  readonly ms = new Int32Array(ROWS_MAX);

  /** Keeps the rows whose status is this one, in `kept`. */
  copyStatus(status: number, kept: CountedRows): void {
    kept.length = 0;
    for (let i = 0; i < this.length; i++) {
      if (this.status[i] !== status) continue;
      kept.add(
        this.at[i] ?? 0,
        this.sites[i] ?? 0,
        status,
        this.errors[i] ?? 0,
        this.traffic[i] ?? 0,
        this.ms[i] ?? -1,
      );
    }
  }

  add(at: number, site: number, status: number, errors: number, traffic: number, ms: number): void {
    const i = this.length++;
    this.at[i] = at;
    this.sites[i] = site;
    this.status[i] = status;
    this.errors[i] = errors;
    this.traffic[i] = traffic;
    this.ms[i] = ms;
  }
}
