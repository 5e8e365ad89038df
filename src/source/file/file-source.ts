/**
 * The logs of a machine as one source of lines. It owns the followers, the folder watch and nothing else.
 *
 * Logs get fair turns, one batch each; one that cannot be read is reported and never stops another. All of
 * them read into one buffer, which is why a batch is borrowed only until the next call.
 */
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Notice, Notify } from '../../notice/notice.ts';
import type { FollowCheckpoint, LogCheckpoint } from '../rotation/follow-checkpoint.ts';
import type { LineBatch } from '../line-batch.ts';
import type { FolderTrouble, LineSource, LogStatus } from '../line-source.ts';
import { descriptorLimit, fewDescriptorsNotice, logsKeptOpen } from '../disk/descriptors.ts';
import { FolderEvents } from './folder-events.ts';
import { LocalDevices } from '../disk/local-devices.ts';
import { LogFollower, type FollowContext } from './log-follower.ts';
import { LOOK_MS } from './look-times.ts';
import { LogPaths, type PathSetting } from '../disk/log-paths.ts';
import { lookAt } from '../disk/open-file.ts';
import { HeadCache } from '../disk/siblings.ts';
import type { ReadFrom } from '../rotation/start-position.ts';
import { readableFolderNotice } from '../disk/unreadable-folders.ts';
import { levelOf } from '../../notice/codes.ts';

export interface FileSourceOptions {
  /** Paths and globs; a log without a name has the base name without `.log`. */
  readonly paths: readonly PathSetting[];
  /** Where to begin without a checkpoint. A log that appears later is read from its beginning. */
  readonly readFrom: ReadFrom;
  readonly checkpoint: FollowCheckpoint | undefined;
  /** Shared by all logs; at least `maxLineBytes + 1` bytes. */
  readonly readBuffer: Uint8Array;
  /** Longer lines (without LF) are passed over and counted. */
  readonly maxLineBytes: number;
  readonly pollIntervalMs?: number;
  /** Watch by polling, for mounts that carry no file events. */
  readonly watchPolling?: boolean;
  /** How long an old file must have been quiet after its successor appeared before it is closed. */
  readonly drainMs?: number;
  /** New logs are not read before a checkpoint has their position; see LineSource.wantsCheckpoint. */
  readonly holdsNewLogs?: boolean;
  /** How many files the process may keep open; asked of the system when it is not given. */
  readonly descriptorLimit?: number;
  /** More matches of the globs than this are left out, and the first of them is a trouble of `folders()`. */
  readonly logsMax?: number;
  readonly clock: Clock;
  readonly notify: Notify;
}

/** Folders are looked into so often even when nothing says that they have changed. */
const DISCOVER_MS = 30_000;

/** Where nothing else is set. */
const LOGS_MAX = 1000;

/** Opens the logs; never rejects because of what it finds at their paths. */
export async function openFileSource(
  options: FileSourceOptions,
): Promise<LineSource<FollowCheckpoint>> {
  const source = new FileSource(options);
  await source.start();
  return source;
}

