/**
 * Standard input as a log: `kubectl logs -f … | nginx-meter`. It borrows the stream, and owns what of a
 * line has come without its end until `close()` gives that back.
 *
 * States: *settling* (lines may still be a backlog that is being sent: it is not said to be caught up
 * before nothing has come for a second), *following*, *done* (the input has ended, and its last line
 * was handed out whether or not something ends it).
 *
 * What can be lost: everything that was read after the last checkpoint, when the process is killed.
 * There is no position to go back to, and so no promise.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import type { LineBatch } from '../line-batch.ts';
import { firstReadBytes, frameLines, type Place } from '../line-frame.ts';
import type { LineSource, LogStatus } from '../line-source.ts';
import { StreamContent } from './stream-content.ts';
import { letArrive, Wakeup } from '../wakeup.ts';

/** `ref` and `unref`, where a stream has them, say whether it keeps the process alive. */
export type InputStream = Readable & { ref?(): unknown; unref?(): unknown };

export interface StdinSourceOptions {
  /** Delivers Buffers. Let go of by `close()`; whoever is given it next reads on. */
  readonly input: InputStream;
  readonly log: string;
  /** May be shared with other sources; at least `maxLineBytes + 1` bytes. */
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly clock: Clock;
  readonly notify: Notify;
}

const PATH = '-';
const SETTLE_MS = 1000;
const LF = 0x0a;

export class StdinSource implements LineSource<undefined> {
  readonly #options: StdinSourceOptions;
  readonly #content: StreamContent;
  readonly #wakeup: Wakeup;
  #place: Place = { position: 0, isInOverlong: false };
  /** The stream has delivered everything. */
  #isAtEnd = false;
  #isDone = false;
  #isIdle = false;
  #isSettled = false;
  /** Monotonic time of the last lines. */
  #quietSinceMs: number;
  #trouble: string | undefined;
  readonly #listeners: readonly (readonly [event: string, (error: Error) => void])[] = [
    ['readable', () => this.#wakeup.wake()],
    ['end', () => this.#end()],
    ['close', () => this.#end()],
    ['error', (error) => this.#fail(error)],
  ];

  constructor(options: StdinSourceOptions) {
    const { input, readBuffer, maxLineBytes, clock, notify } = options;
    if (readBuffer.length <= maxLineBytes) throw new RangeError('readBuffer is too small');
    this.#options = options;
    this.#content = new StreamContent(input);
    this.#wakeup = new Wakeup(clock);
    this.#quietSinceMs = clock.monotonicMs();
    for (const [event, listener] of this.#listeners) input.on(event, listener);
    input.ref?.();
    this.#isAtEnd = input.readableEnded || input.destroyed;
    notify({
      code: 'stdin-followed',
      subject: PATH,
      message:
        'Lines are read from standard input. They cannot be read again: what was read after the last ' +
        'checkpoint is lost when the meter is killed, and what is sent again is counted again.',
    });
  }

  /** Everything has been handed out, and no more can come. */
  get hasEnded(): boolean {
    return this.#isDone;
  }

  async next(): Promise<LineBatch | undefined> {
    if (this.#isDone) {
      this.#isIdle = true;
      return undefined;
    }
    const batch = (await this.#take()) ?? (await this.#takeArrived());
    this.#isIdle = batch === undefined;
    const nowMs = this.#options.clock.monotonicMs();
    if (batch !== undefined) this.#quietSinceMs = nowMs;
    this.#isSettled ||= this.#isDone || nowMs - this.#quietSinceMs >= SETTLE_MS;
    return batch;
  }

  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    await this.#wakeup.wait(this.#isSettled ? maxMs : Math.min(maxMs, SETTLE_MS), signal);
  }

  checkpoint(): undefined {}

  status(): readonly LogStatus[] {
    return [
      {
        log: this.#options.log,
        path: PATH,
        unreadBytes: this.#isDone ? 0 : this.#content.waitingBytes,
        caughtUp: this.#isIdle && this.#isSettled,
        rotations: 0,
        truncations: 0,
        ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      },
    ];
  }

  async close(): Promise<void> {
    this.#isDone = true;
    const { input } = this.#options;
    for (const [event, listener] of this.#listeners) input.off(event, listener);
    this.#content.close();
    input.unref?.();
  }

  async #takeArrived(): Promise<LineBatch | undefined> {
    await letArrive();
    const batch = await this.#take();
    return batch ?? (this.#isAtEnd ? this.#takeRest() : undefined);
  }

  async #take(): Promise<LineBatch | undefined> {
    const { readBuffer, maxLineBytes } = this.#options;
    const wanted = firstReadBytes(maxLineBytes);
    const filled = await this.#content.read(readBuffer, 0, wanted, this.#place.position);
    const frame = await frameLines(this.#content, this.#place, readBuffer, maxLineBytes, filled);
    if (frame === undefined) return undefined;
    this.#place = frame;
    this.#content.release(frame.position);
    return this.#batch(frame.start, frame.end, frame.overlongLines, frame.overlongBytes);
  }

  /** The last line counts although nothing ends it: nobody is going to. */
  async #takeRest(): Promise<LineBatch | undefined> {
    this.#isDone = true;
    const { readBuffer, maxLineBytes, notify } = this.#options;
    const { position, isInOverlong } = this.#place;
    const length = await this.#content.read(readBuffer, 0, maxLineBytes, position);
    notify({
      code: 'stdin-ended',
      subject: PATH,
      message: 'Standard input has ended; all of its lines have been read.',
    });
    if (isInOverlong) return this.#batch(0, 0, 1, 0);
    if (length === 0) return undefined;
    readBuffer[length] = LF;
    return this.#batch(0, length + 1, 0, 0);
  }

  #end(): void {
    this.#isAtEnd = true;
    this.#wakeup.wake();
  }

  #fail(error: Error): void {
    this.#trouble = `Standard input cannot be read (${error.message}); what came after that is lost.`;
    const message = this.#trouble;
    this.#options.notify({ code: 'stdin-unreadable', subject: PATH, message });
    this.#end();
  }

  #batch(start: number, end: number, overlongLines: number, overlongBytes: number): LineBatch {
    const flags = { before: false, headLost: false };
    const from = { log: this.#options.log, path: PATH, bytes: this.#options.readBuffer };
    return { ...from, start, end, overlongLines, overlongBytes, ...flags };
  }
}
