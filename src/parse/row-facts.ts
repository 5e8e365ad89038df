import { AGENT_TABLE_BYTES, AgentTable } from './agent-class.ts';
import type { ByteHash } from './byte-hash.ts';
import {
  FactColumns,
  FILLS_AGENT,
  FILLS_CACHE,
  FILLS_CLIENT,
  FILLS_METHOD,
  FILLS_PROTOCOL,
  FILLS_ROUTE,
  FILLS_TLS,
  NOWHERE,
  type ClientSource,
} from './fact-columns.ts';
import { forwardedClient, type Span } from './client-address.ts';
import { CLIENT_TABLE_BYTES, ClientTable } from './client-table.ts';
import { CACHE_STATES, METHODS, PROTOCOLS, TLS_VERSIONS, type ClosedSet } from './closed-set.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './key-cache.ts';
import type { PathRule } from './path-rule.ts';
import { PATH_BYTES_MAX } from './request-path.ts';
import { PARSED, type RecordBatch, type SpanColumn } from './record-batch.ts';
import { RequestLine } from './request-line.ts';
import { ROUTE_TABLE_BYTES, RouteTable } from './route.ts';
import { UrlKeys } from './top-key.ts';
import { UPSTREAM_TABLE_BYTES, UpstreamTable } from './upstream.ts';
import { methodOf, protocolOf } from './usual-request.ts';

/**
 * What the dimensions need to know of rows: route, class of the agent, upstream, keys of the top
 * lists, and whether a line is to be ignored. One for all logs, because nothing in here belongs to a
 * log: answers depend on the bytes of the row alone, and caches only save work.
 *
 * Use: `attach(records)`, then `lookUp(row)`, which finds out about this row and some hundred behind it
 * at once: first the spans of all, then path, agent, referer, address and upstream in a table each.
 * What is known of a row stands in all columns at `row - from`, and is valid until the next
 * `lookUp()`. Allocates nothing for values that were seen before.
 */

export interface RowFactsOptions {
  readonly hash: ByteHash;
  readonly routes: readonly PathRule[];
  readonly ignore: IgnoreRules;
  readonly isBot: (agent: string) => boolean;
  /** Makes text from a client safe as a tag value. */
  readonly safeName: (text: string) => string;
  /** `masked`: only the network counts, also for uniques; `off`: nothing of the address is looked at. */
  readonly clientIp: 'full' | 'masked' | 'off';
  readonly clientFrom: ClientSource;
  readonly keepQuery: boolean;
}

const REFERER_SLOTS = 1024;
const REFERERS: KeyCacheOptions = {
  slots: REFERER_SLOTS,
  keyBytesMax: PATH_BYTES_MAX,
  rowsMax: ROWS_MAX,
};

/** Bytes that a RowFacts takes out of the region of its ByteHash. */
export const ROW_FACTS_BYTES =
  ROUTE_TABLE_BYTES +
  AGENT_TABLE_BYTES +
  CLIENT_TABLE_BYTES +
  UPSTREAM_TABLE_BYTES +
  keyCacheBytes(REFERERS);

export class RowFacts {
  /** The row that stands first in the columns. */
  from = 0;
  /** FILLS_* bits of the row: the format has the variable, or, in JSON, the line. */
  readonly filled = new Uint8Array(ROWS_MAX);
  /** Indexes into the values of METHODS, PROTOCOLS, CACHE_STATES and TLS_VERSIONS. */
  readonly methods = new Uint8Array(ROWS_MAX);
  readonly protocols = new Uint8Array(ROWS_MAX);
  readonly caches = new Uint8Array(ROWS_MAX);
  readonly tlsVersions = new Uint8Array(ROWS_MAX);
  readonly routes: RouteTable;
  readonly agents: AgentTable;
  readonly clients: ClientTable;
  readonly upstreams: UpstreamTable;
  readonly urls: UrlKeys;
  readonly referers: UrlKeys;
  /** False: no row has a client, or an upstream, so nothing was looked up. */
  hasClients = false;
  hasUpstreams = false;

  readonly #options: RowFactsOptions;
  readonly #columns: FactColumns;
  readonly #refererCache: KeyCache;
  readonly #hasIgnoredLines: boolean;
  readonly #line = new RequestLine();
  readonly #span: Span = { start: 0, end: 0 };
  #bytes: Uint8Array = new Uint8Array(0);
  #status: Int32Array = new Int32Array(0);
  #reason: Uint8Array = new Uint8Array(0);
  #rows = 0;
  /** Of the row that is being gathered. */
  #filled = 0;
  #targetStart = 0;
  #targetEnd = 0;

