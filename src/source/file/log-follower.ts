/**
 * Follows one log over all of its generations. Lines are handed out from the oldest that has some.
 *
 * What happens to the live file, and what follows:
 * - another file at the path (rename rotation, deleted and created anew): the old generation stays open
 *   and is read until the new one is there and the old one has been quiet for `drainMs`;
 * - nothing at the path: the same, without an end, because nginx may still write to the old file;
 * - truncated (copytruncate): the generation is displaced and looked for among the rotated files;
 *   the file at the path is a new generation.
 * After each of these the folder is searched for a while for files that were never seen, because two
 * rotations may lie between two looks, and because a folder cannot be listed in one moment.
 *
 * What can be lost, and is said: lines deleted before a look, and lines truncated away without a copy.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Notice } from '../../notice/notice.ts';
import type { GenerationCheckpoint, LogCheckpoint } from '../rotation/follow-checkpoint.ts';
import type { Generation } from '../rotation/generation.ts';
import { Generations } from '../rotation/generations.ts';
import type { LineBatch } from '../line-batch.ts';
import type { LogStatus } from '../line-source.ts';
import { LookTimes, type LookTimesOptions } from './look-times.ts';
import { isSameFile, lookAt, type FileFacts } from '../disk/open-file.ts';
import {
  foundNotice,
  inspectPath,
  missingNotice,
  unreadableNotice,
} from '../disk/path-inspection.ts';
import { damagedNotice, rotatedNotice, truncatedNotice } from '../rotation/rotation-notices.ts';
import type { ReadOutcome } from '../rotation/read-outcome.ts';
import { RotationSearch, type SearchContext } from '../rotation/rotation-search.ts';
import { areSameFiles, listSiblings, type Sibling } from '../disk/siblings.ts';
import { firstGenerations, type ReadFrom } from '../rotation/start-position.ts';

export interface FollowContext extends SearchContext, LookTimesOptions {
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  /** Whether files on this device may be read in the thread of the caller. */
  readonly isLocal: (device: string, path: string) => boolean;
}

/** A deleted file without successor is let go after this, so that its disk space can be freed. */
const DELETED_HOLD_MS = 10 * 60_000;

/** A folder in which files keep being renamed while it is looked at is left to the next look. */
const LOOKS_MAX = 4;

export class LogFollower {
  readonly path: string;
  readonly log: string;
  readonly #context: FollowContext;
  readonly #generations = new Generations();
  readonly #search: RotationSearch;
  /** Its files stay open between two looks. */
  readonly #keepsOpen: boolean;
  /** Where the symbolic links of the path end. */
  #target: string;
  #isHeadLost = false;
  readonly looks: LookTimes;
  #missingSinceMs: number | undefined;
  /** The last read found nothing: not tried again before a look is due. */
  #isIdle = false;
  #isCaughtUp = false;
  #rotations = 0;
  #truncations = 0;
  #trouble: Notice | undefined;

  constructor(path: string, log: string, context: FollowContext, keepsOpen = true) {
    this.#keepsOpen = keepsOpen;
    this.path = path;
    this.log = log;
    this.#target = path;
    this.looks = new LookTimes(dirname(path), context);
    this.#context = context;
    this.#search = new RotationSearch(path, this.#generations, context);
  }

  /** Goes on from a checkpoint. */
  resume(saved: LogCheckpoint): void {
    this.#generations.resume(saved);
    this.#isHeadLost = saved.isHeadLost;
    if (saved.isSettling) this.#search.open();
  }

