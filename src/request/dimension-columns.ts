import type { RecordBatch, SpanColumn } from '../parse/record-batch.ts';
import { PROPERTIES } from './properties.ts';

/** The columns of a batch from which row-dimensions.ts learns about a row. */

/** What a row may have: one bit of `filled` each. Properties come first, in the order of their table. */
const ROW_BITS = [...PROPERTIES.map(({ dim }) => dim), 'route', 'client'];
/** What only a window may have: clients and a table of countries; the times of upstreams. */
const WINDOW_BITS = ['country', 'upstream-time'];
const BITS = [...ROW_BITS, ...WINDOW_BITS];

/** The column of the bits that rows have. */
export const FilledColumn = Uint16Array;
/** Bits of a number that JavaScript counts with. */
const NUMBER_BITS = 31;

assertWidth(ROW_BITS.length, 8 * FilledColumn.BYTES_PER_ELEMENT);
assertWidth(BITS.length, NUMBER_BITS);

/** A bit that does not fit its column would be cut to 0, and its dimension would never be written. */
export function assertWidth(bits: number, width: number): void {
  if (bits > width) throw new Error(`${bits} bits do not fit a column of ${width}: widen it.`);
}

const bitOf = (name: string): number => 1 << BITS.indexOf(name);
export const FILLS_ROUTE = bitOf('route');
export const FILLS_CLIENT = bitOf('client');
export const FILLS_COUNTRY = bitOf('country');
export const FILLS_UPSTREAM_TIME = bitOf('upstream-time');
export const FILLS_AGENT = bitOf('agent');

/** The names of these bits, as a checkpoint has them: a bit may be another one after an upgrade. */
export function namesOfBits(filled: number): string[] {
  return BITS.filter((name) => (filled & bitOf(name)) !== 0);
}

export function bitsOfNames(names: readonly string[]): number {
  return names.reduce((bits, name) => (BITS.includes(name) ? bits | bitOf(name) : bits), 0);
}

const SPAN_VARIABLES = [
  'request',
  'request_uri',
  'uri',
  'http_referer',
  'remote_addr',
  'upstream_addr',
  'upstream_response_time',
  ...PROPERTIES.map(({ variable }) => variable),
];

/** Where the client's address stands. */
export interface ClientSource {
  /** Without `$`. */
  readonly variable: string;
  /** Trusted proxies that have appended to the list; 1 where it is a single address. */
  readonly proxies: number;
}

/** Variables whose spans a RecordBatch must have for `attach()`. */
export function dimensionVariables({ variable }: ClientSource): string[] {
  return [...new Set<string>([...SPAN_VARIABLES, variable])];
}

/** A column that nothing fills, for variables that a batch was not asked for. */
export const NOWHERE: SpanColumn = {
  variable: '',
  isFilled: false,
  start: new Uint32Array(0),
  end: new Uint32Array(0),
};

export class DimensionColumns {
  /** FILLS_* bits that every row of the batch has. */
  filled = 0;
  /** The request may also stand in parts, `$request_method` and the like. */
  hasParts = false;
  hasForwarded = false;
  hasUpstreams = false;
  hasUpstreamTimes = false;
  /** A property may stand in a variable of its own, beside `$request`. */
  hasStated = false;
  request = NOWHERE;
  requestUri = NOWHERE;
  uri = NOWHERE;
  httpReferer = NOWHERE;
  remoteAddr = NOWHERE;
  upstreamAddr = NOWHERE;
  upstreamTime = NOWHERE;
  /** By property: its variable. */
  properties: readonly SpanColumn[] = PROPERTIES.map(() => NOWHERE);
  forwarded = NOWHERE;
  readonly #clientFrom: ClientSource;
  #attachedTo: readonly SpanColumn[] | undefined;

  constructor(clientFrom: ClientSource) {
    this.#clientFrom = clientFrom;
  }

  /** The batch that the columns belong to from now on. */
  attach(records: RecordBatch): void {
    if (records.spans !== this.#attachedTo) this.#find(records.spans);
    // Of JSON it is not known beforehand what a line has.
    const isAny = !records.spans.some(({ isFilled }) => isFilled);
    const isThere = (i: number) => isAny || this.properties[i]?.isFilled === true;
    const indexes = [...PROPERTIES.keys()];
    const inRequest = indexes.filter((i) => PROPERTIES[i]?.isInRequest);
    this.hasParts =
      isAny || this.requestUri.isFilled || this.uri.isFilled || inRequest.some(isThere);
    this.hasStated = indexes.some(
      (i) => PROPERTIES[i]?.set !== undefined && !inRequest.includes(i) && isThere(i),
    );
    this.hasForwarded = this.forwarded !== NOWHERE && (isAny || this.forwarded.isFilled);
    this.hasUpstreams = isAny || this.upstreamAddr.isFilled;
    this.hasUpstreamTimes = this.hasUpstreams && (isAny || this.upstreamTime.isFilled);
    const own = PROPERTIES.map(({ isInRequest }, i) =>
      bit(1 << i, this.properties[i] ?? NOWHERE, isInRequest ? this.request : NOWHERE),
    );
    this.filled =
      own.reduce((bits, one) => bits | one, 0) |
      bit(FILLS_ROUTE, this.request, this.requestUri, this.uri) |
      bit(FILLS_CLIENT, this.remoteAddr, this.forwarded);
  }

  #find(spans: readonly SpanColumn[]): void {
    this.#attachedTo = spans;
    const column = (name: string) => spans.find(({ variable }) => variable === name) ?? NOWHERE;
    this.request = column('request');
    this.requestUri = column('request_uri');
    this.uri = column('uri');
    this.httpReferer = column('http_referer');
    this.remoteAddr = column('remote_addr');
    this.upstreamAddr = column('upstream_addr');
    this.upstreamTime = column('upstream_response_time');
    this.properties = PROPERTIES.map(({ variable }) => column(variable));
    const { variable } = this.#clientFrom;
    this.forwarded = variable === 'remote_addr' ? NOWHERE : column(variable);
  }
}

function bit(fills: number, ...columns: readonly SpanColumn[]): number {
  return columns.some(({ isFilled }) => isFilled) ? fills : 0;
}
