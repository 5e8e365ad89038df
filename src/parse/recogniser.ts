/**
 * Finds the format of a line that the format in use does not take. Where several fit, the lines behind
 * it decide: the format that reads most of them is taken, of equals the first in the order of the
 * candidates.
 *
 * A format that has a client and a site side by side is recognised only by a client that is an address
 * and a site that is none. Where no line is so clear (all are addresses, or all are names), the
 * client is what varies.
 *
 * Owns a row to try lines in. Depends on nothing but the bytes of the batch from the line on.
 */
import type { Candidate } from './candidate.ts';
import { LOOK_ALIKES } from './format/presets.ts';
import { isHostName } from './line/value-forms.ts';
import { RecordBatch } from './record-batch.ts';

/** So many lines are looked at. */
const SAMPLE_LINES = 64;
const QUOTES_MAX = 256;
/** By their form alone they would take what is no line of theirs. */
const LOOK_ALIKE_NAMES: ReadonlySet<string> = new Set(LOOK_ALIKES.map(({ name }) => name));
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Where a line stands, with its quotes. */
export interface LineAt {
  readonly start: number;
  readonly end: number;
  readonly quotes: Int32Array;
  readonly firstQuote: number;
  readonly lastQuote: number;
}

export class Recogniser {
  readonly #candidates: readonly Candidate[];
  readonly #row = new RecordBatch(1, ['remote_addr']);
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
  }

  attach(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /**
   * The candidate for a line; not `used`, nor another way to read its text. `until`: where the bytes
   * of the batch end. `isLoose`: by the form alone.
   */
  choose(
    line: LineAt,
    until: number,
    used: Candidate | undefined,
    isLoose: boolean,
  ): Candidate | undefined {
    const fitting: Candidate[] = [];
    for (const candidate of this.#candidates) {
      if (used !== undefined && isSameText(candidate, used)) continue;
      if (isLoose && LOOK_ALIKE_NAMES.has(candidate.format.name)) continue;
      if (this.#fits(candidate, line, isLoose)) fitting.push(candidate);
    }
    const [first, ...others] = fitting;
    if (first === undefined || others.length === 0) return first;
    return this.#best(fitting, this.#sample(line, until), isLoose);
  }

  #fits(candidate: Candidate, line: LineAt, isLoose: boolean): boolean {
    const { start, end, quotes, firstQuote, lastQuote } = line;
    if (!candidate.fitsQuotes(lastQuote - firstQuote)) return false;
    const probe = candidate.probe(isLoose);
    if (probe === undefined) return false;
    probe.attach(this.#bytes, this.#view, this.#row);
    if (!probe.run(start, end, quotes, firstQuote, 0)) return false;
    const { siteStart, siteEnd, spans } = this.#row;
    const { format } = candidate;
    if (format.kind !== 'text' || format.siteVariable === undefined) return true;
    const bytes = this.#bytes;
    if (!isHostName(bytes, siteStart[0] ?? 0, siteEnd[0] ?? 0)) return false;
    // Some servers log the name of a client in place of its address.
    const hasClient = format.variables.some(({ name }) => name === 'remote_addr');
    const [client] = spans;
    return !hasClient || isHostName(bytes, client?.start[0] ?? 0, client?.end[0] ?? 0);
  }

  #best(
    fitting: readonly Candidate[],
    sample: readonly LineAt[],
    isLoose: boolean,
  ): Candidate | undefined {
    let best: Candidate | undefined;
    let most = -1;
    let mostClients = 0;
    for (const candidate of fitting) {
      const clients = new Set<string>();
      let lines = 0;
      for (const line of sample) {
        if (!this.#fits(candidate, line, isLoose)) continue;
        lines++;
        if (isLoose) clients.add(this.#client());
      }
      // Another way to read the same text reads the same lines, and the likeliest stands first.
      const isOtherWay = best !== undefined && isSameText(candidate, best);
      const isBetter = isOtherWay
        ? 2 * most < sample.length && lines > most
        : lines > most || (lines === most && clients.size > mostClients);
      if (!isBetter) continue;
      best = candidate;
      most = lines;
      mostClients = clients.size;
    }
    return best;
  }

  #client(): string {
    const [column] = this.#row.spans;
    return Buffer.from(this.#bytes.subarray(column?.start[0], column?.end[0])).toString('latin1');
  }

  /** The line and those behind it, with their quotes. */
  #sample(line: LineAt, until: number): LineAt[] {
    const bytes = this.#bytes;
    const sample = [line];
    let at = bytes.indexOf(LF, line.end) + 1;
    while (at > 0 && at < until && sample.length < SAMPLE_LINES) {
      const feed = bytes.indexOf(LF, at);
      if (feed < 0 || feed >= until) break;
      sample.push(this.#lineAt(at, feed));
      at = feed + 1;
    }
    return sample;
  }

  #lineAt(from: number, feed: number): LineAt {
    const bytes = this.#bytes;
    let start = from;
    while (start < feed && bytes[start] === 0) start++;
    const end = feed > start && bytes[feed - 1] === CR ? feed - 1 : feed;
    const quotes: number[] = [];
    let quote = bytes.indexOf(QUOTE, start);
    while (quote >= 0 && quote < end && quotes.length < QUOTES_MAX) {
      quotes.push(quote);
      quote = bytes.indexOf(QUOTE, quote + 1);
    }
    const found = Int32Array.from(quotes);
    return { start, end, quotes: found, firstQuote: 0, lastQuote: found.length };
  }

  /** Whether a candidate takes the line as it stands; of several texts only with all marks of one. */
  reads(from: number, feed: number): boolean {
    const line = this.#lineAt(from, feed);
    const [first] = this.#candidates;
    const isOneText = this.#candidates.every(
      (one) => first !== undefined && isSameText(one, first),
    );
    return this.#candidates.some((candidate) => this.#fits(candidate, line, isOneText));
  }
}

function isSameText(one: Candidate, other: Candidate): boolean {
  if (one === other) return true;
  const [a, b] = [one.format, other.format];
  return a.kind === 'text' && b.kind === 'text' && a.text === b.text;
}