  /** Begins without a checkpoint: decides which of the files that are there are read, and from where. */
  async begin(readFrom: ReadFrom): Promise<void> {
    try {
      for (let looks = 1; ; looks += 1) {
        await this.#inspect();
        const siblings = await this.#siblings();
        const first = await firstGenerations(siblings, this.#generations, readFrom, this.#context);
        this.#isHeadLost = first.isHeadLost;
        this.#generations.insert(first.generations);
        const after = await this.#siblings();
        if (looks === LOOKS_MAX || areSameFiles(siblings, after)) break;
        // Renamed in between: what was seen does not fit together.
        await this.#generations.clear();
      }
      this.#generations.settle();
      const { live } = this.#generations;
      const { readBuffer, maxLineBytes } = this.#context;
      if (readFrom === 'end') await live?.skipToEnd(readBuffer, maxLineBytes);
    } catch (error) {
      this.#meet(unreadableNotice(this.path, error));
    }
    if (!this.#keepsOpen) await this.#generations.close();
  }

  /** Monotonic; when it is to be asked for lines next. */
  get dueMs(): number {
    return this.#isIdle ? this.looks.dueMs : Number.NEGATIVE_INFINITY;
  }

  /**
   * The next lines where one glance at the file is enough, or undefined when it shows that there are
   * none, or none is due: every log is to have been looked at since `sinceMs`.
   */
  glance(nowMs: number, sinceMs: number): LineBatch | 'unclear' | undefined {
    const isLookDue = nowMs >= this.looks.dueMs || this.looks.lookedAtMs < sinceMs;
    if (this.#isIdle && !isLookDue) return undefined;
    if (!this.#mayGlance(nowMs)) return 'unclear';
    const { live } = this.#generations;
    const { readBuffer, maxLineBytes } = this.#context;
    if (live === undefined) return 'unclear';
    try {
      const isWhole = this.#isIdle && this.#isCaughtUp;
      const seen = live.glance(readBuffer, maxLineBytes, isWhole);
      if (seen.kind === 'unclear') return 'unclear';
      this.looks.noteLook(nowMs);
      if (seen.kind === 'same') return undefined;
      this.#isIdle = seen.isAll;
      this.#isCaughtUp = seen.isAll;
      this.looks.noteLines(nowMs);
      return this.#batchOf(live, { frame: seen.frame, before: false });
    } catch {
      // Whatever it is, the look with care meets it too, and says so.
      return 'unclear';
    }
  }

  /** Whether the live file is all there is to look at, and it still stands at the path. */
  #mayGlance(nowMs: number): boolean {
    const { live, all } = this.#generations;
    if (live === undefined || this.#search.isOpen || this.#trouble !== undefined) return false;
    if (!this.#context.isLocal(live.device, this.path)) return false;
    let retiredMs = 0;
    for (const one of all) {
      if (one === live) continue;
      if (!one.isDone) return false;
      retiredMs = Math.max(retiredMs, one.quietSinceMs);
    }
    if (this.looks.isThoroughDue(nowMs, retiredMs)) return false;
    if (!this.looks.takePathDue(nowMs)) return true;
    const stats = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return String(stats?.ino) === live.inode && String(stats?.dev) === live.device;
  }

  /**
   * The next lines. With `mustLook`, undefined means that nothing was there at a look made in this call.
   */
  async next(mustLook: boolean): Promise<LineBatch | undefined> {
    const { clock } = this.#context;
    let isLookDue = clock.monotonicMs() >= this.looks.dueMs;
    if (!isLookDue && !mustLook && this.#isIdle) return undefined;
    let hasLooked = false;
    for (;;) {
      if (isLookDue) await this.#look();
      hasLooked ||= isLookDue;
      const batch = await this.#readOldest();
      this.#isIdle = batch === undefined;
      if (batch !== undefined) {
        this.#isCaughtUp = false;
        this.looks.noteLines(clock.monotonicMs());
        return batch;
      }
      if (hasLooked || !mustLook) break;
      isLookDue = true;
    }
    // Something is to be read that is not where it was.
    const isAway = (one: Generation) => !one.isDone && (one.isDisplaced || !one.isOpen);
    const isIncomplete = this.#generations.all.some(isAway);
    if (hasLooked) this.#isCaughtUp = !isIncomplete;
    if (!this.#keepsOpen) await this.#generations.close();
    return undefined;
  }

  /**
   * Gives up the generation whose file is now found at another log's path, for that log to go on with.
   * `shared`: the file stands at this log's path too, so that its lines would count twice.
   */
  async release(file: FileFacts): Promise<GenerationCheckpoint | 'shared' | undefined> {
    const held = this.#heldAs(file);
    if (held === undefined) return undefined;
    const own = await lookAt(this.path).catch(() => undefined);
    if (own !== undefined && isSameFile(own, file)) return 'shared';
    if (!held.isOpen) return undefined;
    const saved = held.checkpoint();
    await this.#generations.remove(held);
    return saved;
  }

  holds(file: FileFacts): boolean {
    return this.#heldAs(file) !== undefined;
  }

  #heldAs(file: FileFacts): Generation | undefined {
    return this.#generations.all.find((one) => !one.isDisplaced && isSameFile(one, file));
  }

  checkpoint(): LogCheckpoint {
    const { settledMs, read, bystanders } = this.#generations;
    return {
      path: this.path,
      log: this.log,
      generations: this.#generations.all.map((generation) => generation.checkpoint()),
      isSettling: this.#search.isOpen,
      isHeadLost: this.#isHeadLost,
      ...(Number.isFinite(settledMs) ? { settledMs } : {}),
      ...(read.size === 0 ? {} : { read: read.checkpoint() }),
      ...(bystanders.size === 0 ? {} : { bystanders: [...bystanders] }),
    };
  }

  status(): LogStatus {
    const { all } = this.#generations;
    const unread = all.map((generation) => generation.unreadBytes);
    const isAbsent = this.#trouble?.code === 'log-missing' && all.length > 0;
    return {
      log: this.log,
      path: this.path,
      unreadBytes: unread.reduce((sum, bytes) => sum + bytes, 0),
      caughtUp: this.#isCaughtUp,
      rotations: this.#rotations,
      truncations: this.#truncations,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble.message }),
      ...(isAbsent ? { isAbsent } : {}),
    };
  }

  async close(): Promise<void> {
    await this.#generations.close();
  }

  // --- Looking: what stands at the path, and beside it ---

  async #look(): Promise<void> {
    this.looks.noteThorough(this.#context.clock.monotonicMs());
    try {
      for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
        await this.#inspect();
        const { unseen, isTorn } = await this.#search.run(this.#target);
        this.#rotations += unseen;
        if (!isTorn) break;
      }
      this.#generations.forgetOldest();
    } catch (error) {
      this.#meet(unreadableNotice(this.path, error));
    }
  }

  async #inspect(): Promise<void> {
    const { live } = this.#generations;
    if (!this.#keepsOpen) await live?.open();
    if (live?.isOpen === true && !(await live.isIntact())) await this.#displace(live);
    const found = await inspectPath(this.path);
    if (found.kind === 'trouble') return this.#meet(found.notice);
    if (found.kind === 'missing') return this.#missPath();
    this.#target = found.target;
    this.#missingSinceMs = undefined;
    const current = this.#generations.live;
    if (current?.isOpen === true && isSameFile(current, found.facts)) return this.#overcome();
    if (current !== undefined) this.#retireLive();
    await this.#openLive();
  }

  /** No path for a moment is normal in a rotation; for longer it is worth a word. */
  #missPath(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const hadNone = this.#generations.all.length === 0;
    if (this.#generations.live !== undefined) this.#retireLive();
    this.#missingSinceMs ??= hadNone ? Number.NEGATIVE_INFINITY : nowMs;
    if (nowMs - this.#missingSinceMs >= this.#context.drainMs) this.#meet(missingNotice(this.path));
  }

  async #openLive(): Promise<void> {
    const isFirst = this.#generations.all.length === 0;
    const change = await this.#generations.openLive(
      this.path,
      this.#target,
      this.#context.isFollowed,
    );
    if (change === 'none') return;
    this.#overcome();
    if (change === 'replaced') this.#countTruncation();
    if (change === 'rotated') {
      this.#rotations += 1;
      this.#context.notify(rotatedNotice(this.path));
    }
    if (change !== 'same' && !isFirst) this.#search.open();
  }

  #siblings(): Promise<Sibling[]> {
    return listSiblings(this.path, this.#target, this.#context.isFollowed);
  }

  #retireLive(): void {
    this.#generations.retireLive(this.#context.clock.monotonicMs());
    this.#search.open();
  }

  async #displace(generation: Generation): Promise<void> {
    if (await this.#generations.displace(generation)) this.#countTruncation();
    this.#search.open();
  }

  #countTruncation(): void {
    this.#truncations += 1;
    this.#context.notify(truncatedNotice(this.path));
  }

  // --- Reading ---

  async #readOldest(): Promise<LineBatch | undefined> {
    const { readBuffer, maxLineBytes, clock } = this.#context;
    for (const generation of this.#generations.all) {
      if (generation.isDone || generation.isDisplaced) continue;
      try {
        const outcome = await generation.read(readBuffer, maxLineBytes);
        if (outcome.kind === 'lines') {
          generation.quietSinceMs = clock.monotonicMs();
          return this.#batchOf(generation, outcome);
        }
        if (outcome.kind === 'replaced') await this.#displace(generation);
        if (outcome.kind === 'idle') {
          const rest = await this.#finishIfQuiet(generation);
          if (rest !== undefined) return rest;
        }
      } catch (error) {
        await generation.close();
        this.#meet(unreadableNotice(generation.path, error));
      }
    }
    return undefined;
  }

  #batchOf(
    generation: Generation,
    { frame, before }: Pick<Extract<ReadOutcome, { kind: 'lines' }>, 'frame' | 'before'>,
  ): LineBatch {
    const headLost = this.#isHeadLost && !before;
    if (headLost) this.#isHeadLost = false;
    const { start, end, overlongLines, overlongBytes } = frame;
    const { log, path: source } = this;
    const from = { log, source, path: generation.path, bytes: this.#context.readBuffer };
    return { ...from, start, end, overlongLines, overlongBytes, before, headLost };
  }

  /** After a read that found nothing: an old generation that nginx has left is done. */
  async #finishIfQuiet(generation: Generation): Promise<LineBatch | undefined> {
    const { live } = this.#generations;
    if (generation === live) return undefined;
    const quietMs = this.#context.clock.monotonicMs() - generation.quietSinceMs;
    const isLeft = live !== undefined && quietMs >= this.#context.drainMs;
    const isFreed = generation.links === 0 && quietMs >= DELETED_HOLD_MS;
    const isArchive = generation.isGzip && generation.path.endsWith('.gz');
    if (isLeft || isFreed || isArchive || this.#generations.isFarBehind(generation)) {
      return this.#finish(generation);
    }
    return undefined;
  }

  /** A last line without a line feed counts, as it does in a finished file. */
  async #finish(generation: Generation): Promise<LineBatch | undefined> {
    const before = generation.position < generation.beforeUntil;
    const { readBuffer, maxLineBytes } = this.#context;
    const rest = await generation.takeRest(readBuffer, maxLineBytes);
    const damage = await generation.findDamage();
    if (damage !== undefined) {
      // The window that the missing rest would have completed is not known whole.
      if (generation.beforeUntil > generation.position) this.#isHeadLost = true;
      this.#context.notify(damagedNotice(generation, damage));
    }
    generation.isDone = true;
    await generation.close();
    return rest === undefined ? undefined : this.#batchOf(generation, { frame: rest, before });
  }

  #meet(notice: Notice): void {
    this.#trouble = notice;
    this.#context.notify(notice);
  }

  #overcome(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#context.notify(foundNotice(this.path));
  }
}
