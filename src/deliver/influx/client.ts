/**
 * One request at a time to the write endpoint, by undici.
 * A client has no memory of earlier requests; what a reply means is decided in verdict.ts.
 */
import { Pool } from 'undici';
import type { Clock } from '../../clock.ts';
import { authorization, type InfluxAddress, writePath } from './address.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const REPLY_TIMEOUT_MS = 30_000;
/** Bound of a whole request: a reply that trickles never runs into the other time-outs. */
const REQUEST_DEADLINE_MS = 60_000;
const REPLY_BYTES_MAX = 64 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** What came back: a reply, or the code of the failure that stood in for it (`ECONNREFUSED`, …). */
export type Reply = HttpReply | { readonly kind: 'failure'; readonly code: string };

/** All texts are a stranger's: make them safe before showing them. */
export interface HttpReply {
  readonly kind: 'reply';
  readonly status: number;
  /** The first 64 KiB. */
  readonly body: string;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** What InfluxDB 1 and 2 say of themselves in `X-Influxdb-Version`. */
  readonly influxVersion?: string | undefined;
  /** `Server`, else `Via`. */
  readonly server?: string | undefined;
}

export interface InfluxClientOptions {
  readonly address: InfluxAddress;
  readonly clock: Clock;
  /** For tests. */
  readonly connectTimeoutMs?: number;
  readonly replyTimeoutMs?: number;
}

export class InfluxClient {
  readonly #options: InfluxClientOptions;
  readonly #path: string;
  #pool: Pool;

  constructor(options: InfluxClientOptions) {
    this.#options = options;
    this.#path = writePath(options.address);
    this.#pool = this.#newPool();
  }

  /**
   * Sends line protocol, gzipped by default. Never rejects. `signal` gives the request up: code
   * `ABORTED`. After the deadline, or given up, nothing is waited for any more, whatever undici does.
   */
  async send(
    payload: Uint8Array,
    signal: AbortSignal,
    { isCompressed = true } = {},
  ): Promise<Reply> {
    const deadline = new AbortController();
    const finished = new AbortController();
    const timer = this.#abortLate(deadline, finished.signal);
    const either = AbortSignal.any([signal, deadline.signal]);
    const request = this.#request(payload, isCompressed, either);
    try {
      const reply = await Promise.race([request, aborted(either, finished.signal)]);
      if (reply !== undefined && !either.aborted) return reply;
      if (reply === undefined) this.#abandon();
      return { kind: 'failure', code: signal.aborted ? 'ABORTED' : 'DEADLINE' };
    } finally {
      finished.abort();
      await timer;
    }
  }

  /** Never waits for a connection that hangs. */
  async close(): Promise<void> {
    this.#pool.destroy().catch(() => undefined);
  }

  async #request(payload: Uint8Array, isCompressed: boolean, signal: AbortSignal): Promise<Reply> {
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers: this.#headers(isCompressed),
        body: payload,
        signal,
      });
      return {
        kind: 'reply',
        status: statusCode,
        body: await readBounded(body),
        contentType: headerText(headers['content-type']) ?? '',
        retryAfter: headerText(headers['retry-after']),
        influxVersion: headerText(headers['x-influxdb-version']),
        server: headerText(headers['server']) ?? headerText(headers['via']),
      };
    } catch (error) {
      const code = failureCode(error);
      // What the pool did not take at all stays in its queue, and everything behind it too.
      if (code === 'UND_ERR_INVALID_ARG') this.#abandon();
      return { kind: 'failure', code };
    }
  }

  #headers(isCompressed: boolean): Record<string, string> {
    const credentials = authorization(this.#options.address);
    return {
      'content-type': 'text/plain; charset=utf-8',
      'user-agent': 'nginx-meter',
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      ...(credentials === undefined ? {} : { authorization: credentials }),
    };
  }

  #newPool(): Pool {
    const { address, connectTimeoutMs, replyTimeoutMs } = this.#options;
    return new Pool(new URL(address.url).origin, {
      connections: 1,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
      headersTimeout: replyTimeoutMs ?? REPLY_TIMEOUT_MS,
      bodyTimeout: replyTimeoutMs ?? REPLY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  /** Leaves the pool, with whatever hangs in it, to itself. */
  #abandon(): void {
    const old = this.#pool;
    this.#pool = this.#newPool();
    old.destroy().catch(() => undefined);
  }

  async #abortLate(deadline: AbortController, finished: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(REQUEST_DEADLINE_MS, finished);
    if (!finished.aborted) deadline.abort();
  }
}

/** Resolves when `signal` aborts; when `finished` does nobody waits for it any more. */
function aborted(signal: AbortSignal, finished: AbortSignal): Promise<undefined> {
  const over = Promise.withResolvers<undefined>();
  const resolve = () => over.resolve(undefined);
  if (signal.aborted) resolve();
  signal.addEventListener('abort', resolve, { once: true, signal: finished });
  return over.promise;
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop gives the connection up, which is what an endless reply deserves.
    if (bytes >= REPLY_BYTES_MAX) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, REPLY_BYTES_MAX);
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** The code of the error, or of what caused it: an address that has several fails with a group. */
function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (own !== undefined && !(own === 'UND_ERR_SOCKET' && inner instanceof Error)) return own;
  return inner instanceof Error ? failureCode(inner) : (own ?? error.name);
}
