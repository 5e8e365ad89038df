/**
 * Follows one log over all of its generations. It owns the list of generations, oldest first, of which the
 * last may be *live* (the file at the path). Lines are handed out from the oldest that has some.
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
 * What can be lost: lines that were deleted before a look, and lines truncated away of which no copy is
 * found. Both are reported.
 */
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Reporter } from '../report.ts';
import type { LogCheckpoint } from './follow-checkpoint.ts';
import { Generation } from './generation.ts';
import type { LineBatch } from './line-batch.ts';
import type { LogStatus } from './line-source.ts';
import { compareHead } from './fingerprint.ts';
import { isSameFile, lookAt, openRegular, type FileFacts, type OpenFile } from './open-file.ts';
import { inspectPath, missingReport, unreadableReport } from './path-inspection.ts';
import { Reconciliation, type Reconciled } from './reconciliation.ts';
import {
  damagedReport,
  lostReport,
  rotatedReport,
  truncatedReport,
  unfinishedReport,
  unreadableGenerationReport,
} from './rotation-report.ts';
import { listSiblings, type HeadCache } from './siblings.ts';
import { firstGenerations } from './start-position.ts';

export interface FollowContext {
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly pollIntervalMs: number;
  readonly drainMs: number;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly heads: HeadCache;
}

/** Generations remembered after they are done; more rotations than that during one stop are told apart by time. */
const DONE_GENERATIONS_MAX = 16;
/** Finished generations that are still looked at for growth at each poll, and kept open while they drain. */
const DRAINING_MAX = 4;
/** A deleted file without successor is let go after this, so that its disk space can be freed. */
const DELETED_HOLD_MS = 10 * 60_000;
/** A folder whose time is this close to now may have changed since without its time changing. */
const FOLDER_SETTLED_MS = 2000;

export class LogFollower {
  readonly path: string;
  readonly log: string;
  readonly #context: FollowContext;
  #generations: Generation[] = [];
  #live: Generation | undefined;
  /** The one that was live last, whatever became of it. */
  #lastLive: Generation | undefined;
  #target: string;
  #isHeadLost = false;
  /** Until then (monotonic) files that were never seen are searched for. */
  #settleUntilMs: number | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #missingSinceMs: number | undefined;
  #folderTime = '';
  #caughtUp = false;
  /** The last read found nothing: not tried again before a look is due. */
  #isIdle = false;
  #rotations = 0;
  #truncations = 0;
  #trouble: string | undefined;
  readonly #unreadable = new Set<string>();

  constructor(path: string, log: string, context: FollowContext) {
    this.path = path;
    this.log = log;
    this.#target = path;
    this.#context = context;
  }

  /** Goes on from a checkpoint. */
  resume(saved: LogCheckpoint): void {
    this.#generations = saved.generations.map((one) => Generation.restore(one));
    this.#isHeadLost = saved.isHeadLost;
    this.#lastLive = this.#generations.at(-1);
    if (saved.isSettling) this.#openSettling();
  }