  constructor(options: RowFactsOptions) {
    const { hash, routes, ignore, isBot, safeName, keepQuery } = options;
    this.#options = options;
    this.#columns = new FactColumns(options.clientFrom);
    this.routes = new RouteTable({ hash, routes, ignored: ignore.paths, safeName });
    this.agents = new AgentTable({ hash, isBot, ignored: ignore.agents });
    this.upstreams = new UpstreamTable(hash, safeName);
    this.clients = new ClientTable(hash, options.clientIp === 'masked');
    this.#refererCache = new KeyCache(hash, REFERERS);
    this.urls = new UrlKeys(hash, this.routes, this.routes.names.length, keepQuery);
    this.referers = new UrlKeys(hash, this.#refererCache, REFERER_SLOTS, keepQuery);
    const { paths, agents, statuses } = ignore;
    this.#hasIgnoredLines = paths.length + agents.length > 0 || statuses.includes(1);
  }

  /** The rows that the next calls ask about. */
  attach(records: RecordBatch): void {
    this.#bytes = records.bytes;
    this.urls.bytes = records.bytes;
    this.referers.bytes = records.bytes;
    this.#status = records.status;
    this.#reason = records.reason;
    this.#rows = records.length;
    this.#columns.attach(records);
    this.hasClients = this.#options.clientIp !== 'off';
    this.hasUpstreams = this.#columns.hasUpstreams;
  }

  /** Whether the line of a row that has been looked up is one of those that are not to be counted. */
  isIgnored(row: number): boolean {
    if (!this.#hasIgnoredLines) return false;
    if (this.#options.ignore.statuses[this.#status[row] ?? 0] === 1) return true;
    const at = row - this.from;
    const filled = this.filled[at] ?? 0;
    const routeSlot = this.routes.found[at] ?? 0;
    if ((filled & FILLS_ROUTE) !== 0 && this.routes.ignored[routeSlot] === 1) return true;
    const agentSlot = this.agents.found[at] ?? 0;
    return (filled & FILLS_AGENT) !== 0 && this.agents.ignored[agentSlot] === 1;
  }

  /**
   * Looks up as many rows as the caches take at once, from `from` on, and returns the first one that
   * it has not: `from + 1` or more.
   */
  lookUp(from: number): number {
    const bytes = this.#bytes;
    const { urls, referers } = this;
    let rows = Math.min(ROWS_MAX, this.#rows - from);
    for (let at = 0; at < rows; at++) this.#gather(from + at, at);
    rows = this.routes.findRows(bytes, rows, (slot, start, end) => urls.forget(slot, start, end));
    rows = this.agents.findRows(bytes, rows);
    rows = this.#refererCache.findRows(bytes, rows, (slot, start, end) => {
      referers.forget(slot, start, end);
    });
    if (this.hasClients) rows = this.clients.findRows(bytes, rows);
    if (this.hasUpstreams) rows = this.upstreams.findRows(bytes, rows);
    this.from = from;
    return from + rows;
  }

  /** Puts what needs no cache into the columns, and the spans of a row that are to be looked up; empty ones for no record. */
  #gather(row: number, at: number): void {
    const isRecord = this.#reason[row] === PARSED;
    const columns = this.#columns;
    this.#filled = columns.filled;
    this.methods[at] = 0;
    this.protocols[at] = 0;
    this.#targetStart = 0;
    this.#targetEnd = 0;
    if (isRecord) this.#lookAtRequest(this.#bytes, row, at);
    const targets = this.routes.spans;
    targets[2 * at] = this.#targetStart;
    targets[2 * at + 1] = this.#targetEnd;
    if (copySpan(isRecord ? columns.userAgent : NOWHERE, row, this.agents.spans, at)) {
      this.#filled |= FILLS_AGENT;
    }
    copySpan(isRecord ? columns.httpReferer : NOWHERE, row, this.#refererCache.spans, at);
    if (this.hasClients && this.#gatherClient(row, at, isRecord)) this.#filled |= FILLS_CLIENT;
    if (this.hasUpstreams) {
      const { start, end } = isRecord ? columns.upstreamAddr : NOWHERE;
      this.upstreams.place(at, start[row] ?? 0, end[row] ?? 0);
    }
    this.caches[at] =
      columns.hasCache && isRecord
        ? this.#closed(CACHE_STATES, columns.cacheStatus, row, FILLS_CACHE)
        : 0;
    this.tlsVersions[at] =
      columns.hasTls && isRecord
        ? this.#closed(TLS_VERSIONS, columns.sslProtocol, row, FILLS_TLS)
        : 0;
    this.filled[at] = this.#filled;
  }

  #closed(set: ClosedSet, { start, end }: SpanColumn, row: number, fills: number): number {
    const value = set.find(this.#bytes, start[row] ?? 0, end[row] ?? 0);
    if (value > 0) this.#filled |= fills;
    return value;
  }

  #gatherClient(row: number, at: number, isRecord: boolean): boolean {
    const { spans } = this.clients;
    if (isRecord && this.#columns.hasForwarded) {
      const span = this.#span;
      const start = this.#columns.forwarded.start[row] ?? 0;
      const end = this.#columns.forwarded.end[row] ?? 0;
      const { proxies } = this.#options.clientFrom;
      if (end > start && forwardedClient(this.#bytes, start, end, proxies, span)) {
        spans[2 * at] = span.start;
        spans[2 * at + 1] = span.end;
        return span.end > span.start;
      }
    }
    return copySpan(isRecord ? this.#columns.remoteAddr : NOWHERE, row, spans, at);
  }

  #lookAtRequest(bytes: Uint8Array, row: number, at: number): void {
    const columns = this.#columns;
    const start = columns.request.start[row] ?? 0;
    const end = columns.request.end[row] ?? 0;
    if (end > start) {
      const line = this.#line;
      line.read(bytes, start, end);
      this.methods[at] = methodOf(bytes, start, line.methodEnd);
      this.protocols[at] = protocolOf(bytes, line.protocolStart, end);
      this.#targetStart = line.targetStart;
      this.#targetEnd = line.targetEnd;
      this.#filled |= FILLS_METHOD | FILLS_PROTOCOL | FILLS_ROUTE;
    }
    // Most formats have nothing but `$request`.
    if (!columns.hasParts) return;
    const method = this.#closed(METHODS, columns.requestMethod, row, FILLS_METHOD);
    if (method > 0) this.methods[at] = method;
    const protocol = this.#closed(PROTOCOLS, columns.serverProtocol, row, FILLS_PROTOCOL);
    if (protocol > 0) this.protocols[at] = protocol;
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
