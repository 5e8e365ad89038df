/**
 * What the parse stage hands to the aggregate stage: one row per line, as columns.
 *
 * A `RecordBatch` is reused for every batch: it is valid until the next `parse()`. Rows stand in the
 * order of the lines. A line that does not parse is a row too (`reason[i] !== PARSED`), because the
 * accounting `lines = counted + unparsed + late + filtered` needs its place in the stream.
 */

/** How nginx wrote a value: the `escape=` of the log_format. */
export type Escape = 'default' | 'json' | 'none';

/** Why a line was not counted. Index = value in the `reason` column. Closed list: names go to metrics and messages. */
export const REASONS = [
  'parsed', // 0: not a fault
  'shape', // does not have the form of the log format
  'time', // the timestamp is not a time
  'status', // the status is not a number of three digits
  'number', // another numeric variable is not a number
  'future', // the timestamp lies too far ahead of the clock (set by the aggregate stage)
  'overlong', // longer than MAX_LINE_BYTES (set by the follow stage)
  'empty', // an empty line
] as const;
export type Reason = (typeof REASONS)[number];
export const PARSED = 0;
export const REASON_SHAPE = 1;
export const REASON_TIME = 2;
export const REASON_STATUS = 3;
export const REASON_NUMBER = 4;
export const REASON_FUTURE = 5;
export const REASON_OVERLONG = 6;
export const REASON_EMPTY = 7;

/** Families of fields that a log format can fill; a family it cannot fill is left out of the points. */
export const FAMILY_TIME = 1; // $request_time → rt_*, b_*
export const FAMILY_BYTES_IN = 2; // $request_length → bytes_in
export const FAMILY_SITE = 4; // $server_name, $host → tag site

/** Where a variable of the log format stands, row by row: [start, end) in `bytes`; start === end where absent. */
export interface SpanColumn {
  /** Without `$`. A format that lacks it leaves the column absent in every row. */
  readonly variable: string;
  /** The format of this batch has the variable; of JSON whose format is not given, a line so far. */
  isFilled: boolean;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

/** Memory from `at`, a multiple of 8, on. */
export interface Room {
  readonly buffer: ArrayBuffer;
  readonly at: number;
}

/** Every column begins at a multiple of this. */
const COLUMN_STEP_BYTES = 8;

export class RecordBatch {
  /** Rows in use. */
  length = 0;
  readonly capacity: number;
  /** Which `FAMILY_*` bits the format of this batch fills. */
  families = 0;
  /** How values of the spans are escaped: `\x22` (and `\"`), or `\"`, `\/` and `\u0022`, or not at all. */
  escape: Escape = 'default';
  /** The bytes the spans point into: the LineBatch's, borrowed. */
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte not consumed yet; equals the line batch's end when all its lines are in here. */
  consumedTo = 0;

  /**
   * Index into REASONS; 0 = a record. The other columns are undefined for rows that are not
   * records.
   */
  readonly reason: Uint8Array;
  /** 1: a record that IGNORE leaves out (set by the request stage). */
  readonly ignored: Uint8Array;
  /** Event time, epoch seconds (integer). */
  readonly timeS: Float64Array;
  /** 0…999. */
  readonly status: Int32Array;
  /** Bytes sent ($body_bytes_sent, else $bytes_sent); 0 where absent (`-`). */
  readonly bytesOut: Float64Array;
  /** $request_length; 0 where absent. */
  readonly bytesIn: Float64Array;
  /** $request_time in milliseconds; -1 where absent. */
  readonly requestMs: Int32Array;
  /** Span [start, end) in `bytes` of the whole line without its line end. */
  readonly lineStart: Uint32Array;
  readonly lineEnd: Uint32Array;
  /** Span of $server_name, else $host; start === end where absent. */
  readonly siteStart: Uint32Array;
  readonly siteEnd: Uint32Array;
  /** The variables that were asked for, in that order. Values are as nginx wrote them, escapes and all. */
  readonly spans: readonly SpanColumn[];
  /** By kind, for `reorder()`; made when that is first called. */
  #copies: { readonly [kind in ColumnKind]: Column } | undefined;

  /**
   * `spanVariables`: names without `$` of which each row shall have the span. In a `room` of
   * `recordBatchBytes()` beside the bytes of the lines, lines are parsed faster (line-machine.ts).
   */
  constructor(
    capacity: number,
    spanVariables: readonly string[] = [],
    room: Room = roomFor(capacity, spanVariables),
  ) {
    const { buffer } = room;
    let { at } = room;
    const place = (bytes: number): number => {
      const placed = at;
      at += COLUMN_STEP_BYTES * Math.ceil((bytes * capacity) / COLUMN_STEP_BYTES);
      return placed;
    };
    const numbers = () => new Float64Array(buffer, place(8), capacity);
    const integers = () => new Int32Array(buffer, place(4), capacity);
    const positions = () => new Uint32Array(buffer, place(4), capacity);
    this.capacity = capacity;
    this.reason = new Uint8Array(buffer, place(1), capacity);
    this.ignored = new Uint8Array(capacity);
    this.timeS = numbers();
    this.status = integers();
    this.bytesOut = numbers();
    this.bytesIn = numbers();
    this.requestMs = integers();
    this.lineStart = positions();
    this.lineEnd = positions();
    this.siteStart = positions();
    this.siteEnd = positions();
    this.spans = spanVariables.map((variable) => ({
      variable,
      isFilled: false,
      start: positions(),
      end: positions(),
    }));
  }

  /** Puts the rows into another order: row i becomes what row `order[i]` was. */
  reorder(order: Uint16Array): void {
    const { capacity, length } = this;
    const { bytes, numbers, integers, positions } = (this.#copies ??= {
      bytes: new Uint8Array(capacity),
      numbers: new Float64Array(capacity),
      integers: new Int32Array(capacity),
      positions: new Uint32Array(capacity),
    });
    reorderColumn(this.reason, bytes, order, length);
    for (const column of [this.timeS, this.bytesOut, this.bytesIn]) {
      reorderColumn(column, numbers, order, length);
    }
    for (const column of [this.status, this.requestMs]) {
      reorderColumn(column, integers, order, length);
    }
    for (const column of [this.lineStart, this.lineEnd, this.siteStart, this.siteEnd]) {
      reorderColumn(column, positions, order, length);
    }
    for (const { start, end } of this.spans) {
      reorderColumn(start, positions, order, length);
      reorderColumn(end, positions, order, length);
    }
  }
}

type ColumnKind = 'bytes' | 'numbers' | 'integers' | 'positions';
type Column = Uint8Array | Float64Array | Int32Array | Uint32Array;

/** `column[i]` becomes what `column[order[i]]` was. */
function reorderColumn(column: Column, copy: Column, order: Uint16Array, length: number): void {
  copy.set(column);
  for (let i = 0; i < length; i++) column[i] = copy[order[i] ?? 0] ?? 0;
}

function roomFor(capacity: number, spanVariables: readonly string[]): Room {
  return { buffer: new ArrayBuffer(recordBatchBytes(capacity, spanVariables)), at: 0 };
}

/** Bytes that the columns of a batch take. */
export function recordBatchBytes(capacity: number, spanVariables: readonly string[]): number {
  const columns = 10 + 2 * spanVariables.length;
  const rowBytes = 1 + 3 * 8 + 6 * 4 + 2 * 4 * spanVariables.length;
  return rowBytes * capacity + COLUMN_STEP_BYTES * columns;
}
