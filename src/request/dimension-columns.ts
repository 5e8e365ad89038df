import type { RecordBatch, SpanColumn } from '../parse/record-batch.ts';

/** The columns of a batch from which row-dimensions.ts learns about a row. */

/** Bits of `filled`: which dimensions the log format can fill. */
export const FILLS_METHOD = 1;
export const FILLS_PROTOCOL = 2;
export const FILLS_ROUTE = 4;
export const FILLS_AGENT = 8;
export const FILLS_CACHE = 16;
export const FILLS_TLS = 32;
export const FILLS_CLIENT = 64;
/** Not bits of a row: clients and a table of countries; the times of upstreams. */
export const FILLS_COUNTRY = 128;
export const FILLS_UPSTREAM_TIME = 256;

const SPAN_VARIABLES = [
  'request',
  'request_method',
  'request_uri',
  'uri',
  'server_protocol',
  'http_user_agent',
  'http_referer',
  'remote_addr',
  'upstream_addr',
  'upstream_response_time',
  'upstream_cache_status',
  'ssl_protocol',
] as const;

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
  hasCache = false;
  hasTls = false;
  request = NOWHERE;
  requestMethod = NOWHERE;
  requestUri = NOWHERE;
  uri = NOWHERE;
  serverProtocol = NOWHERE;
  userAgent = NOWHERE;
  httpReferer = NOWHERE;
  remoteAddr = NOWHERE;
  upstreamAddr = NOWHERE;
  upstreamTime = NOWHERE;
  cacheStatus = NOWHERE;
  sslProtocol = NOWHERE;
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
    const parts = [this.requestMethod, this.requestUri, this.uri, this.serverProtocol];
    this.hasParts = isAny || parts.some(({ isFilled }) => isFilled);
    this.hasForwarded = this.forwarded !== NOWHERE && (isAny || this.forwarded.isFilled);
    this.hasUpstreams = isAny || this.upstreamAddr.isFilled;
    this.hasUpstreamTimes = this.hasUpstreams && (isAny || this.upstreamTime.isFilled);
    this.hasCache = isAny || this.cacheStatus.isFilled;
    this.hasTls = isAny || this.sslProtocol.isFilled;
    this.filled =
      bit(FILLS_METHOD, this.request, this.requestMethod) |
      bit(FILLS_PROTOCOL, this.request, this.serverProtocol) |
      bit(FILLS_ROUTE, this.request, this.requestUri, this.uri) |
      bit(FILLS_AGENT, this.userAgent) |
      bit(FILLS_CACHE, this.cacheStatus) |
      bit(FILLS_TLS, this.sslProtocol) |
      bit(FILLS_CLIENT, this.remoteAddr, this.forwarded);
  }

  #find(spans: readonly SpanColumn[]): void {
    this.#attachedTo = spans;
    const column = (name: string) => spans.find(({ variable }) => variable === name) ?? NOWHERE;
    this.request = column('request');
    this.requestMethod = column('request_method');
    this.requestUri = column('request_uri');
    this.uri = column('uri');
    this.serverProtocol = column('server_protocol');
    this.userAgent = column('http_user_agent');
    this.httpReferer = column('http_referer');
    this.remoteAddr = column('remote_addr');
    this.upstreamAddr = column('upstream_addr');
    this.upstreamTime = column('upstream_response_time');
    this.cacheStatus = column('upstream_cache_status');
    this.sslProtocol = column('ssl_protocol');
    const { variable } = this.#clientFrom;
    this.forwarded = variable === 'remote_addr' ? NOWHERE : column(variable);
  }
}

function bit(fills: number, ...columns: readonly SpanColumn[]): number {
  return columns.some(({ isFilled }) => isFilled) ? fills : 0;
}
