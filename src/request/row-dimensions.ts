import { AGENT_TABLE_BYTES, AgentTable } from './agent-class.ts';
import type { ByteHash } from '../wasm/byte-hash.ts';
import type { ClientSource } from './dimension-columns.ts';
import { CLIENT_TABLE_BYTES, ClientTable } from './client/client-table.ts';
import type { CountryTable } from './client/country.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { KeyCache, keyCacheBytes, ROWS_MAX, type KeyCacheOptions } from './keys/key-cache.ts';
import { keyWordsBytes } from './keys/key-words.ts';
import type { PathRule } from './route/path-rule.ts';
import { PATH_BYTES_MAX } from './request-path.ts';
import type { RecordBatch } from '../parse/record-batch.ts';
import { propertyOf } from './properties.ts';
import { ROUTE_SLOTS, ROUTE_TABLE_BYTES, RouteTable } from './route/route.ts';
import { ROW_GATHER_BYTES, RowGather } from './row-gather.ts';
import { UrlKeys, type KeyColumn } from './keys/top-key.ts';
import { UPSTREAM_TABLE_BYTES, UpstreamTable } from './upstream.ts';

/**
 * What the dimensions need to know of rows: route, class of the agent, upstream, keys of the top
 * lists, and what IGNORE needs. One for all logs, because nothing in here belongs to a
 * log: answers depend on the bytes of the row alone, and caches only save work.
 *
 * Use: `attach(records)`, then `lookUp(row)`, which finds out about this row and some hundred behind it
 * at once: first the spans of all, then path, agent, referer, address and upstream in a table each.
 * What is known of a row stands in all columns at `row - from`, and is valid until the next
 * `lookUp()`. Allocates nothing for values that were seen before.
 */

export interface RowDimensionsOptions {
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
  /** Undefined: countries are not looked at. */
  readonly countries?: CountryTable | undefined;
}

const AGENT = propertyOf('agent');
const REFERER_SLOTS = 1024;
const REFERERS: KeyCacheOptions = {
  slots: REFERER_SLOTS,
  keyBytesMax: PATH_BYTES_MAX,
  rowsMax: ROWS_MAX,
};

/** Bytes that a RowDimensions takes out of the region of its ByteHash. */
export const ROW_DIMENSIONS_BYTES =
  ROUTE_TABLE_BYTES +
  AGENT_TABLE_BYTES +
  CLIENT_TABLE_BYTES +
  UPSTREAM_TABLE_BYTES +
  ROW_GATHER_BYTES +
  keyCacheBytes(REFERERS) +
  keyWordsBytes(ROUTE_SLOTS) +
  keyWordsBytes(REFERER_SLOTS);

export class RowDimensions {
  /** The row that stands first in the columns. */
  from = 0;
  /** FILLS_* bits, method, protocol and so on. */
  readonly gathered: RowGather;
  readonly routes: RouteTable;
  readonly agents: AgentTable;
  readonly clients: ClientTable;
  readonly upstreams: UpstreamTable;
  readonly urls: UrlKeys;
  readonly referers: UrlKeys;
  /** False: no row has a client, or an upstream, so nothing was looked up. */
  readonly hasClients: boolean;
  readonly hasCountries: boolean;
  hasUpstreams = false;

  readonly #refererCache: KeyCache;
  /** Those of which rows are looked up. */
  readonly #keyColumns: KeyColumn[];
  /** Of a log with escape=none. */
  #isRaw = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #rows = 0;

  constructor(options: RowDimensionsOptions) {
    const { hash, routes, ignore, isBot, safeName, keepQuery, clientFrom } = options;
    this.routes = new RouteTable({ hash, routes, ignored: ignore.paths, safeName });
    this.agents = new AgentTable({ hash, isBot, ignored: ignore.agents });
    this.upstreams = new UpstreamTable(hash, safeName);
    this.clients = new ClientTable(hash, options.clientIp === 'masked', options.countries);
    this.#refererCache = new KeyCache(hash, REFERERS);
    this.urls = new UrlKeys(hash, this.routes, ROUTE_SLOTS, keepQuery);
    this.referers = new UrlKeys(hash, this.#refererCache, REFERER_SLOTS, keepQuery);
    this.hasClients = options.clientIp !== 'off';
    this.#keyColumns = [this.urls, this.referers, this.agents];
    if (this.hasClients) this.#keyColumns.push(this.clients);
    this.hasCountries = this.hasClients && options.countries !== undefined;
    const spans = {
      targets: this.routes.spans,
      agents: this.agents.spans,
      referers: this.#refererCache.spans,
      clients: this.clients.spans,
      upstreams: this.upstreams.spans,
    };
    this.gathered = new RowGather({ hash, spans, clientFrom, withClients: this.hasClients });
  }

  /** The rows that the next calls ask about. */
  attach(records: RecordBatch): void {
    const isRaw = records.escape === 'none';
    if (isRaw !== this.#isRaw) this.#startAnew(isRaw);
    this.#bytes = records.bytes;
    this.urls.bytes = records.bytes;
    this.referers.bytes = records.bytes;
    this.#rows = records.length;
    this.gathered.attach(records);
    this.hasUpstreams = this.gathered.hasUpstreams;
  }

  /** What the tables know holds for logs of one kind: those that escape values, or those that do not. */
  #startAnew(isRaw: boolean): void {
    this.#isRaw = isRaw;
    this.#refererCache.clear();
    const { routes, agents, upstreams, urls, referers } = this;
    for (const one of [routes, agents, upstreams, urls, referers]) one.startAnew(isRaw);
  }

  /**
   * Looks up as many rows as the caches take at once, from `from` on, and returns the first one that
   * it has not: `from + 1` or more.
   */
  lookUp(from: number): number {
    const bytes = this.#bytes;
    const { urls, referers } = this;
    let rows = Math.min(ROWS_MAX, this.#rows - from);
    this.gathered.gather(from, rows);
    rows = this.routes.findRows(bytes, rows, (slot, start, end) => urls.forget(slot, start, end));
    rows = this.agents.findRows(bytes, rows);
    rows = this.#refererCache.findRows(bytes, rows, (slot, start, end) => {
      referers.forget(slot, start, end);
    });
    if (this.hasClients) rows = this.clients.findRows(bytes, rows);
    if (this.hasUpstreams) rows = this.upstreams.findRows(bytes, rows);
    for (const { words, found } of this.#keyColumns) words.gather(found, rows);
    const { found, classes } = this.agents;
    const agentClasses = this.gathered.properties[AGENT]!;
    for (let at = 0; at < rows; at++) agentClasses[at] = classes[found[at]!]!;
    this.from = from;
    return from + rows;
  }
}
