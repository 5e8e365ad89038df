import { ELSEWHERE, reservedBytes, type ByteHash } from '../wasm/byte-hash.ts';
import { forwardedClient, type Span } from './client/client-address.ts';
import { METHODS, PROTOCOLS } from './closed-set.ts';
import {
  DimensionColumns,
  FILLS_AGENT,
  FILLS_CLIENT,
  FILLS_ROUTE,
  FilledColumn,
  NOWHERE,
  type ClientSource,
} from './dimension-columns.ts';
import { ROWS_MAX } from './keys/key-cache.ts';
import { PARSED, type RecordBatch, type SpanColumn } from '../parse/record-batch.ts';
import { PROPERTIES, propertyOf } from './properties.ts';
import { RequestLine } from './request-line.ts';
import { ROW_GATHER_WASM } from '../wasm/row-gather-wasm.ts';
import { lastTimeMs } from './upstream.ts';
import { methodOf, protocolOf } from './usual-request.ts';

/**
 * What rows say without any cache (method, protocol, …), and the spans to look up in one, some
 * hundred rows at a time.
 *
 * Where bytes and columns lie in one piece of WebAssembly memory and the format has the whole
 * `$request`, row-gather.wat does nearly all of it in a fifth of the time; rows whose request has an
 * odd form, and formats that have it in parts, are read here one by one.
 *
 * Owns a small part of the hash's region: the columns of methods and protocols, and a list of rows.
 */

/** Where to put the spans of each row: [start, end, start, …]. */
export interface GatheredSpans {
  readonly targets: Int32Array;
  readonly agents: Int32Array;
  readonly referers: Int32Array;
  readonly clients: Int32Array;
  readonly upstreams: Int32Array;
}

/** The numbers of the methods and protocols that row-gather.wat knows, one byte each. */
const CODES = [
  ...['GET', 'POST', 'HEAD', 'PUT'].map((method) => METHODS.values.indexOf(method)),
  ...['HTTP/1.1', 'HTTP/2.0', 'HTTP/1.0', 'HTTP/3.0'].map((protocol) =>
    PROTOCOLS.values.indexOf(protocol),
  ),
];
const METHOD = propertyOf('method');
const PROTOCOL = propertyOf('proto');
const AGENT = propertyOf('agent');

/** The properties that stand in variables of their own and are read here. */
const STATED = PROPERTIES.flatMap(({ set, isInRequest }, i) =>
  set === undefined || isInRequest ? [] : [i],
);

const ODD_AT = 0;
const METHODS_AT = 4 * ROWS_MAX;
const PROTOCOLS_AT = METHODS_AT + ROWS_MAX;
const CODES_AT = PROTOCOLS_AT + ROWS_MAX;
const OWN_BYTES = CODES_AT + CODES.length;
/** row-gather.wat reads so many bytes before a request. */
const BEFORE_BYTES = 9;

/** Bytes that a RowGather takes out of the region of its ByteHash. */
export const ROW_GATHER_BYTES = reservedBytes(OWN_BYTES);

interface Exports {
  readonly copySpans: (
    reason: number,
    start: number,
    end: number,
    spans: number,
    from: number,
    rows: number,
  ) => void;
  readonly splitRequests: (
    base: number,
    spans: number,
    methods: number,
    protocols: number,
    odd: number,
    codes: number,
    rows: number,
  ) => number;
}

export interface RowGatherOptions {
  readonly hash: ByteHash;
  readonly spans: GatheredSpans;
  readonly clientFrom: ClientSource;
  /** False: nothing of addresses is looked at. */
  readonly withClients: boolean;
}

export class RowGather {
  /** Per row FILLS_* bits: the format has the variable, or, in JSON, the line. */
  readonly filled = new FilledColumn(ROWS_MAX);
  /** By property, per row: index into its values. Who reads the agents fills their column. */
  readonly properties: readonly Uint8Array[];
  /** Per row: how long the upstream that answered took, in ms; -1 where that is not known. */
  readonly upstreamMs = new Int32Array(ROWS_MAX);
  readonly #options: RowGatherOptions;
  readonly #columns: DimensionColumns;
  readonly #wasm: Exports;
  readonly #at: number;
  readonly #odd: Int32Array;
  readonly #methods: Uint8Array;
  readonly #protocols: Uint8Array;
  readonly #line = new RequestLine();
  readonly #span: Span = { start: 0, end: 0 };
  #records: RecordBatch | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #base = ELSEWHERE;
  #isTogether = false;
  /** Of the row that is being gathered. */
  #filled = 0;
  #targetStart = 0;
  #targetEnd = 0;

