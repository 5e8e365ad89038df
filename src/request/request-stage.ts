import type { RecordBatch } from '../parse/record-batch.ts';
import { FILLS_AGENT, FILLS_ROUTE } from './dimension-columns.ts';
import { hasRules } from './ignore-rules.ts';
import { RowDimensions, type RowDimensionsOptions } from './row-dimensions.ts';

/**
 * The stage between parsing and aggregating: finds out what requests say, some hundred rows at a time,
 * and marks the rows that IGNORE leaves out.
 *
 * Use: `attach(records)`, then `next(from)` from 0 on until all rows are through; the rows between two
 * calls go to the windows before the next one, because `rows` speaks of them alone.
 */
export class RequestStage {
  readonly rows: RowDimensions;
  readonly #options: RowDimensionsOptions;
  readonly #hasRules: boolean;

  constructor(options: RowDimensionsOptions) {
    this.#options = options;
    this.rows = new RowDimensions(options);
    this.#hasRules = hasRules(options.ignore);
  }

  attach(records: RecordBatch): void {
    this.rows.attach(records);
  }

  /** Returns the first row that is not ready: `from + 1` or more. */
  next(records: RecordBatch, from: number): number {
    const until = this.rows.lookUp(from);
    if (this.#hasRules) {
      for (let row = from; row < until; row++) {
        records.ignored[row] = this.#isIgnored(records.status[row] ?? 0, row - from) ? 1 : 0;
      }
    }
    return until;
  }

  /** `at`: of the row in the columns of `rows`. */
  #isIgnored(status: number, at: number): boolean {
    if (this.#options.ignore.statuses[status] === 1) return true;
    const { routes, agents, gathered } = this.rows;
    const filled = gathered.filled[at] ?? 0;
    if ((filled & FILLS_ROUTE) !== 0 && routes.ignored[routes.found[at] ?? 0] === 1) return true;
    return (filled & FILLS_AGENT) !== 0 && agents.ignored[agents.found[at] ?? 0] === 1;
  }
}