class FileSource implements LineSource<FollowCheckpoint> {
  readonly #options: FileSourceOptions;
  readonly #context: FollowContext;
  readonly #paths: LogPaths;
  readonly #events: FolderEvents;
  readonly #pollIntervalMs: number;
  readonly #limit: number;
  readonly #keptOpen: number;
  readonly #followers: LogFollower[] = [];
  readonly #byPath = new Map<string, LogFollower>();
  readonly #names = new Set<string>();
  /** Of logs that match no longer, or not yet: kept, so that nothing is read twice when they come back. */
  #unused = new Map<string, LogCheckpoint>();
  /** Of folders, as of the last look. */
  #unreadable: readonly Notice[] = [];
  /** There are more logs than are followed. */
  #leftOut: Notice | undefined;
  /** Not read yet, because no checkpoint has their position. */
  readonly #held = new Set<LogFollower>();
  #turn = 0;
  /** Some log is fed by several followers. */
  #hasShared = false;
  #discoveredAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FileSourceOptions) {
    const { clock, notify, maxLineBytes, readBuffer } = options;
    if (readBuffer.length <= maxLineBytes) throw new RangeError('readBuffer is too small');
    this.#options = options;
    this.#pollIntervalMs = options.pollIntervalMs ?? 1000;
    this.#limit = options.descriptorLimit ?? descriptorLimit();
    this.#keptOpen = logsKeptOpen(this.#limit);
    const drainMs = options.drainMs ?? 5000;
    const pollIntervalMs = this.#pollIntervalMs;
    const heads = new HeadCache(clock);
    const isPolling = options.watchPolling === true;
    this.#events = new FolderEvents({ isPolling, pollIntervalMs, notify });
    const isFollowed = (path: string) => this.#byPath.has(path);
    const local = new LocalDevices();
    const isLocal = isPolling ? () => false : local.has;
    this.#context = {
      clock,
      notify,
      maxLineBytes,
      readBuffer,
      drainMs,
      pollIntervalMs,
      heads,
      isFollowed,
      isLocal,
      sweepMs: this.#events.sweepMs,
    };
    this.#paths = new LogPaths(options.paths);
  }

  async start(): Promise<void> {
    for (const saved of this.#options.checkpoint?.logs ?? []) this.#unused.set(saved.path, saved);
    await this.#discover(this.#options.readFrom);
  }

  async next(
    newestOf?: (path: string) => number,
    sinceMs = Number.POSITIVE_INFINITY,
  ): Promise<LineBatch | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    await this.#discoverIfDue(nowMs, this.#takeEvents(nowMs));
    const isThorough = sinceMs === Number.POSITIVE_INFINITY;
    // First whoever has lines; then, as nobody seems to have, everybody looks again.
    for (const mustLook of isThorough ? [false, true] : [false]) {
      const followers = this.#inOrder(newestOf);
      const count = followers.length;
      for (let tried = 0; tried < count; tried += 1) {
        const follower = followers[this.#turn % count];
        this.#turn = (this.#turn + 1) % count;
        if (follower === undefined || this.#held.has(follower)) continue;
        let batch = isThorough ? 'unclear' : follower.glance(nowMs, sinceMs);
        if (batch === 'unclear') {
          batch = await follower.next(mustLook || follower.looks.lookedAtMs < sinceMs);
        }
        if (batch !== undefined) return batch;
      }
    }
    return undefined;
  }

  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#events.begin([
      ...this.#paths.folders(),
      ...this.#followers.map((one) => dirname(one.path)),
    ]);
    this.#events.follow(this.#followers, nowMs);
    const dueMs = Math.min(...this.#followers.map((one) => one.dueMs)) - nowMs;
    const ms = Math.max(dueMs, Math.min(LOOK_MS, this.#pollIntervalMs));
    const woken = new AbortController();
    const takeBack = this.#events.onWake(() => woken.abort());
    const shortMs = Math.min(maxMs, this.#pollIntervalMs, ms);
    await clock.sleep(shortMs, AbortSignal.any([signal, woken.signal]));
    takeBack();
  }

  get wantsCheckpoint(): boolean {
    return this.#held.size > 0;
  }

  checkpoint(): FollowCheckpoint {
    this.#held.clear();
    const logs = this.#followers.map((follower) => follower.checkpoint());
    return { logs: [...logs, ...this.#unused.values()] };
  }

  status(): readonly LogStatus[] {
    return this.#followers.map((follower) => follower.status());
  }

  folders(): readonly FolderTrouble[] {
    return [...this.#unreadable, ...(this.#leftOut === undefined ? [] : [this.#leftOut])]
      .filter((notice) => levelOf(notice) === 'error')
      .map(({ subject = '', message }) => ({ folder: subject, trouble: message }));
  }

  async close(): Promise<void> {
    await this.#events.close();
    for (const follower of this.#followers) await follower.close();
  }

  /**
   * The followers in the order of turns, where those of one log take its turns in such an order that
   * the one furthest behind comes first.
   */
  #inOrder(newestOf: ((path: string) => number) | undefined): readonly LogFollower[] {
    const count = this.#followers.length;
    if (newestOf === undefined || !this.#hasShared) return this.#followers;
    const turns = new Map<string, number[]>();
    for (let i = 0; i < count; i += 1) {
      const at = (this.#turn + i) % count;
      const log = this.#followers[at]?.log ?? '';
      const own = turns.get(log);
      if (own === undefined) turns.set(log, [at]);
      else own.push(at);
    }
    const ordered = [...this.#followers];
    for (const own of turns.values()) {
      const files = own.flatMap((at) => this.#followers[at] ?? []);
      files.sort((a, b) => compare(newestOf(a.path), newestOf(b.path)));
      files.forEach((file, i) => {
        ordered[own[i] ?? 0] = file;
      });
    }
    return ordered;
  }

  /** Marks the logs to which something happened; true when files were created, deleted or renamed. */
  #takeEvents(nowMs: number): boolean {
    const touched = this.#events.take();
    if (touched === undefined) return false;
    for (const path of touched.paths) this.#byPath.get(path)?.looks.touch(nowMs);
    if (touched.isAny) for (const one of this.#followers) one.looks.touch(nowMs);
    return touched.hasNames || touched.isAny;
  }

  async #discoverIfDue(nowMs: number, isWoken: boolean): Promise<void> {
    if (!this.#paths.hasGlobs) return;
    const sinceMs = nowMs - this.#discoveredAtMs;
    if (sinceMs < this.#pollIntervalMs && !(isWoken && sinceMs >= LOOK_MS)) return;
    const mustFind = isWoken || sinceMs >= DISCOVER_MS;
    if (mustFind || this.#paths.haveFoldersChanged(this.#options.clock.now())) {
      await this.#discover('beginning');
    }
  }

  async #discover(readFrom: ReadFrom): Promise<void> {
    this.#discoveredAtMs = this.#options.clock.monotonicMs();
    const { logsMax = LOGS_MAX } = this.#options;
    const leftOut: string[] = [];
    const known = new Set([...this.#unused.keys(), ...this.#byPath.keys()]);
    const { logs, unreadable } = await this.#paths.find(known, new Set(this.#byPath.keys()));
    this.#noticeFolders(unreadable);
    for (const { path, log } of logs) {
      if (this.#byPath.has(path)) continue;
      if (this.#followers.length < logsMax) await this.#follow(path, log, readFrom);
      else leftOut.push(path);
    }
    this.#leftOut = tooMany(leftOut, logsMax);
    if (this.#leftOut !== undefined) this.#options.notify(this.#leftOut);
  }

  #noticeFolders(unreadable: readonly Notice[]): void {
    for (const notice of unreadable) this.#options.notify(notice);
    for (const { subject = '' } of this.#unreadable) {
      const isOver = !unreadable.some((one) => one.subject === subject);
      if (isOver) this.#options.notify(readableFolderNotice(subject));
    }
    this.#unreadable = unreadable;
  }

  async #follow(path: string, log: string, readFrom: ReadFrom): Promise<void> {
    const keepsOpen = this.#followers.length < this.#keptOpen;
    if (!keepsOpen) this.#options.notify(fewDescriptorsNotice(this.#limit, this.#keptOpen));
    const follower = new LogFollower(path, log, this.#context, keepsOpen);
    const saved = this.#unused.get(path) ?? (await this.#takeOver(path, log));
    if (saved === 'shared') {
      this.#options.notify({
        code: 'log-is-double',
        subject: path,
        message: `${path} is the same file as another followed log; it is followed once.`,
      });
      return;
    }
    this.#unused.delete(path);
    if (saved === undefined) {
      await follower.begin(readFrom);
      if (this.#options.holdsNewLogs === true) this.#held.add(follower);
    } else {
      follower.resume(saved);
    }
    if (this.#names.has(log)) {
      this.#hasShared = true;
      this.#noticeSharedName(path, log);
    }
    this.#names.add(log);
    this.#followers.push(follower);
    this.#byPath.set(path, follower);
    this.#events.count = this.#followers.length;
    this.#events.add(dirname(path));
  }

  /** A log that was renamed to another log's name goes on there. */
  async #takeOver(path: string, log: string): Promise<LogCheckpoint | 'shared' | undefined> {
    const facts = await lookAt(path).catch(() => undefined);
    if (facts?.isFile !== true) return undefined;
    for (const other of this.#followers) {
      if (!other.holds(facts)) continue;
      const held = await other.release(facts);
      if (held === 'shared') return held;
      if (held === undefined) continue;
      return { path, log, generations: [held], isSettling: false, isHeadLost: false };
    }
    return undefined;
  }

  #noticeSharedName(path: string, log: string): void {
    this.#options.notify({
      code: 'log-name-shared',
      subject: path,
      message:
        `${path} has the name "${log}" in common with another log: their lines are counted together. ` +
        'Give it a name of its own in LOG_PATHS, `name=path`, to tell them apart.',
    });
  }
}

/** Of times that may be -Infinity, whose difference with itself is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function tooMany(leftOut: readonly string[], logsMax: number): Notice | undefined {
  const [first, ...others] = leftOut;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? 'is' : `and ${others.length} more are`;
  return {
    code: 'too-many-logs',
    subject: first,
    message:
      `${first} ${more} not followed: LOG_PATHS matches more than ${logsMax} files. ` +
      'Raise MAX_LOGS, or name fewer files in LOG_PATHS.',
  };
}