  constructor(options: RowGatherOptions) {
    const { hash } = options;
    const { buffer } = hash.memory;
    this.#options = options;
    this.#columns = new DimensionColumns(options.clientFrom);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the edge to untyped WebAssembly
    this.#wasm = hash.instantiate(ROW_GATHER_WASM) as Exports;
    const at = hash.reserve(OWN_BYTES);
    this.#at = at;
    this.#odd = new Int32Array(buffer, at + ODD_AT, ROWS_MAX);
    this.#methods = new Uint8Array(buffer, at + METHODS_AT, ROWS_MAX);
    this.#protocols = new Uint8Array(buffer, at + PROTOCOLS_AT, ROWS_MAX);
    this.properties = PROPERTIES.map((_, i) => {
      if (i === METHOD) return this.#methods;
      return i === PROTOCOL ? this.#protocols : new Uint8Array(ROWS_MAX);
    });
    new Uint8Array(buffer, at + CODES_AT, CODES.length).set(CODES);
  }

  /** Whether any row may have an upstream. */
  get hasUpstreams(): boolean {
    return this.#columns.hasUpstreams;
  }

  /** Whether the format, or JSON, has times of upstreams. */
  get hasUpstreamTimes(): boolean {
    return this.#columns.hasUpstreamTimes;
  }

  /** The rows that the next calls are about. */
  attach(records: RecordBatch): void {
    const { hash } = this.#options;
    const columns = this.#columns;
    this.#records = records;
    this.#bytes = records.bytes;
    columns.attach(records);
    this.#base = hash.baseOf(records.bytes);
    const isHere = this.#base >= BEFORE_BYTES && records.reason.buffer === hash.memory.buffer;
    this.#isTogether = isHere && columns.request.isFilled && !columns.hasParts;
  }

  /** Gathers the rows [from, from + rows), at most ROWS_MAX; what is no record has nothing. */
  gather(from: number, rows: number): void {
    if (this.#isTogether) this.#gatherTogether(from, rows);
    else for (let at = 0; at < rows; at++) this.#gatherRow(from + at, at);
    if (!this.#columns.hasUpstreamTimes) return;
    const { start, end } = this.#columns.upstreamTime;
    for (let at = 0; at < rows; at++) {
      const row = from + at;
      this.upstreamMs[at] = this.#isRecord(row)
        ? lastTimeMs(this.#bytes, start[row] ?? 0, end[row] ?? 0)
        : -1;
    }
  }

  #gatherTogether(from: number, rows: number): void {
    const columns = this.#columns;
    const { spans, withClients } = this.#options;
    const { targets, agents, referers, clients, upstreams } = spans;
    this.filled.fill(columns.filled, 0, rows);
    this.#methods.fill(0, 0, rows);
    this.#protocols.fill(0, 0, rows);
    this.#copy(columns.request, targets, from, rows);
    this.#copy(columns.properties[AGENT] ?? NOWHERE, agents, from, rows);
    this.#copy(columns.httpReferer, referers, from, rows);
    if (withClients && !columns.hasForwarded) this.#copy(columns.remoteAddr, clients, from, rows);
    if (columns.hasUpstreams) this.#copy(columns.upstreamAddr, upstreams, from, rows);
    const odd = this.#wasm.splitRequests(
      this.#base,
      targets.byteOffset,
      this.#at + METHODS_AT,
      this.#at + PROTOCOLS_AT,
      this.#at + ODD_AT,
      this.#at + CODES_AT,
      rows,
    );
    for (let i = 0; i < odd; i++) {
      const at = this.#odd[i] ?? 0;
      this.#readTarget(from + at, at, this.#isRecord(from + at));
    }
    if (withClients && columns.hasForwarded) {
      for (let at = 0; at < rows; at++) this.#readClient(from + at, at, this.#isRecord(from + at));
    }
    for (const i of STATED) this.properties[i]?.fill(0, 0, rows);
    if (!columns.hasStated) return;
    for (let at = 0; at < rows; at++) this.#readStates(from + at, at, this.#isRecord(from + at));
  }

  #copy({ start, end }: SpanColumn, spans: Int32Array, from: number, rows: number): void {
    if (start.length === 0) {
      spans.fill(0, 0, 2 * rows);
      return;
    }
    const reasonAt = this.#records?.reason.byteOffset ?? 0;
    const { byteOffset } = spans;
    this.#wasm.copySpans(reasonAt, start.byteOffset, end.byteOffset, byteOffset, from, rows);
  }

