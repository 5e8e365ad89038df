/**
 * Files, standard input and syslog as one source of lines. It owns them and closes them.
 *
 * Fair turns, one batch each. When `next()` gives nothing, each of them has looked within that call.
 * Only files have positions, so the checkpoint is theirs, and with it the names of received logs.
 */
import type { FollowCheckpoint } from './file/follow-checkpoint.ts';
import type { LineBatch } from './line-batch.ts';
import type { FolderTrouble, LineSource, LogStatus, ReceiverStatus } from './line-source.ts';

/** Lines that pass by once and have no position. */
export interface PassingSource extends LineSource<undefined> {
  /** Names of logs that were met and are to be remembered. */
  readonly receivedLogs?: readonly string[];
}

export interface CombinedSourceOptions {
  readonly files: LineSource<FollowCheckpoint>;
  /** Whether there may be files to follow, now or later. */
  readonly hasFiles: boolean;
  readonly passing: readonly PassingSource[];
}

export class CombinedSource implements LineSource<FollowCheckpoint> {
  readonly #files: LineSource<FollowCheckpoint>;
  readonly #hasFiles: boolean;
  readonly #passing: readonly PassingSource[];
  readonly #all: readonly LineSource[];
  #turn = 0;

  constructor({ files, hasFiles, passing }: CombinedSourceOptions) {
    this.#files = files;
    this.#hasFiles = hasFiles;
    this.#passing = passing;
    this.#all = hasFiles ? [files, ...passing] : passing;
  }

  get hasEnded(): boolean {
    return !this.#hasFiles && this.#passing.every((source) => source.hasEnded === true);
  }

  async next(newestOf?: (path: string) => number): Promise<LineBatch | undefined> {
    const count = this.#all.length;
    for (let tried = 0; tried < count; tried += 1) {
      const source = this.#all[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      const batch = await source?.next(newestOf);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    if (this.hasEnded) return;
    const first = new AbortController();
    const either = AbortSignal.any([signal, first.signal]);
    const waiting = this.#all.filter((source) => source.hasEnded !== true);
    const waits = waiting.map((source) => source.wait(maxMs, either));
    await Promise.race(waits);
    first.abort();
    await Promise.all(waits);
  }

  checkpoint(): FollowCheckpoint {
    const received = new Set(this.#passing.flatMap((source) => source.receivedLogs ?? []));
    return { ...this.#files.checkpoint(), received: [...received] };
  }

  status(): readonly LogStatus[] {
    return this.#all.flatMap((source) => source.status());
  }

  folders(): readonly FolderTrouble[] {
    return this.#files.folders?.() ?? [];
  }

  receivers(): readonly ReceiverStatus[] {
    return this.#passing.flatMap((source) => source.receivers?.() ?? []);
  }

  async close(): Promise<void> {
    await this.#files.close();
    for (const source of this.#passing) await source.close();
  }
}
