/** A format that lines may have, with what it takes to run it. */
import { Diagnosis } from './advice/diagnosis.ts';
import type { Format } from './format-choice.ts';
import type { Program } from './format/log-format.ts';
import { JsonPlan } from './json/json-plan.ts';
import { Plan } from './line/plan.ts';
import type { Scanner } from './line/scanner.ts';
import { type RecordBatch, REASON_SHAPE } from './record-batch.ts';

export class Candidate {
  readonly format: Format;
  /** Fills the rows. Of several candidates it takes only what has all the marks of the format. */
  readonly plan: Plan | JsonPlan;
  /** Takes what has the form of the format, where that is more than `plan` takes. */
  readonly loose: Plan | undefined;
  /** Quotes that each line has, or -1. */
  readonly quoteCount: number;
  /** Lines that it has read. */
  lines = 0;
  #probe: Plan | undefined;
  #looseProbe: Plan | undefined;
  #diagnosis: Diagnosis | undefined;

  constructor(format: Format, { machine }: Scanner, isAlone: boolean) {
    this.format = format;
    this.loose = undefined;
    if (format.kind === 'json') {
      this.plan = new JsonPlan(format);
      this.quoteCount = -1;
      return;
    }
    const { program, strictProgram, siteVariable } = format;
    const names = format.variables.map(({ name }) => name);
    const isStrict = !isAlone && !areSame(program, strictProgram);
    this.plan = new Plan(isStrict ? strictProgram : program, names, siteVariable, machine);
    if (isStrict) this.loose = new Plan(program, names, siteVariable);
    this.quoteCount = program.quoteCount;
  }

  get families(): number {
    return this.format.families ?? (this.plan instanceof JsonPlan ? this.plan.families : 0);
  }

  /** With so many quotes a line can have the form; a cut table of quotes tells nothing. */
  fitsQuotes(count: number): boolean {
    return this.quoteCount < 0 || this.quoteCount === count;
  }

  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.plan.attach(bytes, view, into);
    this.loose?.attach(bytes, view, into);
  }

  /** A plan to try lines with, which leaves the rows alone; undefined for JSON. */
  probe(isLoose: boolean): Plan | undefined {
    const { format } = this;
    if (format.kind === 'json') return undefined;
    const names = format.variables.map(({ name }) => name);
    if (isLoose) {
      return (this.#looseProbe ??= new Plan(format.program, names, format.siteVariable));
    }
    return (this.#probe ??= new Plan(format.strictProgram, names, format.siteVariable));
  }

  /** A REASON_* for the line that the plans have just not taken; the arguments are those of `run`. */
  reason(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    quotes: Int32Array,
    firstQuote: number,
  ): number {
    if (this.format.kind === 'text') {
      this.#diagnosis ??= new Diagnosis(this.format);
      return this.#diagnosis.reason(bytes, view, start, end, quotes, firstQuote);
    }
    return this.plan instanceof JsonPlan ? this.plan.faultReason : REASON_SHAPE;
  }
}

function areSame({ ops }: Program, other: Program): boolean {
  return ops.every((op, i) => op === other.ops[i]);
}
