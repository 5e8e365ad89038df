import { lstat, readlink, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type {
  FollowCheckpoint,
  GenerationCheckpoint,
  LogCheckpoint,
} from '../source/rotation/follow-checkpoint.ts';
import { findNginxMaster, type MasterSearchOptions, type Signal } from './nginx-master.ts';
import type { Notice, Notify } from '../notice/notice.ts';
import { errorCode } from '../text/error-code.ts';

/**
 * Rotates the logs so that their volume does not fill: a log that is longer than `rotateAtBytes` and
 * read to its end is renamed to `NAME.1`, and nginx is told to reopen it (USR1,
 * https://nginx.org/en/docs/control.html#logs).
 *
 * It owns no state that has to be saved. What it does follows from the checkpoint that has just been
 * made durable: an older `NAME.1` is replaced only if it is in there as done, so that every line of it
 * is in a window and every window is on disk; and a log whose renamed file is still written to, while
 * nothing stands at its path, gets its signal again, also after a crash between renaming and signal.
 * Nothing is renamed unless nginx can be signalled.
 *
 * What can be lost: nothing that the follower has not read. `NAME.1` is deleted by the next rotation;
 * with READ_FROM=beginning that may be a file from before the first start, which was never counted.
 */
export interface LogRotationOptions {
  readonly rotateAtBytes: number;
  /** ROTATE_PID_FILE; see findNginxMaster. */
  readonly pidFile: string | undefined;
  readonly clock: Clock;
  readonly notify: Notify;
  /** For tests. */
  readonly search?: Omit<MasterSearchOptions, 'pidFile' | 'signal'>;
  readonly signal?: Signal;
}

/** A log of which more is unread is not rotated yet: it would only be in the way of the next rotation. */
const UNREAD_MAX_BYTES = 1024 * 1024;
/** nginx reopens its logs within milliseconds. */
const REOPEN_MS = 5000;
const LINKS_MAX = 16;

interface Facts {
  readonly device: string;
  readonly inode: string;
  readonly sizeBytes: number;
  readonly isFile: boolean;
}

/** What a log needs; `target` is where the symbolic links of its path end. */
type Need =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'rename' | 'signal'; readonly log: LogCheckpoint; readonly target: string };

export class LogRotation {
  readonly #options: LogRotationOptions;
  readonly #signal: Signal;
  /** Monotonic time since when a log has been renamed and not reopened. */
  readonly #missing = new Map<string, number>();

  constructor(options: LogRotationOptions) {
    this.#options = options;
    this.#signal = options.signal ?? process.kill.bind(process);
  }

