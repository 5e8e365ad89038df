import type { SealedWindow } from '../../aggregate/sealed-window.ts';
import type { LogWindows } from '../../aggregate/log-windows.ts';
import type { FileOrder } from '../../pipeline/backfill/file-order.ts';
import { PARSED, REASONS } from '../../parse/record-batch.ts';

/** What a backfill did, for people and for machines. */
export interface Account {
  readonly files: readonly FileAccount[];
  readonly logs: readonly string[];
  /** ISO 8601 of the first and the last line; null where no line has a time. */
  readonly firstLine: string | null;
  readonly lastLine: string | null;
  readonly lines: number;
  readonly counted: number;
  readonly filtered: number;
  readonly late: number;
  readonly unparsed: number;
  /** Lines that cannot be read, by reason. */
  readonly unparsedBy: Readonly<Record<string, number>>;
  /** In the windows that were selected. */
  readonly requests: number;
  readonly errors: number;
  readonly trafficBytes: number;
  readonly points: number;
  readonly rejectedPoints: number;
  readonly target: string;
  readonly seconds: number;
  readonly linesPerSecond: number;
  /** Every window that begins before this has arrived; null when all have. */
  readonly writtenUntil: string | null;
  /** Sentences about what went wrong. */
  readonly problems: readonly string[];
  readonly exitCode: number;
}

export interface FileAccount {
  readonly path: string;
  readonly log: string;
  readonly lines: number;
  readonly unparsed: number;
}

/** Adds up what passes by. */
export class AccountBook {
  readonly #files: FileOrder[] = [];
  #requests = 0;
  #errors = 0;
  #trafficBytes = 0;
  #selected = 0;
  #seen = 0;

  addFile(file: FileOrder): void {
    this.#files.push(file);
  }

  /** `selected`: those of `windows` that are written. */
  addWindows(windows: readonly SealedWindow[], selected: readonly SealedWindow[]): void {
    this.#seen += windows.length;
    this.#selected += selected.length;
    for (const { sites } of selected) {
      for (const { count, errors, traffic } of sites) {
        this.#requests += count;
        this.#errors += errors;
        this.#trafficBytes += traffic;
      }
    }
  }

  /** There were windows, and not one of them was wanted. */
  get isNothingSelected(): boolean {
    return this.#seen > 0 && this.#selected === 0;
  }

  get lines(): number {
    return this.#files.reduce((sum, { lines }) => sum + lines, 0);
  }

  get unparsed(): number {
    return this.#files.reduce((sum, file) => sum + unparsedOf(file.reasons), 0);
  }

  get span(): { readonly firstS: number; readonly lastS: number } {
    const stretches = this.#files.flatMap((file) => file.stretches);
    return {
      firstS: stretches.reduce((least, { firstS }) => Math.min(least, firstS), Infinity),
      lastS: stretches.reduce((greatest, { lastS }) => Math.max(greatest, lastS), -Infinity),
    };
  }

  close(
    logs: readonly LogWindows[],
    rest: Pick<
      Account,
      'points' | 'rejectedPoints' | 'target' | 'seconds' | 'writtenUntil' | 'problems' | 'exitCode'
    >,
  ): Account {
    const sum = (of: (log: LogWindows) => number) => logs.reduce((all, log) => all + of(log), 0);
    const { firstS, lastS } = this.span;
    const reasons = REASONS.map((_, reason) =>
      this.#files.reduce((all, file) => all + (file.reasons[reason] ?? 0), 0),
    );
    const named = REASONS.map((name, reason): [string, number] => [name, reasons[reason] ?? 0]);
    return {
      files: this.#files.map(({ label: path, log, lines, reasons: own }) => {
        return { path, log, lines, unparsed: unparsedOf(own) };
      }),
      logs: [...new Set(this.#files.map(({ log }) => log))],
      firstLine: isoOf(firstS),
      lastLine: isoOf(lastS),
      lines: this.lines,
      counted: sum(({ counters }) => counters.counted),
      filtered: sum(({ counters }) => counters.filtered),
      late: sum(({ counters }) => counters.late),
      unparsed: this.unparsed,
      unparsedBy: Object.fromEntries(named.filter(([, lines]) => lines > 0)),
      requests: this.#requests,
      errors: this.#errors,
      trafficBytes: this.#trafficBytes,
      linesPerSecond: Math.round(this.lines / Math.max(rest.seconds, 0.001)),
      ...rest,
    };
  }
}

export function unparsedOf(reasons: Readonly<Float64Array>): number {
  return reasons.reduce((sum, lines, reason) => (reason === PARSED ? sum : sum + lines), 0);
}

export function isoOf(second: number): string | null {
  return Number.isFinite(second)
    ? new Date(second * 1000).toISOString().replace('.000Z', 'Z')
    : null;
}

const NUMBER = new Intl.NumberFormat('en');
const number = (value: number): string => NUMBER.format(value);

/** The account as a person reads it: a word, and what there is to say about it. */
export function accountLines(account: Account): string[] {
  const { files, lines, counted, filtered, late, unparsed, unparsedBy, requests, errors } = account;
  const reasons = Object.entries(unparsedBy).map(([reason, count]) => `${number(count)} ${reason}`);
  const parts = [
    `${number(counted)} counted`,
    ...(filtered > 0 ? [`${number(filtered)} ignored by IGNORE`] : []),
    ...(late > 0 ? [`${number(late)} late`] : []),
    unparsed > 0 ? `${number(unparsed)} unparsed (${reasons.join(', ')})` : 'none unparsed',
  ];
  const share = requests === 0 ? '' : ` (${((100 * errors) / requests).toFixed(2)} %)`;
  const speed = `${number(account.linesPerSecond)} lines a second`;
  const rejected =
    account.rejectedPoints > 0 ? `, and ${number(account.rejectedPoints)} were refused` : '';
  return [
    `Read      ${files.length === 1 ? (files[0]?.path ?? '') : `${files.length} files`} in ${account.seconds.toFixed(1)} s, ${speed}`,
    `Span      ${account.firstLine ?? 'no line has a time'}${account.lastLine === null ? '' : ` to ${account.lastLine}`}`,
    `Lines     ${number(lines)}: ${parts.join(', ')}`,
    `Requests  ${number(requests)}, errors ${number(errors)}${share}, traffic ${bytesText(account.trafficBytes)}`,
    `Written   ${number(account.points)} points of ${account.logs.join(', ')} to ${account.target}${rejected}`,
  ];
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)),
  );
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
