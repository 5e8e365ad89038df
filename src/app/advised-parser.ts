import { clientVariableMissing } from './client-variable.ts';
import type { LineBatch } from '../source/line-batch.ts';
import { ADVISED_NAME, adviseOn } from '../parse/advice/format-advice.ts';
import type { LineParser, MetFormat } from '../parse/line-parser.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import { printable } from '../text/printable.ts';
import type { Notify } from '../notice/notice.ts';

export interface AdviceOptions {
  readonly log: string;
  /**
   * The setting that the parser was created from; of several formats the first. Undefined gives no
   * advice, because the lines are written already.
   */
  readonly setting: string | undefined;
  /** The variable that CLIENT_IP_FROM names, where it matters. */
  readonly clientVariable: string | undefined;
  /** Shared by all logs. */
  readonly advised?: AdvisedFormats;
  readonly notify: Notify;
}

/** The formats that were advised: each is shown once, and nginx refuses two of one name. */
export class AdvisedFormats {
  readonly #names = new Map<string, string>();

  /** The name of the format with this directive. */
  of(directive: string): { readonly name: string; readonly isShown: boolean } {
    const known = this.#names.get(directive);
    if (known !== undefined) return { name: known, isShown: true };
    const number = this.#names.size + 1;
    const name = number === 1 ? ADVISED_NAME : `${ADVISED_NAME}${number}`;
    this.#names.set(directive, name);
    return { name, isShown: false };
  }
}

/** What becomes of nginx's error log, and how it is kept away. */
export const ERROR_LOG_LEFT_OUT =
  'They are no requests: they are left out and counted nowhere. To leave out a file of such lines, ' +
  'let LOG_PATHS name the access logs alone, such as /var/log/nginx/*access*.log.';

/**
 * A parser that tells once of each format it uses what that cannot tell, and what to write in
 * nginx.conf; once of a log that it lacks what CLIENT_IP_FROM names; and once that lines of nginx's
 * error log are left out.
 */
export class AdvisedParser implements LineParser {
  readonly #parser: LineParser;
  readonly #options: AdviceOptions;
  #told = '';
  #isClientTold = false;
  #isErrorLogTold = false;

  constructor(parser: LineParser, options: AdviceOptions) {
    this.#parser = parser;
    this.#options = options;
  }

  get formatName(): string {
    return this.#parser.formatName;
  }

  get families(): number {
    return this.#parser.families;
  }

  get met(): readonly MetFormat[] {
    return this.#parser.met;
  }

  get leftOutLines(): number {
    return this.#parser.leftOutLines;
  }

  lacks(variable: string): boolean {
    return this.#parser.lacks(variable);
  }

  resume(formatName: string): void {
    this.#parser.resume(formatName);
  }

  parse(batch: LineBatch, from: number, into: RecordBatch): void {
    this.#parser.parse(batch, from, into);
    this.#tellAdvice();
    // A key of JSON may come with a later line, so all that was read is looked at first.
    if (into.consumedTo >= batch.end) this.#tellClient();
    if (this.#parser.leftOutLines > 0 && !this.#isErrorLogTold) this.#tellErrorLog(batch.path);
  }

  #tellAdvice(): void {
    const { log, setting, notify, advised = new AdvisedFormats() } = this.#options;
    const { formatName, families } = this.#parser;
    if (setting === undefined || formatName === this.#told || formatName === 'auto') return;
    this.#told = formatName;
    const advice = adviseOn(setting, formatName, families);
    if (advice === undefined) return;
    const directive = advice.directive.map((line) => line.trim()).join(' ');
    const { name, isShown } = advised.of(directive);
    const written = printable(directive.replace(ADVISED_NAME, name));
    notify({
      code: 'format-lacks-variables',
      subject: `${log}, ${formatName}`,
      message:
        `The log ${log} has the format ${formatName}, which lacks ${advice.missing.join(', ')}. ` +
        (isShown
          ? `To have them, end its access_log with ${name}; an earlier notice has that log_format.`
          : `To have them, write in nginx.conf: ${written} and end its access_log with ${name}.`),
    });
  }

  #tellErrorLog(path: string): void {
    this.#isErrorLogTold = true;
    this.#options.notify({
      code: 'error-log-left-out',
      subject: this.#options.log,
      message: `${printable(path)} has lines of nginx's error log. ${ERROR_LOG_LEFT_OUT}`,
    });
  }

  #tellClient(): void {
    const { log, clientVariable, notify } = this.#options;
    if (this.#isClientTold || clientVariable === undefined) return;
    if (!this.#parser.lacks(clientVariable)) return;
    this.#isClientTold = true;
    notify({
      code: 'client-variable-missing',
      subject: log,
      message: clientVariableMissing(clientVariable, this.#parser.formatName, [log]),
    });
  }
}
