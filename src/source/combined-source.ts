/**
 * Everything that lines come from as one source. It owns its parts and closes them.
 *
 * Fair turns, one batch each. When `next()` gives nothing, each part has looked within that call.
 * The checkpoint has the positions of each kind of part under the name of the kind. What an earlier
 * run has left of a kind that nothing is read from now stays there, so that nothing is read twice
 * once something of that kind is read again.
 */
import type { LineBatch } from './line-batch.ts';
import type {
  FolderTrouble,
  LineSource,
  LogStatus,
  ReceiverStatus,
  SourcePositions,
} from './line-source.ts';

/** All sources of one kind, and what of them is to be kept over a restart. */
export interface SourceKind {
  readonly sources: readonly LineSource[];
  /** A JSON value; absent where nothing can be gone back to. */
  readonly positions?: () => unknown;
}

export interface CombinedSourceOptions {
  readonly kinds: Readonly<Record<string, SourceKind>>;
  /** From the checkpoint. */
  readonly saved: SourcePositions;
}

export class CombinedSource implements LineSource<SourcePositions> {
  readonly #kinds: CombinedSourceOptions['kinds'];
  readonly #saved: SourcePositions;
  readonly #all: readonly LineSource[];
  #turn = 0;

  constructor({ kinds, saved }: CombinedSourceOptions) {
    this.#kinds = kinds;
    this.#saved = saved;
    this.#all = Object.values(kinds).flatMap(({ sources }) => sources);
  }

  get hasEnded(): boolean {
    return this.#all.every((source) => source.hasEnded === true);
  }

  async next(
    newestOf?: (path: string) => number,
    sinceMs?: number,
  ): Promise<LineBatch | undefined> {
    const count = this.#all.length;
    for (let tried = 0; tried < count; tried += 1) {
      const source = this.#all[this.#turn % count];
      this.#turn = (this.#turn + 1) % count;
      const batch = await source?.next(newestOf, sinceMs);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    if (this.hasEnded) return;
    const waiting = this.#all.filter((source) => source.hasEnded !== true);
    const [only] = waiting;
    if (only !== undefined && waiting.length === 1) return only.wait(maxMs, signal);
    const first = new AbortController();
    const either = AbortSignal.any([signal, first.signal]);
    const waits = waiting.map((source) => source.wait(maxMs, either));
    await Promise.race(waits);
    first.abort();
    await Promise.all(waits);
  }

  checkpoint(): SourcePositions {
    const positions: Record<string, unknown> = { ...this.#saved };
    for (const [name, kind] of Object.entries(this.#kinds)) {
      if (kind.positions !== undefined) positions[name] = kind.positions();
    }
    return positions;
  }

  get wantsCheckpoint(): boolean {
    return this.#all.some((source) => source.wantsCheckpoint === true);
  }

  status(): readonly LogStatus[] {
    return this.#all.flatMap((source) => source.status());
  }

  folders(): readonly FolderTrouble[] {
    return this.#all.flatMap((source) => source.folders?.() ?? []);
  }

  receivers(): readonly ReceiverStatus[] {
    return this.#all.flatMap((source) => source.receivers?.() ?? []);
  }

  async close(): Promise<void> {
    for (const source of this.#all) await source.close();
  }
}