  /** Begins without a checkpoint: decides which of the files that are there are read, and from where. */
  async begin(readFrom: 'beginning' | 'end' | 'all'): Promise<void> {
    await this.#inspect();
    const siblings = await listSiblings(this.path, this.#target);
    const live = this.#live;
    const first = await firstGenerations(siblings, live, readFrom, this.#context);
    this.#generations = [...first.generations, ...(live === undefined ? [] : [live])];
    this.#isHeadLost = first.isHeadLost;
    if (live !== undefined && readFrom === 'end') {
      await live.skipToEnd(this.#context.readBuffer, this.#context.maxLineBytes);
    }
    this.#settleUntilMs = undefined;
  }

  /** The next lines. With `mustLook`, undefined means that nothing was there at a look made in this call. */
  async next(mustLook: boolean): Promise<LineBatch | undefined> {
    const { clock, pollIntervalMs } = this.#context;
    let hasLooked = false;
    if (clock.monotonicMs() - this.#lookedAtMs >= pollIntervalMs) {
      await this.#look();
      hasLooked = true;
    } else if (this.#isIdle && !mustLook) {
      return undefined;
    }
    for (;;) {
      const batch = await this.#readOldest();
      if (batch !== undefined) {
        this.#caughtUp = false;
        this.#isIdle = false;
        return batch;
      }
      if (hasLooked || !mustLook) break;
      await this.#look();
      hasLooked = true;
    }
    this.#isIdle = true;
    if (hasLooked) this.#caughtUp = !this.#hasPending();
    return undefined;
  }

  checkpoint(): LogCheckpoint {
    return {
      path: this.path,
      log: this.log,
      generations: this.#generations.map((generation) => generation.checkpoint()),
      isSettling: this.#settleUntilMs !== undefined,
      isHeadLost: this.#isHeadLost,
    };
  }

  status(): LogStatus {
    const unread = this.#generations.map((generation) => generation.unreadBytes);
    return {
      log: this.log,
      path: this.path,
      unreadBytes: unread.reduce((sum, bytes) => sum + bytes, 0),
      caughtUp: this.#caughtUp,
      rotations: this.#rotations,
      truncations: this.#truncations,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    };
  }

  async close(): Promise<void> {
    for (const generation of this.#generations) await generation.close();
  }

  // --- Looking: what stands at the path, and beside it ---

  async #look(): Promise<void> {
    this.#lookedAtMs = this.#context.clock.monotonicMs();
    try {
      await this.#inspect();
      if (await this.#mustList()) await this.#reconcile();
      this.#prune();
    } catch (error) {
      this.#meetTrouble(unreadableReport(this.path, error).message, error);
    }
  }

  async #inspect(): Promise<void> {
    const live = this.#live;
    if (live?.isOpen === true && !(await live.isIntact())) await this.#displace(live);
    const found = await inspectPath(this.path);
    if (found.kind === 'trouble') {
      this.#trouble = found.report.message;
      this.#context.report(found.report);
      return;
    }
    if (found.kind === 'missing') return this.#missPath();
    this.#target = found.target;
    this.#missingSinceMs = undefined;
    if (this.#live !== undefined && !isSameFile(this.#live, found.facts)) this.#supersede();
    if (this.#live?.isOpen !== true) await this.#openLive();
  }

  /** No path for a moment is normal in a rotation; for longer it is worth a word. */
  #missPath(): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (this.#live !== undefined) {
      this.#live.quietSinceMs = nowMs;
      this.#live = undefined;
      this.#openSettling();
    }
    const hadNone = this.#generations.length === 0;
    this.#missingSinceMs ??= hadNone ? Number.NEGATIVE_INFINITY : nowMs;
    if (nowMs - this.#missingSinceMs < this.#context.drainMs) return;
    const report = missingReport(this.path);
    this.#trouble = report.message;
    this.#context.report(report);
  }

  #supersede(): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (this.#live !== undefined) this.#live.quietSinceMs = nowMs;
    this.#live = undefined;
    this.#openSettling();
  }

  async #displace(generation: Generation): Promise<void> {
    await generation.close();
    generation.isDisplaced = true;
    this.#openSettling();
    if (generation === this.#live) this.#live = undefined;
    // An old generation whose inode was given to a new file has not been truncated.
    if (generation !== this.#lastLive) return;
    this.#truncations += 1;
    this.#context.report(truncatedReport(this.path, generation.position));
  }

  async #openLive(): Promise<void> {
    let file: OpenFile | undefined;
    try {
      file = await openRegular(this.path);
    } catch (error) {
      return this.#meetTrouble(unreadableReport(this.path, error).message, error);
    }
    if (file === undefined) return;
    this.#overcomeTrouble();
    const { facts } = file;
    const known = this.#generations.find((one) => !one.isDisplaced && isSameFile(one, facts));
    if (known !== undefined) {
      if (known.isOpen) await file.handle.close();
      else known.attach(file);
      if (await known.isIntact()) return this.#enliven(known);
      await this.#displace(known);
      const again = await openRegular(this.path);
      if (again === undefined) return;
      file = again;
    }
    const moved = await this.#movedHere(file);
    if (moved !== undefined) {
      await moved.moveTo(this.path, file.facts, moved.isGzip);
      moved.attach(file);
      return this.#enliven(moved);
    }
    const generation = new Generation(this.path, file.facts);
    generation.attach(file);
    await generation.isIntact();
    if (this.#lastLive !== undefined && !this.#lastLive.isDisplaced) {
      this.#rotations += 1;
      this.#context.report(rotatedReport(this.path));
    }
    if (this.#generations.length > 0) this.#openSettling();
    this.#enliven(generation);
  }

  #enliven(generation: Generation): void {
    generation.isDone = false;
    generation.path = this.path;
    this.#live = generation;
    this.#lastLive = generation;
    this.#generations = [...this.#generations.filter((one) => one !== generation), generation];
  }

  /**
   * The newest generation, where its content stands at the path in another file and its own file is gone:
   * the volume was moved to another disk, or an editor replaced the file.
   */
  async #movedHere(file: OpenFile): Promise<Generation | undefined> {
    const last = this.#generations.at(-1);
    if (last === undefined || last.isDisplaced || last.head.length === 0) return undefined;
    if (last.isOpen ? last.links > 0 : await this.#isElsewhere(last)) return undefined;
    const probe = new Generation(this.path, file.facts);
    probe.attach(file);
    const head = await probe.readHeadNow();
    if (head === undefined || compareHead(head, last.head) !== 'same') return undefined;
    if (!last.isGzip && file.facts.sizeBytes < last.position) return undefined;
    return last;
  }

  async #isElsewhere(generation: Generation): Promise<boolean> {
    const siblings = await listSiblings(this.path, this.#target);
    return siblings.some((sibling) => isSameFile(sibling, generation));
  }

  // --- The folder ---

  #openSettling(): void {
    this.#settleUntilMs = this.#context.clock.monotonicMs() + this.#context.drainMs;
  }

  /** Files never seen are only taken for generations while a rotation may be going on. */
  #isSettling(): boolean {
    if (this.#settleUntilMs !== undefined || this.#live === undefined) return true;
    return this.#live.position === 0;
  }

  async #mustList(): Promise<boolean> {
    const isIncomplete = this.#generations.some((one) => one !== this.#live && !one.isDone);
    if (this.#isSettling() || isIncomplete) return true;
    const done = this.#generations.filter((one) => one.isDone).slice(-DRAINING_MAX);
    for (const generation of done) {
      const facts = await lookAt(generation.path);
      if (facts === undefined || !isSameFile(facts, generation)) return true;
      if (facts.sizeBytes !== generation.sizeBytes) return true;
    }
    return this.#hasFolderChanged(await lookAt(dirname(this.#target)));
  }

  #hasFolderChanged(folder: FileFacts | undefined): boolean {
    if (folder === undefined) return false;
    const isRecent = this.#context.clock.now() - folder.mtimeMs < FOLDER_SETTLED_MS;
    const hasChanged = this.#folderTime !== folder.changed;
    this.#folderTime = folder.changed;
    return isRecent || hasChanged;
  }

  async #reconcile(): Promise<void> {
    const siblings = await listSiblings(this.path, this.#target);
    const reconciliation = new Reconciliation(
      siblings,
      this.#generations,
      this.#live,
      this.#context.heads,
    );
    const found = await reconciliation.run(this.#isSettling());
    this.#insert(found.unseen);
    for (const { path, reason } of found.unreadable) {
      this.#unreadable.add(path);
      this.#context.report(unreadableGenerationReport(path, reason));
    }
    if (found.missing.length > 0 && this.#settleUntilMs === undefined) this.#openSettling();
    const until = this.#settleUntilMs;
    if (until !== undefined && this.#context.clock.monotonicMs() >= until) this.#settle(found);
  }

  #insert(unseen: readonly Generation[]): void {
    if (unseen.length === 0) return;
    const older = this.#generations.filter((one) => one !== this.#live);
    const nowMs = this.#context.clock.monotonicMs();
    for (const generation of unseen) {
      generation.quietSinceMs = nowMs;
      this.#rotations += 1;
    }
    this.#generations = [...older, ...unseen, ...(this.#live === undefined ? [] : [this.#live])];
  }

  /** The rotation is over: what has not been found by now is given up, and said. */
  #settle(found: Reconciled): void {
    for (const generation of found.missing) {
      generation.isDone = true;
      this.#context.report(lostReport(this.path, generation));
    }
    // By now a copy would be longer. An empty file is known by its inode, in case nginx still writes to it.
    for (const generation of found.undecided) generation.isDone = generation.head.length === 0;
    this.#insert(found.undecided);
    if (found.unreadable.length === 0) this.#settleUntilMs = undefined;
  }

  // --- Reading ---

  async #readOldest(): Promise<LineBatch | undefined> {
    const { readBuffer, maxLineBytes, clock } = this.#context;
    for (const generation of [...this.#generations]) {
      if (generation.isDone || generation.isDisplaced) continue;
      try {
        const outcome = await generation.read(readBuffer, maxLineBytes);
        if (outcome.kind === 'replaced') await this.#displace(generation);
        if (outcome.kind === 'idle') await this.#finishIfQuiet(generation);
        if (outcome.kind !== 'lines') continue;
        generation.quietSinceMs = clock.monotonicMs();
        return this.#batchOf(generation, outcome.frame, outcome.before);
      } catch (error) {
        await generation.close();
        this.#meetTrouble(unreadableReport(generation.path, error).message, error);
      }
    }
    return undefined;
  }

  #batchOf(
    generation: Generation,
    frame: { start: number; end: number; overlongLines: number; overlongBytes: number },
    before: boolean,
  ): LineBatch {
    const headLost = this.#isHeadLost && !before;
    if (headLost) this.#isHeadLost = false;
    return {
      log: this.log,
      path: generation.path,
      bytes: this.#context.readBuffer,
      start: frame.start,
      end: frame.end,
      overlongLines: frame.overlongLines,
      overlongBytes: frame.overlongBytes,
      before,
      headLost,
    };
  }

  /** After a read that found nothing: an old generation that nginx has left is done. */
  async #finishIfQuiet(generation: Generation): Promise<void> {
    if (generation === this.#live) return;
    const quietMs = this.#context.clock.monotonicMs() - generation.quietSinceMs;
    const isDeleted = generation.links === 0 && quietMs >= DELETED_HOLD_MS;
    const isLeft = quietMs >= this.#context.drainMs || this.#isFarBehind(generation);
    const isArchive = generation.isGzip && generation.path.endsWith('.gz');
    if (isDeleted || isArchive || (this.#live !== undefined && isLeft)) {
      await this.#finish(generation);
    }
  }

  /** Only the newest few old generations are held open; the others are looked at for growth. */
  #isFarBehind(generation: Generation): boolean {
    const open = this.#generations.filter((one) => one !== this.#live && one.isOpen);
    return open.length - open.indexOf(generation) > DRAINING_MAX;
  }

  async #finish(generation: Generation): Promise<void> {
    const damage = await generation.findDamage();
    // The window that the missing rest would have completed is not known whole.
    if (damage !== undefined && generation.beforeUntil > generation.position)
      this.#isHeadLost = true;
    if (damage !== undefined) this.#context.report(damagedReport(generation, damage));
    else if (generation.unreadBytes > 0) this.#context.report(unfinishedReport(generation));
    generation.isDone = true;
    await generation.close();
  }

  #prune(): void {
    let surplus = this.#generations.filter((one) => one.isDone).length - DONE_GENERATIONS_MAX;
    this.#generations = this.#generations.filter((one) => {
      if (!one.isDone || surplus <= 0) return true;
      surplus -= 1;
      return false;
    });
  }

  #hasPending(): boolean {
    return this.#generations.some((one) => one.isDisplaced && !one.isDone);
  }

  #meetTrouble(message: string, error: unknown): void {
    this.#trouble = message;
    this.#context.report(unreadableReport(this.path, error));
  }

  #overcomeTrouble(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
  }
}
