/**
 * Tells why a line does not fit its format: a wrong value where the form is right, or another form.
 * Only for lines that have failed already, so it takes its time: twice that of a good line.
 */
import type { LogFormat } from '../format/log-format.ts';
import { Plan } from '../line/plan.ts';
import {
  REASON_NUMBER,
  REASON_SHAPE,
  REASON_STATUS,
  REASON_TIME,
  RecordBatch,
} from '../record-batch.ts';
import { hasMeaning, isTime } from '../format/variables.ts';

export class Diagnosis {
  readonly #format: LogFormat;
  readonly #lenient: Plan;
  readonly #strict: Plan;
  readonly #row: RecordBatch;

  constructor(format: LogFormat) {
    const names = format.variables.map(({ name }) => name);
    this.#format = format;
    this.#row = new RecordBatch(1, names);
    this.#lenient = new Plan(format.lenientProgram, names, undefined);
    this.#strict = new Plan(format.program, names, undefined);
  }

  /** A REASON_* of the first wrong value. `quotes`: as for Plan.run, as many as the format has. */
  reason(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    quotes: Int32Array,
    firstQuote: number,
  ): number {
    this.#lenient.attach(bytes, view, this.#row);
    this.#strict.attach(bytes, view, this.#row);
    if (!this.#lenient.run(start, end, quotes, firstQuote, 0)) return REASON_SHAPE;
    for (const [v, { name, kind }] of this.#format.variables.entries()) {
      if (!hasMeaning(kind)) continue;
      const span = this.#row.spans.find(({ variable }) => variable === name);
      const from = span?.start[0] ?? 0;
      // A span that is absent stands before its `-`.
      const to = Math.max(span?.end[0] ?? 0, bytes[from] === DASH ? from + 1 : 0);
      if (this.#strict.isValue(v, from, to)) continue;
      if (kind === 'status') return REASON_STATUS;
      return isTime(kind) ? REASON_TIME : REASON_NUMBER;
    }
    return REASON_SHAPE;
  }
}

const DASH = 0x2d;
