/**
 * What the parse stage hands to the aggregate stage: one row per line, as columns.
 *
 * A `RecordBatch` is reused for every batch: it is valid until the next `parse()`. Rows stand in the
 * order of the lines. A line that does not parse is a row too (`reason[i] !== PARSED`), because the
 * accounting `lines = counted + unparsed + late + filtered` needs its place in the stream.
 */
import type { Escape } from './format-text.ts';

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

  /** Index into REASONS; 0 = a record. The other columns are undefined for a row that is none. */
  readonly reason: Uint8Array;
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

  /** `spanVariables`: names without `$` of which each row shall have the span. */
  constructor(capacity: number, spanVariables: readonly string[] = []) {
    this.capacity = capacity;
    this.reason = new Uint8Array(capacity);
    this.timeS = new Float64Array(capacity);
    this.status = new Int32Array(capacity);
    this.bytesOut = new Float64Array(capacity);
    this.bytesIn = new Float64Array(capacity);
    this.requestMs = new Int32Array(capacity);
    this.lineStart = new Uint32Array(capacity);
    this.lineEnd = new Uint32Array(capacity);
    this.siteStart = new Uint32Array(capacity);
    this.siteEnd = new Uint32Array(capacity);
    this.spans = spanVariables.map((variable) => ({
      variable,
      isFilled: false,
      start: new Uint32Array(capacity),
      end: new Uint32Array(capacity),
    }));
  }
}
