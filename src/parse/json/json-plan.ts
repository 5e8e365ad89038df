/**
 * Reads the bytes of one JSON line and fills one row of a RecordBatch. Values are found first and
 * understood afterwards, because which of several keys counts is known only at the end of the line.
 *
 * Of two equal keys the first counts: what stands in a line before the values that clients choose
 * cannot be changed by anything in those. Strings stay as they are written, escapes and all.
 *
 * Owns which keys lines have had; bytes and columns are borrowed.
 */
import { JsonValueReader } from './json-value-reader.ts';
import type { JsonKey } from './common-keys.ts';
import type { JsonFormat } from './json-format.ts';
import {
  KeyTable,
  SLOT_BODY_BYTES,
  SLOT_BYTES,
  SLOT_HOST,
  SLOT_HTTP_HOST,
  SLOT_REQUEST_LENGTH,
  SLOT_REQUEST_MS,
  SLOT_REQUEST_NS,
  SLOT_REQUEST_S,
  SLOT_REQUEST_US,
  SLOT_SERVER_NAME,
  SLOT_STATUS,
  SLOT_TIME,
} from './json-keys.ts';
import { type JsonForm, JsonWalker, NO_RANK } from './json-walker.ts';
import {
  FAMILY_BYTES_IN,
  FAMILY_SITE,
  FAMILY_TIME,
  PARSED,
  REASON_NUMBER,
  REASON_SHAPE,
  REASON_STATUS,
  REASON_TIME,
  type RecordBatch,
} from '../record-batch.ts';
import { QUOTES_MAX } from '../line/scanner.ts';

/** What a line that does not fit should have had at `atByte`. */
export type JsonExpectation =
  | JsonForm
  | 'fewer-quotes'
  | 'time-key'
  | 'status-key'
  | 'time'
  | 'status'
  | 'bytes'
  | 'request-length'
  | 'request-time';

/** Tables by their keys and spans: those of a log whose format is not given are large, and all alike. */
const tables = new WeakMap<readonly JsonKey[], Map<string, KeyTable>>();

/** Where the format is not given, a key may have the name of any variable that is asked for. */
function tableOf(keys: readonly JsonKey[], spans: readonly string[], isOpen: boolean): KeyTable {
  const known = tables.get(keys) ?? new Map<string, KeyTable>();
  tables.set(keys, known);
  const name = spans.join();
  const named = spans.map((variable) => ({ path: variable, variable, rank: NO_RANK - 1 }));
  const table = known.get(name) ?? new KeyTable(isOpen ? [...keys, ...named] : keys, spans);
  known.set(name, table);
  return table;
}

/** Where the time of a request may stand when it is not in seconds. */
const OTHER_UNITS = [
  { slot: SLOT_REQUEST_MS, perSecond: 1e3 },
  { slot: SLOT_REQUEST_US, perSecond: 1e6 },
  { slot: SLOT_REQUEST_NS, perSecond: 1e9 },
];

export class JsonPlan {
  /** Of the last line that `run` did not take: a REASON_*, where, and what belongs there. */
  faultReason = PARSED;
  faultAt = 0;
  expected: JsonExpectation = 'object';
  /** Whether the last line was refused only because it has keys that no line before has had. */
  hasNewKeys = false;
  /** The `FAMILY_*` bits of the keys that lines have had, or that the format has. */
  families: number;
  /** Variables with such keys, and by span whether its variable is one. */
  readonly #variables: Set<string>;
  #hasLines = false;
  #isKnown: Uint8Array = new Uint8Array(0);
  readonly #format: JsonFormat;
  readonly #values = new JsonValueReader();
  #table: KeyTable;
  #into: RecordBatch | undefined;
  #walker: JsonWalker;

