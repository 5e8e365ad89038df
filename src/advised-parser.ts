import type { LineBatch } from './follow/line-batch.ts';
import { ADVISED_NAME, adviseOn } from './parse/format-advice.ts';
import type { LineParser } from './parse/line-parser.ts';
import type { RecordBatch } from './parse/record-batch.ts';
import { printable } from './printable.ts';
import type { Reporter } from './report.ts';

/** A parser that tells once of each format it uses what that cannot tell, and what to write in nginx.conf. */
export class AdvisedParser implements LineParser {
  readonly #parser: LineParser;
  readonly #log: string;
  readonly #setting: string;
  readonly #report: Reporter;
  #told = '';

  /** `setting`: what `parser` was created from; of several formats the first. */
  constructor(parser: LineParser, log: string, setting: string, report: Reporter) {
    this.#parser = parser;
    this.#log = log;
    this.#setting = setting;
    this.#report = report;
  }

  get formatName(): string {
    return this.#parser.formatName;
  }

  get families(): number {
    return this.#parser.families;
  }

  resume(formatName: string): void {
    this.#parser.resume(formatName);
  }

  parse(batch: LineBatch, from: number, into: RecordBatch): void {
    this.#parser.parse(batch, from, into);
    const { formatName, families } = this.#parser;
    if (formatName === this.#told || formatName === 'auto') return;
    this.#told = formatName;
    const advice = adviseOn(this.#setting, formatName, families);
    if (advice === undefined) return;
    const directive = advice.directive.map((line) => line.trim()).join(' ');
    this.#report({
      level: 'info',
      code: 'format-lacks-variables',
      subject: `${this.#log}, ${formatName}`,
      message:
        `The log ${this.#log} has the format ${formatName}, which lacks ${advice.missing.join(', ')}. ` +
        `To have them, write in nginx.conf: ${printable(directive)} ` +
        `and end its access_log with ${ADVISED_NAME}.`,
    });
  }
}
