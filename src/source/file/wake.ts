/**
 * Says in which of the watched folders something happened, and to which files. Only a hint: events do not
 * cross every kind of mount, and watches can run out; without any, the poll still finds everything.
 *
 * Folders are watched, not files: one watch of the system however many logs a folder holds. While the
 * lines of a log flow its folder is left alone, because every line would be an event.
 */
import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Notify } from '../../notice/notice.ts';
import { errorCode } from '../../text/error-code.ts';
import { remedyFor } from '../disk/path-inspection.ts';

/** More files with events than this are no longer told apart. */
const TOUCHED_MAX = 10_000;

export interface Touched {
  readonly paths: ReadonlySet<string>;
  /** Something was created, deleted or renamed. */
  readonly hasNames: boolean;
  /** Any file may have changed. */
  readonly isAny: boolean;
}

const NOTHING: Touched = { paths: new Set(), hasNames: false, isAny: false };

export class FolderWatch {
  readonly #watcher: FSWatcher | undefined;
  readonly #folders = new Set<string>();
  readonly #notify: Notify;
  #paths = new Set<string>();
  #hasNames = false;
  #isAny = false;
  #isPending = false;
  #hasFailed = false;
  #wake: (() => void) | undefined;

  constructor(notify: Notify) {
    this.#notify = notify;
    try {
      this.#watcher = watch([], {
        ignoreInitial: true,
        depth: 0,
        // A link may lead to the meter's own standard output.
        followSymlinks: false,
        ignored: (path) => !this.#folders.has(path),
      });
      this.#watcher.on('raw', (event, name, details) => this.#touch(event, name, details));
      this.#watcher.on('error', (error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether events come from the folder, as far as the system says. */
  has(folder: string): boolean {
    return !this.#hasFailed && this.#folders.has(folder);
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

  /** No more events from the folder until it is added again. */
  remove(folder: string): void {
    if (!this.#folders.delete(folder)) return;
    try {
      this.#watcher?.unwatch(folder);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What has happened since it was last asked. */
  take(): Touched {
    if (!this.#isPending) return NOTHING;
    const touched = { paths: this.#paths, hasNames: this.#hasNames, isAny: this.#isAny };
    this.#paths = new Set();
    this.#hasNames = false;
    this.#isAny = false;
    this.#isPending = false;
    return touched;
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

  #touch(event: string, name: unknown, details: unknown): void {
    const folder = folderOf(details);
    if (folder !== undefined && !this.#folders.has(folder)) return;
    if (event !== 'change') this.#hasNames = true;
    const isTold = folder !== undefined && typeof name === 'string' && name !== '';
    if (isTold && this.#paths.size < TOUCHED_MAX) this.#paths.add(join(folder, name));
    else this.#isAny = true;
    this.#isPending = true;
    this.#wake?.();
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
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

function folderOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  return 'watchedPath' in details && typeof details.watchedPath === 'string'
    ? details.watchedPath
    : undefined;
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
