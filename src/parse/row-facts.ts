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
import { CACHE_STATES, METHODS, PROTOCOLS, TLS_VERSIONS } from './closed-set.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './key-cache.ts';
import type { PathRule } from './path-rule.ts';
import { PATH_BYTES_MAX } from './request-path.ts';
import { PARSED, type RecordBatch, type SpanColumn } from './record-batch.ts';
import { RequestLine } from './request-line.ts';
import { ROUTE_TABLE_BYTES, RouteTable } from './route.ts';
import { TopKey, TOP_KEY_BYTES_MAX, UrlKeys } from './top-key.ts';
import { UPSTREAM_TABLE_BYTES, UpstreamTable } from './upstream.ts';
import { methodOf, protocolOf } from './usual-request.ts';

/**
 * What the dimensions need to know of a row: route, class of the agent, upstream, keys of the top
 * lists, and whether the line is to be ignored. One for all logs, because nothing in here belongs to
 * a log: answers depend on the bytes of the row alone, and caches only save work.
 *
 * Use: `attach(records)`, then for each row `isIgnored(row)` and, if it is counted, `read(row)`. What
 * `read` found is valid until the next one. Rows are looked up some hundred at a time: first the
 * spans of all, then path, agent, referer and address in a table each. Allocates nothing for values
 * that were seen before.
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
  /** FILLS_* bits of the row: the format has the variable, or, in JSON, the line. */
  filled = 0;
  /** Indexes into the values of METHODS, PROTOCOLS, CACHE_STATES, TLS_VERSIONS and AGENT_CLASSES. */
  method = 0;
  protocol = 0;
  cache = 0;
  tls = 0;
  agentClass = 0;
  route = '';
  routeHash = 0;
  /** Empty where the request went to none. */
  upstream = '';
  upstreamHash = 0;
  /** Tries that went on to another server. */
  retries = 0;
  /** Lengths are 0 where the row has none. */
  readonly url = new TopKey();
  readonly referer = new TopKey();
  readonly agent = new TopKey();
  readonly client = new TopKey();

  readonly #options: RowFactsOptions;
  readonly #columns: FactColumns;
  readonly #routes: RouteTable;
  readonly #agents: AgentTable;
  readonly #clients: ClientTable;
  readonly #upstreams: UpstreamTable;
  readonly #referers: KeyCache;
  readonly #urlKeys: UrlKeys;
  readonly #refererKeys: UrlKeys;
  /** Per slot of an agent: 1 when its hash is known. */
  readonly #agentHashed: Uint8Array;
  readonly #agentLow: Int32Array;
  readonly #agentHigh: Int32Array;
  readonly #hasIgnoredLines: boolean;
  readonly #line = new RequestLine();
  readonly #span: Span = { start: 0, end: 0 };
  #bytes: Uint8Array = new Uint8Array(0);
  #status: Int32Array = new Int32Array(0);
  #reason: Uint8Array = new Uint8Array(0);
  #rows = 0;
  /** The rows [from, until) have been looked up; what is known of a row stands at `row - from`. */
  #from = 0;
  #until = 0;
  readonly #filledRows = new Uint8Array(ROWS_MAX);
  readonly #methods = new Uint8Array(ROWS_MAX);
  readonly #protocols = new Uint8Array(ROWS_MAX);
  #targetStart = 0;
  #targetEnd = 0;

  constructor(options: RowFactsOptions) {
    const { hash, routes, ignore, isBot, safeName, keepQuery } = options;
    this.#options = options;
    this.#columns = new FactColumns(options.clientFrom);
    this.#routes = new RouteTable({ hash, routes, ignored: ignore.paths, safeName });
    this.#agents = new AgentTable({ hash, isBot, ignored: ignore.agents });
    this.#upstreams = new UpstreamTable(hash, safeName);
    this.#clients = new ClientTable(hash, options.clientIp === 'masked');
    this.#referers = new KeyCache(hash, REFERERS);
    this.#urlKeys = new UrlKeys(hash, this.#routes.names.length, keepQuery);
    this.#refererKeys = new UrlKeys(hash, REFERER_SLOTS, keepQuery);
    this.#agentHashed = new Uint8Array(this.#agents.classes.length);
    this.#agentLow = new Int32Array(this.#agents.classes.length);
    this.#agentHigh = new Int32Array(this.#agents.classes.length);
    const { paths, agents, statuses } = ignore;
    this.#hasIgnoredLines = paths.length + agents.length > 0 || statuses.includes(1);
  }

  /** The rows that the next calls ask about. */
  attach(records: RecordBatch): void {
    this.#bytes = records.bytes;
    this.#status = records.status;
    this.#reason = records.reason;
    this.#rows = records.length;
    this.#until = 0;
    this.#from = 0;
    this.#columns.attach(records);
  }

  /** Whether the line of the row is one of those that are not to be counted. */
  isIgnored(row: number): boolean {
    if (!this.#hasIgnoredLines) return false;
    if (this.#options.ignore.statuses[this.#status[row] ?? 0] === 1) return true;
    const at = this.#at(row);
    const filled = this.#filledRows[at] ?? 0;
    const routeSlot = this.#routes.found[at] ?? 0;
    if ((filled & FILLS_ROUTE) !== 0 && this.#routes.ignored[routeSlot] === 1) return true;
    const agentSlot = this.#agents.found[at] ?? 0;
    return (filled & FILLS_AGENT) !== 0 && this.#agents.ignored[agentSlot] === 1;
  }

  /** Sets all that is public in here. */
  read(row: number): void {
    const at = this.#at(row);
    const bytes = this.#bytes;
    this.filled = this.#filledRows[at] ?? 0;
    this.method = this.#methods[at] ?? 0;
    this.protocol = this.#protocols[at] ?? 0;
    this.#readRoute(at);
    this.#readAgent(at);
    this.#readReferer(at);
    this.#readClient(at);
    this.#readUpstream(row);
    this.cache = closed(CACHE_STATES, bytes, this.#columns.cacheStatus, row);
    if (this.cache > 0) this.filled |= FILLS_CACHE;
    this.tls = closed(TLS_VERSIONS, bytes, this.#columns.sslProtocol, row);
    if (this.tls > 0) this.filled |= FILLS_TLS;
  }

  /** Where what is known of a row stands. */
  #at(row: number): number {
    if (row < this.#from || row >= this.#until) this.#lookUp(row);
    return row - this.#from;
  }

  /** Looks up as many rows as the caches take at once, from `from` on. */
  #lookUp(from: number): void {
    const bytes = this.#bytes;
    let rows = Math.min(ROWS_MAX, this.#rows - from);
    for (let at = 0; at < rows; at++) this.#gather(from + at, at);
    rows = this.#routes.findRows(bytes, rows, (slot) => this.#urlKeys.forget(slot));
    rows = this.#agents.findRows(bytes, rows, (slot) => {
      this.#agentHashed[slot] = 0;
    });
    rows = this.#referers.findRows(bytes, rows, (slot) => this.#refererKeys.forget(slot));
    if (this.#options.clientIp !== 'off') rows = this.#clients.findRows(bytes, rows);
    this.#from = from;
    this.#until = from + rows;
  }

  /** Method, protocol, and the spans of a row that are to be looked up; empty ones for no record. */
  #gather(row: number, at: number): void {
    const isRecord = this.#reason[row] === PARSED;
    this.filled = this.#columns.filled;
    this.method = 0;
    this.protocol = 0;
    this.#targetStart = 0;
    this.#targetEnd = 0;
    if (isRecord) this.#lookAtRequest(this.#bytes, row);
    const targets = this.#routes.spans;
    targets[2 * at] = this.#targetStart;
    targets[2 * at + 1] = this.#targetEnd;
    this.#methods[at] = this.method;
    this.#protocols[at] = this.protocol;
    const hasAgent = copySpan(
      isRecord ? this.#columns.userAgent : NOWHERE,
      row,
      this.#agents.spans,
      at,
    );
    if (hasAgent) this.filled |= FILLS_AGENT;
    copySpan(isRecord ? this.#columns.httpReferer : NOWHERE, row, this.#referers.spans, at);
    if (this.#options.clientIp !== 'off' && this.#gatherClient(row, at, isRecord)) {
      this.filled |= FILLS_CLIENT;
    }
    this.#filledRows[at] = this.filled;
  }

  #gatherClient(row: number, at: number, isRecord: boolean): boolean {
    const { spans } = this.#clients;
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

  #lookAtRequest(bytes: Uint8Array, row: number): void {
    const start = this.#columns.request.start[row] ?? 0;
    const end = this.#columns.request.end[row] ?? 0;
    if (end > start) {
      const line = this.#line;
      line.read(bytes, start, end);
      this.method = methodOf(bytes, start, line.methodEnd);
      this.protocol = protocolOf(bytes, line.protocolStart, end);
      this.#targetStart = line.targetStart;
      this.#targetEnd = line.targetEnd;
      this.filled |= FILLS_METHOD | FILLS_PROTOCOL | FILLS_ROUTE;
    }
    // Most formats have nothing but `$request`.
    if (!this.#columns.hasParts) return;
    const method = closed(METHODS, bytes, this.#columns.requestMethod, row);
    if (method > 0) this.method = method;
    if (method > 0) this.filled |= FILLS_METHOD;
    const protocol = closed(PROTOCOLS, bytes, this.#columns.serverProtocol, row);
    if (protocol > 0) this.protocol = protocol;
    if (protocol > 0) this.filled |= FILLS_PROTOCOL;
    if (this.#targetStart === this.#targetEnd) this.#lookAtTarget(this.#columns.uri, row);
    // As the client asked, before any rewriting.
    this.#lookAtTarget(this.#columns.requestUri, row);
  }

  #lookAtTarget(column: SpanColumn, row: number): void {
    const start = column.start[row] ?? 0;
    const end = column.end[row] ?? 0;
    if (start === end) return;
    this.#targetStart = start;
    this.#targetEnd = end;
    this.filled |= FILLS_ROUTE;
  }

  #readRoute(at: number): void {
    const { spans, found, names, hashes } = this.#routes;
    const slot = found[at] ?? 0;
    const start = spans[2 * at] ?? 0;
    const end = spans[2 * at + 1] ?? 0;
    this.route = names[slot] ?? '';
    this.routeHash = hashes[slot] ?? 0;
    if (start === end) this.url.clear();
    else this.#urlKeys.read(slot, this.#bytes, start, end, this.url);
  }

  #readAgent(at: number): void {
    const { spans, found, classes } = this.#agents;
    const slot = found[at] ?? 0;
    const start = spans[2 * at] ?? 0;
    const length = Math.min((spans[2 * at + 1] ?? 0) - start, TOP_KEY_BYTES_MAX);
    this.agentClass = classes[slot] ?? 0;
    if (length <= 0) {
      this.agent.clear();
      return;
    }
    if (this.#agentHashed[slot] === 0) {
      this.#agentHashed[slot] = 1;
      const { hash } = this.#options;
      this.#agentLow[slot] = hash.hash(this.#bytes, start, start + length);
      this.#agentHigh[slot] = hash.lanes[1] ?? 0;
    }
    const low = this.#agentLow[slot] ?? 0;
    this.agent.set(this.#bytes, start, length, low, this.#agentHigh[slot] ?? 0);
    this.agent.id = slot;
  }

  #readReferer(at: number): void {
    const { spans, found } = this.#referers;
    const start = spans[2 * at] ?? 0;
    const end = spans[2 * at + 1] ?? 0;
    if (start === end) this.referer.clear();
    else this.#refererKeys.read(found[at] ?? 0, this.#bytes, start, end, this.referer);
  }

  #readClient(at: number): void {
    if ((this.filled & FILLS_CLIENT) === 0 || this.#options.clientIp === 'off') {
      this.client.clear();
      return;
    }
    const { spans, found } = this.#clients;
    const start = spans[2 * at] ?? 0;
    const end = spans[2 * at + 1] ?? 0;
    if (start === end) this.client.clear();
    else this.#clients.read(found[at] ?? 0, this.#bytes, start, end, this.client);
  }

  #readUpstream(row: number): void {
    const start = this.#columns.upstreamAddr.start[row] ?? 0;
    const end = this.#columns.upstreamAddr.end[row] ?? 0;
    this.upstream = '';
    if (start === end) return;
    const table = this.#upstreams;
    const slot = table.find(this.#bytes, start, end);
    this.upstream = table.names[slot] ?? '';
    this.upstreamHash = table.hashes[slot] ?? 0;
    this.retries = table.retries[slot] ?? 0;
  }
}

function closed(
  set: { find(bytes: Uint8Array, start: number, end: number): number },
  bytes: Uint8Array,
  column: SpanColumn,
  row: number,
): number {
  const start = column.start[row] ?? 0;
  const end = column.end[row] ?? 0;
  return start === end ? 0 : set.find(bytes, start, end);
}

/** Puts the span of a row into place `at` of `spans`; false when it is empty. */
function copySpan(column: SpanColumn, row: number, spans: Int32Array, at: number): boolean {
  const start = column.start[row] ?? 0;
  const end = column.end[row] ?? 0;
  spans[2 * at] = start;
  spans[2 * at + 1] = end;
  return end > start;
}