  #gatherRow(row: number, at: number): void {
    const isRecord = this.#isRecord(row);
    const columns = this.#columns;
    const { agents, referers, upstreams } = this.#options.spans;
    this.#filled = columns.filled;
    this.#readTarget(row, at, isRecord);
    if (copySpan(isRecord ? (columns.properties[AGENT] ?? NOWHERE) : NOWHERE, row, agents, at)) {
      this.#filled |= FILLS_AGENT;
    }
    copySpan(isRecord ? columns.httpReferer : NOWHERE, row, referers, at);
    if (this.#options.withClients && this.#readClient(row, at, isRecord)) {
      this.#filled |= FILLS_CLIENT;
    }
    if (columns.hasUpstreams) {
      copySpan(isRecord ? columns.upstreamAddr : NOWHERE, row, upstreams, at);
    }
    this.#readStates(row, at, isRecord);
    this.filled[at] = this.#filled;
  }

  #isRecord(row: number): boolean {
    return this.#records?.reason[row] === PARSED;
  }

  #readStates(row: number, at: number, isRecord: boolean): void {
    for (let i = 0; i < STATED.length; i++) {
      const property = STATED[i]!;
      this.properties[property]![at] = isRecord ? this.#read(property, row) : 0;
    }
  }

  /** The value of a property that stands in a variable of its own; 0: absent. */
  #read(property: number, row: number): number {
    const { start, end } = this.#columns.properties[property]!;
    const set = PROPERTIES[property]?.set;
    const value = set?.find(this.#bytes, start[row] ?? 0, end[row] ?? 0) ?? 0;
    if (value > 0) this.#filled |= 1 << property;
    return value;
  }

  /** The span of the client's address; false when there is none. */
  #readClient(row: number, at: number, isRecord: boolean): boolean {
    const { clients } = this.#options.spans;
    const { hasForwarded, forwarded, remoteAddr } = this.#columns;
    if (isRecord && hasForwarded) {
      const span = this.#span;
      const start = forwarded.start[row] ?? 0;
      const end = forwarded.end[row] ?? 0;
      const { proxies } = this.#options.clientFrom;
      if (end > start && forwardedClient(this.#bytes, start, end, proxies, span)) {
        clients[2 * at] = span.start;
        clients[2 * at + 1] = span.end;
        return span.end > span.start;
      }
    }
    return copySpan(isRecord ? remoteAddr : NOWHERE, row, clients, at);
  }

  /** Method and protocol, and the span of the target. */
  #readTarget(row: number, at: number, isRecord: boolean): void {
    const { targets } = this.#options.spans;
    this.#methods[at] = 0;
    this.#protocols[at] = 0;
    this.#targetStart = 0;
    this.#targetEnd = 0;
    if (isRecord) this.#readRequest(this.#bytes, row, at);
    targets[2 * at] = this.#targetStart;
    targets[2 * at + 1] = this.#targetEnd;
  }

  #readRequest(bytes: Uint8Array, row: number, at: number): void {
    const columns = this.#columns;
    const start = columns.request.start[row] ?? 0;
    const end = columns.request.end[row] ?? 0;
    if (end > start) {
      const line = this.#line;
      line.read(bytes, start, end);
      this.#methods[at] = methodOf(bytes, start, line.methodEnd);
      this.#protocols[at] = protocolOf(bytes, line.protocolStart, end);
      this.#targetStart = line.targetStart;
      this.#targetEnd = line.targetEnd;
      this.#filled |= (1 << METHOD) | (1 << PROTOCOL) | FILLS_ROUTE;
    }
    // Most formats have nothing but `$request`.
    if (!columns.hasParts) return;
    const method = this.#read(METHOD, row);
    if (method > 0) this.#methods[at] = method;
    const protocol = this.#read(PROTOCOL, row);
    if (protocol > 0) this.#protocols[at] = protocol;
    if (this.#targetStart === this.#targetEnd) this.#lookAtTarget(columns.uri, row);
    // As the client asked, before any rewriting.
    this.#lookAtTarget(columns.requestUri, row);
  }

  #lookAtTarget(column: SpanColumn, row: number): void {
    const start = column.start[row] ?? 0;
    const end = column.end[row] ?? 0;
    if (start === end) return;
    this.#targetStart = start;
    this.#targetEnd = end;
    this.#filled |= FILLS_ROUTE;
  }
}

/** Puts the span of a row into place `at` of `spans`; false when it is empty. */
function copySpan(column: SpanColumn, row: number, spans: Int32Array, at: number): boolean {
  const start = column.start[row] ?? 0;
  const end = column.end[row] ?? 0;
  spans[2 * at] = start;
  spans[2 * at + 1] = end;
  return end > start;
}
