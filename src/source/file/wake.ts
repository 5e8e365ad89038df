/**
 * Wakes a waiting reader when something happens in one of the watched folders. Only a hint: events do not
 * cross every kind of mount, and watches can run out; without any, the poll still finds everything.
 */
import { watch, type FSWatcher } from 'chokidar';
import type { Notify } from '../../notice/notice.ts';
import { remedyFor } from './path-inspection.ts';
import { errorCode } from '../../text/error-code.ts';

export class FolderWatch {
  readonly #watcher: FSWatcher | undefined;
  readonly #folders = new Set<string>();
  readonly #notify: Notify;
  #isPending = false;
  #wake: (() => void) | undefined;

  /** `isWatched` says which paths are of interest. */
  constructor(
    isPolling: boolean,
    pollIntervalMs: number,
    isWatched: (path: string) => boolean,
    notify: Notify,
  ) {
    this.#notify = notify;
    try {
      this.#watcher = watch([], {
        ...(isPolling ? { backend: 'polling', pollingInterval: pollIntervalMs } : {}),
        ignoreInitial: true,
        depth: 0,
        // A link may lead to the meter's own standard output.
        followSymlinks: false,
        ignored: (path) => !this.#folders.has(path) && !isWatched(path),
      });
      this.#watcher.on('all', () => this.wake());
      this.#watcher.on('error', (error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  add(folder: string): void {
    if (this.#folders.has(folder)) return;
    this.#folders.add(folder);
    try {
      this.#watcher?.add(folder);
    } catch (error) {
      this.#fail(error);
    }
  }

  wake(): void {
    this.#isPending = true;
    this.#wake?.();
  }

  /** Whether anything has happened since it was last asked. */
  takePending(): boolean {
    const wasPending = this.#isPending;
    this.#isPending = false;
    return wasPending;
  }

  /** Calls `wake` at the next event, at once when one is pending; returns how to take it back. */
  onWake(wake: () => void): () => void {
    this.#wake = wake;
    if (this.#isPending) wake();
    return () => {
      this.#wake = undefined;
    };
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }

  #fail(error: unknown): void {
    const code = errorCode(error);
    const path = error instanceof Error && 'path' in error ? String(error.path) : undefined;
    const what =
      path === undefined
        ? `Folders cannot be watched (${code}); they are polled`
        : `${path} cannot be watched (${code}); it is polled`;
    this.#notify({
      code: 'watch-failed',
      ...(path === undefined ? {} : { subject: path }),
      message: `${what}, ${consequenceOf(code, error)}`,
    });
  }
}

/** What follows from it, and what to do. */
function consequenceOf(code: string, error: unknown): string {
  // Polling reads no more than a watch does, so a new log in it may stay unseen.
  if (code === 'EACCES' || code === 'EPERM') {
    return `which finds only what this process may read. ${remedyFor(error)}`;
  }
  const remedy =
    code === 'ENOSPC'
      ? 'The system has no inotify watches left: raise fs.inotify.max_user_watches, or set WATCH_POLLING=true.'
      : 'WATCH_POLLING=true does without file events.';
  return `and nothing is lost. ${remedy}`;
}
