import type { SealedDimensions } from '../../aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../../aggregate/sealed-window.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { formatDuration } from '../../config/units.ts';
import { DeadLetterFile } from '../../deliver/dead-letter.ts';
import { MemoryQueue } from '../../deliver/memory-queue.ts';
import type { SendOutcome, Target } from '../../deliver/target.ts';
import { Writer } from '../../deliver/writer.ts';
import type { Notify } from '../../notice/notice.ts';
import { pointGroups } from '../../points/points.ts';
import type { ProcessTags } from '../../points/process-tags.ts';

/** Where the windows of a backfill go. */
export interface BackfillOutput {
  write(windows: readonly SealedWindow[], dimensions: readonly SealedDimensions[]): Promise<void>;
  /** Resolves when everything has arrived, or nothing more will. */
  close(): Promise<void>;
  /** Points that have arrived. */
  readonly points: number;
  readonly rejectedPoints: number;
  /** Epoch seconds: every window that begins before this has arrived. */
  readonly writtenUntilS: number;
  /** Why the target was given up. */
  readonly trouble: string | undefined;
}

export interface OutputOptions {
  readonly config: Config;
  readonly tags: ProcessTags;
  readonly clock: Clock;
  readonly notify: Notify;
  /** How long in a row the target may fail. */
  readonly retryForMs: number;
  /** Stops the delivery; what is on its way may still arrive. */
  readonly stop: AbortController;
}

export function toTarget(target: Target, options: OutputOptions): BackfillOutput {
  return new TargetOutput(target, options);
}

const WAITING: ReadonlySet<string> = new Set([
  'write-retrying',
  'write-blocked',
  'write-recovered',
]);

class TargetOutput implements BackfillOutput {
  trouble: string | undefined;
  readonly #target: Target;
  readonly #options: OutputOptions;
  readonly #limited: Patience;
  readonly #queue: MemoryQueue;
  readonly #writer: Writer;
  readonly #writing: Promise<void>;
  /** Ends the writer once everything has arrived. */
  readonly #done = new AbortController();
  /** Calls of write() that have not arrived: points up to the end of each, and where it begins. */
  #pending: { readonly untilPoints: number; readonly startS: number }[] = [];
  #given = 0;
  #lastS = -Infinity;

  constructor(target: Target, options: OutputOptions) {
    const { config, clock, notify, stop } = options;
    this.#target = target;
    this.#options = options;
    this.#queue = new MemoryQueue(clock);
    this.#limited = new Patience(target, options, (reason) => {
      this.trouble = reason;
      stop.abort();
    });
    this.#writer = new Writer({
      target: this.#limited,
      spool: this.#queue,
      deadLetter: new DeadLetterFile({ stateDir: config.stateDir, clock, notify }),
      clock,
      // What it says of waiting is about a spool, which there is none of here.
      notify: (notice) => {
        if (!WAITING.has(notice.code)) notify(notice);
      },
      random: Math.random,
    });
    this.#writing = this.#writer.run(AbortSignal.any([stop.signal, this.#done.signal]));
  }

  get points(): number {
    return this.#writer.counters.points;
  }

  get rejectedPoints(): number {
    return this.#writer.counters.rejectedPoints;
  }

  get writtenUntilS(): number {
    const settled = this.points + this.rejectedPoints;
    const first = this.#pending.find(({ untilPoints }) => untilPoints > settled);
    return first?.startS ?? this.#lastS + 1;
  }

  async write(
    windows: readonly SealedWindow[],
    dimensions: readonly SealedDimensions[],
  ): Promise<void> {
    const { tags, stop } = this.#options;
    const settled = this.points + this.rejectedPoints;
    this.#pending = this.#pending.filter(({ untilPoints }) => untilPoints > settled);
    const starts = [...windows, ...dimensions].map(({ startS }) => startS);
    const startS = starts.reduce((a, b) => Math.min(a, b), Infinity);
    const batches: number[] = [];
    for (const batch of this.#target.encode(pointGroups(windows, dimensions, tags))) {
      if (stop.signal.aborted) break;
      this.#given += batch.points;
      batches.push(batch.points);
      this.#pending.push({ untilPoints: this.#given, startS });
      await this.#queue.append(batch, stop.signal);
    }
    this.#lastS = starts.reduce((a, b) => Math.max(a, b), this.#lastS);
  }

  async close(): Promise<void> {
    await this.#queue.whenDrained(this.#options.stop.signal);
    this.#done.abort();
    await this.#writing;
    await this.#limited.end();
    await this.#target.close();
  }
}

/** A target that is given up once it has failed for so long without a success in between. */
class Patience {
  readonly name: string;
  readonly address: string;
  readonly #target: Target;
  readonly #options: OutputOptions;
  readonly #giveUp: (reason: string) => void;
  /** Ends the wait with the next success. */
  #waiting: AbortController | undefined;
  #over: Promise<void> = Promise.resolve();
  #reason = '';

  constructor(target: Target, options: OutputOptions, giveUp: (reason: string) => void) {
    this.name = target.name;
    this.address = target.address;
    this.#target = target;
    this.#options = options;
    this.#giveUp = giveUp;
  }

  split(bytes: Uint8Array): readonly Uint8Array[] {
    return this.#target.split(bytes);
  }

  async send(payload: Uint8Array, signal: AbortSignal): Promise<SendOutcome> {
    const outcome = await this.#target.send(payload, signal);
    if (outcome.kind === 'retry' || outcome.kind === 'blocked') {
      this.#reason = outcome.reason;
      if (this.#waiting === undefined && !signal.aborted) this.#over = this.#wait();
    } else {
      this.#waiting?.abort();
      this.#waiting = undefined;
    }
    return outcome;
  }

  /** Waits no longer. */
  async end(): Promise<void> {
    this.#waiting?.abort();
    await this.#over;
  }

  async #wait(): Promise<void> {
    const { clock, notify, retryForMs, stop } = this.#options;
    const over = new AbortController();
    this.#waiting = over;
    notify({
      code: 'write-retrying',
      subject: this.address,
      message:
        `${this.name} does not take points at the moment: ${this.#reason}. It is tried again for ` +
        `${formatDuration(retryForMs)} (--retry-for).`,
    });
    const signal = AbortSignal.any([over.signal, stop.signal]);
    await clock.sleep(retryForMs, signal);
    if (!signal.aborted) this.#giveUp(this.#reason);
  }
}