  /** Does what is due. `saved` is the checkpoint on disk, `followed` the paths that are followed now. */
  async turn(saved: FollowCheckpoint, followed: ReadonlySet<string>): Promise<void> {
    const needs: Need[] = [];
    for (const log of saved.logs) {
      if (followed.has(log.path)) needs.push(await this.#needOf(log));
    }
    const due = needs.filter((need) => need.kind !== 'nothing');
    const [first] = due;
    if (first === undefined) return;
    const { pidFile, search } = this.#options;
    const master = await findNginxMaster({ ...search, pidFile, signal: this.#signal });
    if ('problem' in master) {
      for (const { log } of due) this.#refuse(log.path, `${master.problem}.`);
      return;
    }
    let mustSignal = false;
    for (const { kind, log, target } of due) {
      mustSignal = kind === 'signal' || (await this.#rename(log, target)) || mustSignal;
    }
    if (mustSignal) this.#tell(first.log.path, master.pid);
  }

  async #needOf(log: LogCheckpoint): Promise<Need> {
    const { path, generations } = log;
    const target = await endOfLinks(path);
    const old = await lookAt(`${target}.1`);
    const current = await lookAt(target);
    if (current === undefined) {
      const isWritten = old !== undefined && find(generations, old)?.isDone === false;
      if (!isWritten) return { kind: 'nothing' };
      this.#noteMissing(path, target);
      return { kind: 'signal', log, target };
    }
    this.#missing.delete(path);
    const { rotateAtBytes } = this.#options;
    if (!current.isFile || current.sizeBytes < rotateAtBytes) return { kind: 'nothing' };
    const obstacle = obstacleOf(target, current, old, generations);
    if (obstacle === undefined) return { kind: 'rename', log, target };
    // This is expected shortly after a rotation.
    if (current.sizeBytes >= 2 * rotateAtBytes) this.#refuse(path, obstacle);
    return { kind: 'nothing' };
  }

  /** True if the log was renamed. */
  async #rename(log: LogCheckpoint, target: string): Promise<boolean> {
    // Somebody else may rotate too, and the search for nginx has taken a while.
    if ((await this.#needOf(log)).kind !== 'rename') return false;
    const { path } = log;
    try {
      await rename(target, `${target}.1`);
    } catch (error) {
      const code = errorCode(error);
      const remedy =
        code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
          ? `Mount the volume of ${dirname(target)} writable for the meter, as a user who may write there.`
          : 'It is tried again.';
      this.#refuse(path, `it cannot be renamed (${code}). ${remedy}`);
      return false;
    }
    this.#missing.set(path, this.#options.clock.monotonicMs());
    this.#options.notify({
      code: 'log-rotated',
      subject: path,
      message: `${path} has reached ROTATE_AT: it is ${target}.1 now, and nginx is told to reopen it.`,
    });
    return true;
  }

  #tell(path: string, pid: number): void {
    try {
      this.#signal(pid, 'SIGUSR1');
    } catch (error) {
      // The next turn finds the log missing and tries again.
      this.#refuse(
        path,
        `nginx (process ${pid}) has not been told to reopen it (${errorCode(error)}).`,
      );
    }
  }

  #noteMissing(path: string, target: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    const sinceMs = this.#missing.get(path) ?? nowMs;
    this.#missing.set(path, sinceMs);
    if (nowMs - sinceMs < REOPEN_MS) return;
    this.#options.notify({
      code: 'rotation-not-reopened',
      subject: path,
      message:
        `nginx has not reopened ${path} ${Math.round((nowMs - sinceMs) / 1000)} s after it was renamed to ` +
        `${target}.1. It goes on writing there, and its lines are counted; it is told again. Look at nginx's ` +
        'error log, and at whether the process that is signalled writes this log (ROTATE_PID_FILE).',
    });
  }

  #refuse(path: string, why: string): void {
    const notice: Notice = {
      code: 'rotation-refused',
      subject: path,
      message: `${path} has reached ROTATE_AT and is not rotated: ${why}`,
    };
    this.#options.notify(notice);
  }
}

/** Why a log that is long enough cannot be renamed now; undefined when it can. */
function obstacleOf(
  target: string,
  current: Facts,
  old: Facts | undefined,
  generations: readonly GenerationCheckpoint[],
): string | undefined {
  const live = find(generations, current);
  if (live === undefined || live.isDone || live.isGzip) return 'it is not what is being followed.';
  if (current.sizeBytes - live.position > UNREAD_MAX_BYTES) {
    return `${current.sizeBytes - live.position} bytes of it have not been read yet.`;
  }
  if (old === undefined) return undefined;
  const read = find(generations, old);
  if (!old.isFile || read === undefined) {
    return `${target}.1 is no file that has been read. Move it away, or read it with READ_FROM=all.`;
  }
  return read.isDone && old.sizeBytes <= read.sizeBytes
    ? undefined
    : `${target}.1 has not been read to its end yet.`;
}

function find(
  generations: readonly GenerationCheckpoint[],
  file: Facts,
): GenerationCheckpoint | undefined {
  return generations.find(
    (one) => !one.isDisplaced && one.inode === file.inode && one.device === file.device,
  );
}

/** Of the path itself, not of what a symbolic link leads to. */
async function lookAt(path: string): Promise<Facts | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return undefined;
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    isFile: stats.isFile(),
  };
}

/** Where the symbolic links of a path end, whether or not something stands there. */
async function endOfLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let hop = 0; hop < LINKS_MAX; hop += 1) {
    const link = await readlink(at).catch(() => undefined);
    if (link === undefined) return at;
    at = resolve(dirname(at), link);
  }
  return at;
}
