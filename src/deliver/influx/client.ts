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
export type Reply =
  | {
      readonly kind: 'reply';
      readonly status: number;
      /** The first 64 KiB. Text of a stranger: make it safe before showing it. */
      readonly body: string;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
    }
  | { readonly kind: 'failure'; readonly code: string };

export interface InfluxClientOptions {
  readonly address: InfluxAddress;
  readonly clock: Clock;
  /** For tests. */
  readonly connectTimeoutMs?: number;
  readonly replyTimeoutMs?: number;
}

export class InfluxClient {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  constructor({ address, clock, connectTimeoutMs, replyTimeoutMs }: InfluxClientOptions) {
    const credentials = authorization(address);
    this.#clock = clock;
    this.#path = writePath(address);
    this.#headers = {
      'content-type': 'text/plain; charset=utf-8',
      'user-agent': 'nginx-meter',
      ...(credentials === undefined ? {} : { authorization: credentials }),
    };
    this.#pool = new Pool(new URL(address.url).origin, {
      connections: 1,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
      headersTimeout: replyTimeoutMs ?? REPLY_TIMEOUT_MS,
      bodyTimeout: replyTimeoutMs ?? REPLY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  }

  /** Sends line protocol, gzipped by default. Never rejects. `signal` gives the request up: code `ABORTED`. */
  async send(
    payload: Uint8Array,
    signal: AbortSignal,
    { isCompressed = true } = {},
  ): Promise<Reply> {
    const deadline = new AbortController();
    const finished = new AbortController();
    const both = AbortSignal.any([signal, deadline.signal]);
    const timer = this.#abortLate(deadline, finished.signal);
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers: isCompressed ? { ...this.#headers, 'content-encoding': 'gzip' } : this.#headers,
        body: payload,
        signal: both,
      });
      return {
        kind: 'reply',
        status: statusCode,
        body: await readBounded(body),
        contentType: headerText(headers['content-type']) ?? '',
        retryAfter: headerText(headers['retry-after']),
      };
    } catch (error) {
      if (deadline.signal.aborted) return { kind: 'failure', code: 'DEADLINE' };
      return { kind: 'failure', code: signal.aborted ? 'ABORTED' : failureCode(error) };
    } finally {
      finished.abort();
      await timer;
    }
  }

  async #abortLate(deadline: AbortController, finished: AbortSignal): Promise<void> {
    await this.#clock.sleep(REQUEST_DEADLINE_MS, finished);
    if (!finished.aborted) deadline.abort();
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
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