  constructor(format: JsonFormat) {
    this.#format = format;
    this.families = format.families ?? 0;
    this.#variables = new Set(
      format.families === undefined ? [] : format.keys.map(({ variable }) => variable),
    );
    this.#table = new KeyTable([], []);
    this.#walker = new JsonWalker(this.#table);
  }

  /** As Plan.attach. */
  attach(bytes: Uint8Array, view: DataView, into: RecordBatch): void {
    this.#values.attach(bytes, view, into);
    if (into !== this.#into) this.#prepare(into);
    this.#walker.attach(bytes, view);
  }

  #prepare(into: RecordBatch): void {
    this.#into = into;
    const spans = into.spans.map(({ variable }) => variable);
    const { keys, families } = this.#format;
    this.#table = tableOf(keys, spans, families === undefined);
    this.#walker = new JsonWalker(this.#table);
    this.#isKnown = Uint8Array.from(spans, (name) => (this.#variables.has(name) ? 1 : 0));
  }

  /** Whether the variable of this span is one that lines have had, or that the format has. */
  fills(span: number): boolean {
    return this.#isKnown[span] === 1;
  }

  /** Whether there was a line, but none with this variable, one of the spans. */
  lacks(variable: string): boolean {
    return this.#hasLines && !this.#variables.has(variable);
  }

  /** Takes up the keys of the line that was refused for them; it can be run again then. */
  learnKeys(): void {
    this.families |= this.#familiesOfLine();
    this.#into?.spans.forEach(({ variable }, i) => {
      if (!this.#has(this.#table.slotOfSpan(i))) return;
      this.#variables.add(variable);
      this.#isKnown[i] = 1;
    });
  }

  /** As Plan.run; the quotes of the line are those up to `lastQuote`. */
  run(
    start: number,
    end: number,
    quotes: Int32Array,
    firstQuote: number,
    row: number,
    lastQuote: number,
  ): boolean {
    this.hasNewKeys = false;
    if (lastQuote - firstQuote >= QUOTES_MAX) return this.#fails(start, 'fewer-quotes');
    const walker = this.#walker;
    if (!walker.walk(start, end, quotes, firstQuote, lastQuote)) {
      return this.#fails(walker.stoppedAt, walker.missing);
    }
    return this.#fill(start, row);
  }

  #fails(at: number, expected: JsonExpectation, reason: number = REASON_SHAPE): false {
    this.faultAt = at;
    this.faultReason = reason;
    this.expected = expected;
    return false;
  }

  #has(slot: number): boolean {
    return this.#walker.ranks[slot] !== NO_RANK;
  }

  /** From the places of the values to the columns. */
  #fill(start: number, row: number): boolean {
    const into = this.#into;
    if (into === undefined) return false;
    if (!this.#has(SLOT_TIME)) return this.#fails(start, 'time-key');
    if (!this.#has(SLOT_STATUS)) return this.#fails(start, 'status-key');
    const { starts, ends } = this.#walker;
    const values = this.#values;
    const time = starts[SLOT_TIME] ?? 0;
    const status = starts[SLOT_STATUS] ?? 0;
    if (!values.readTime(time, ends[SLOT_TIME] ?? 0, row)) {
      return this.#fails(time, 'time', REASON_TIME);
    }
    if (!values.readStatus(status, ends[SLOT_STATUS] ?? 0, row)) {
      return this.#fails(status, 'status', REASON_STATUS);
    }
    if (!this.#fillNumbers(row)) return false;
    // The last check, so that a line that is refused for its keys alone is a good one.
    if (this.#format.families === undefined && this.#areKeysNew(into)) {
      this.hasNewKeys = true;
      return false;
    }
    this.#hasLines = true;
    this.#copySpan(this.#siteSlot(), into.siteStart, into.siteEnd, row);
    const { spans } = into;
    for (let i = 0; i < spans.length; i++) {
      const column = spans[i];
      if (column === undefined) continue;
      this.#copySpan(this.#table.slotOfSpan(i), column.start, column.end, row);
    }
    return true;
  }

  /** What is an address is no site while a name stands beside it. */
  #siteSlot(): number {
    if (this.#has(SLOT_SERVER_NAME) && this.#isPresent(SLOT_SERVER_NAME)) return SLOT_SERVER_NAME;
    const hasName = this.#has(SLOT_HTTP_HOST) && this.#isPresent(SLOT_HTTP_HOST);
    if (!this.#has(SLOT_HOST) || !this.#isPresent(SLOT_HOST)) return SLOT_HTTP_HOST;
    const start = this.#startOf(SLOT_HOST);
    const isName = !hasName || !this.#values.isAddress(start, this.#endOf(SLOT_HOST));
    return isName ? SLOT_HOST : SLOT_HTTP_HOST;
  }

  #familiesOfLine(): number {
    const hasTime = this.#has(SLOT_REQUEST_S) || OTHER_UNITS.some(({ slot }) => this.#has(slot));
    return (
      (hasTime ? FAMILY_TIME : 0) |
      (this.#has(SLOT_REQUEST_LENGTH) ? FAMILY_BYTES_IN : 0) |
      (this.#has(SLOT_SERVER_NAME) || this.#has(SLOT_HOST) || this.#has(SLOT_HTTP_HOST)
        ? FAMILY_SITE
        : 0)
    );
  }

  #areKeysNew({ spans }: RecordBatch): boolean {
    if ((this.#familiesOfLine() & ~this.families) !== 0) return true;
    for (let i = 0; i < spans.length; i++) {
      if (this.#isKnown[i] === 0 && this.#has(this.#table.slotOfSpan(i))) return true;
    }
    return false;
  }

  #fillNumbers(row: number): boolean {
    const values = this.#values;
    const bytes = this.#has(SLOT_BODY_BYTES) ? SLOT_BODY_BYTES : SLOT_BYTES;
    if (!values.readBytesOut(this.#startOf(bytes), this.#endOf(bytes), row)) {
      return this.#fails(this.#startOf(bytes), 'bytes', REASON_NUMBER);
    }
    const length = SLOT_REQUEST_LENGTH;
    if (!values.readBytesIn(this.#startOf(length), this.#endOf(length), row)) {
      return this.#fails(this.#startOf(length), 'request-length', REASON_NUMBER);
    }
    let slot = SLOT_REQUEST_S;
    let perSecond = 1;
    if (!this.#has(SLOT_REQUEST_S)) {
      for (const other of OTHER_UNITS) {
        if (!this.#has(other.slot)) continue;
        ({ slot, perSecond } = other);
        break;
      }
    }
    if (!values.readRequestTime(this.#startOf(slot), this.#endOf(slot), perSecond, row)) {
      return this.#fails(this.#startOf(slot), 'request-time', REASON_NUMBER);
    }
    return true;
  }

  #isPresent(slot: number): boolean {
    const start = this.#startOf(slot);
    return !this.#values.isAbsent(start, this.#endOf(slot));
  }

  #startOf(slot: number): number {
    return this.#has(slot) ? (this.#walker.starts[slot] ?? 0) : 0;
  }

  #endOf(slot: number): number {
    return this.#has(slot) ? (this.#walker.ends[slot] ?? 0) : 0;
  }

  #copySpan(slot: number, start: Uint32Array, end: Uint32Array, row: number): void {
    const isThere = slot >= 0 && this.#has(slot) && this.#isPresent(slot);
    start[row] = isThere ? this.#startOf(slot) : 0;
    end[row] = isThere ? this.#endOf(slot) : 0;
  }
}
