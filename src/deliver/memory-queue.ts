import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import type { SpoolRecord } from '../spool/spool-record.ts';
import type { PointBatch } from './target.ts';

const gzipAsync = promisify(gzip);

/** Records that wait; the producer waits when there are more. */
const RECORDS_MAX = 4;

/**
 * A queue for delivery without a disk, for a producer that can do its work again: backfill. Holds a
 * few records; what is in it when the process ends is lost, and the same files give it again.
 */
export class MemoryQueue {
  readonly #clock: Clock;
  #records: SpoolRecord[] = [];
  #lastSeq = 0;
  #change = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the record is queued, which may take as long as the database is away; or on `signal`. */
  async append({ bytes, points }: PointBatch, signal: AbortSignal): Promise<void> {
    const payload = await gzipAsync(bytes);
    while (this.#records.length >= RECORDS_MAX && !signal.aborted) await this.#changed(signal);
    this.#lastSeq++;
    this.#records.push({ seq: this.#lastSeq, points, payload, appendedAtMs: this.#clock.now() });
    this.#pulse();
  }

  async next(signal: AbortSignal): Promise<SpoolRecord | undefined> {
    while (this.#records.length === 0 && !signal.aborted) await this.#changed(signal);
    return this.#records[0];
  }

  ack(seq: number): Promise<void> {
    this.#records = this.#records.filter((record) => record.seq > seq);
    this.#pulse();
    return Promise.resolve();
  }

  /** Resolves when everything appended is acknowledged, or on `signal`. */
  async whenDrained(signal: AbortSignal): Promise<void> {
    while (this.#records.length > 0 && !signal.aborted) await this.#changed(signal);
  }

  async #changed(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await Promise.race([this.#change.promise, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }

  #pulse(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
