/**
 * When logs are to be looked at: a quiet one when its folder says that something happened, a busy one by
 * a timer, with its folder left alone meanwhile. It owns the watch of the folders.
 *
 * Since events do not cross every kind of mount, each quiet log is looked at in its turn as well.
 */
import { dirname } from 'node:path';
import type { Notify } from '../../notice/notice.ts';
import type { LogFollower } from './log-follower.ts';
import { LOOK_MS } from './look-times.ts';
import { FolderWatch, type Touched } from './wake.ts';

/** So many quiet logs a second are looked at in turn. */
const SWEEP_PER_S = 100;
const SWEEP_MAX_MS = 10_000;
/** A watch takes a moment to stand: what happens before is found by a look. */
const WATCH_BEGINS_MS = 2 * LOOK_MS;

export interface FolderEventsOptions {
  readonly isPolling: boolean;
  readonly pollIntervalMs: number;
  readonly notify: Notify;
}

export class FolderEvents {
  readonly #options: FolderEventsOptions;
  #watch: FolderWatch | undefined;
  readonly #folders = new Set<string>();
  /** Lines flow there. */
  readonly #left = new Set<string>();
  /** Of logs. */
  count = 0;

  constructor(options: FolderEventsOptions) {
    this.#options = options;
  }

  /** Started lazily by the first wait(). */
  begin(folders: readonly string[]): void {
    if (this.#watch !== undefined || this.#options.isPolling) return;
    this.#watch = new FolderWatch(this.#options.notify);
    for (const folder of folders) this.add(folder);
  }

  add(folder: string): void {
    this.#folders.add(folder);
    if (!this.#left.has(folder)) this.#watch?.add(folder);
  }

  /** How often a quiet log in the folder is looked at. */
  readonly sweepMs = (folder: string): number => {
    const { pollIntervalMs } = this.#options;
    const isTold = this.#watch?.has(folder) === true || this.#left.has(folder);
    if (!isTold) return pollIntervalMs;
    const roundMs = (this.count / SWEEP_PER_S) * 1000;
    return Math.max(pollIntervalMs, Math.min(SWEEP_MAX_MS, roundMs));
  };

  /** Leaves folders alone in which lines flow, and watches those again in which none do any more. */
  follow(followers: readonly LogFollower[], nowMs: number): void {
    const watch = this.#watch;
    if (watch === undefined) return;
    const busy = new Set<string>();
    for (const one of followers) if (one.looks.isBusy(nowMs)) busy.add(dirname(one.path));
    const back = new Set<string>();
    for (const folder of this.#folders) {
      if (busy.has(folder) && !this.#left.has(folder)) {
        this.#left.add(folder);
        watch.remove(folder);
      } else if (!busy.has(folder) && this.#left.delete(folder)) {
        watch.add(folder);
        back.add(folder);
      }
    }
    if (back.size === 0) return;
    for (const one of followers) {
      if (back.has(dirname(one.path))) one.looks.touch(nowMs + WATCH_BEGINS_MS);
    }
  }

  take(): Touched | undefined {
    return this.#watch?.take();
  }

  onWake(wake: () => void): () => void {
    return this.#watch?.onWake(wake) ?? (() => {});
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }
}
