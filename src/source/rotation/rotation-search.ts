/**
 * Searches the folder of a log for its rotated files: for generations that are no longer where they were,
 * and for files never seen. It owns the time until which a rotation counts as going on; the list of
 * generations is the follower's.
 *
 * What can be lost: a generation that is nowhere to be found `drainMs` after the rotation was noticed is
 * given up, with a notice.
 */
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import type { Generation } from './generation.ts';
import type { Generations } from './generations.ts';
import { isSameFile, lookAt, type FileFacts } from '../disk/open-file.ts';
import { Reconciliation, type Reconciled } from './reconciliation.ts';
import { lostNotice, unreadableGenerationNotice } from './rotation-notices.ts';
import { areSameFiles, listSiblings, type HeadCache, type Sibling } from '../disk/siblings.ts';

export interface SearchContext {
  readonly drainMs: number;
  readonly clock: Clock;
  readonly notify: Notify;
  readonly heads: HeadCache;
  /** Whether a path is a log of its own. */
  readonly isFollowed: (path: string) => boolean;
}

export interface Finding {
  /** How many files were found that were never seen. */
  readonly unseen: number;
  /** Files were renamed in the middle of it: to be looked at again. */
  readonly isTorn: boolean;
}

/** A folder whose time is this close to now may have changed since without its time changing. */
const FOLDER_SETTLED_MS = 2000;

export class RotationSearch {
  readonly #path: string;
  readonly #generations: Generations;
  readonly #context: SearchContext;
  /** Monotonic; until then files that were never seen are searched for. */
  #untilMs: number | undefined;
  #folderTime = '';

  constructor(path: string, generations: Generations, context: SearchContext) {
    this.#path = path;
    this.#generations = generations;
    this.#context = context;
  }

  /** A rotation has been noticed and may not be over. */
  get isOpen(): boolean {
    return this.#untilMs !== undefined;
  }

  open(): void {
    this.#untilMs = this.#context.clock.monotonicMs() + this.#context.drainMs;
  }

  /** Looks at the folder if it may hold anything new. */
  async run(target: string): Promise<Finding> {
    const mustList = await this.#mustList(target);
    const finding = mustList ? await this.#list(target) : { unseen: 0, isTorn: false };
    if (!this.isOpen) this.#generations.settle();
    return finding;
  }

  async #list(target: string): Promise<Finding> {
    const isForUnseen = this.#isForUnseen();
    const siblings = await this.#siblings(target);
    const reconciliation = new Reconciliation(siblings, this.#generations, this.#context.heads);
    const found = await reconciliation.run(isForUnseen);
    this.#take(found.unseen);
    for (const { path, reason } of found.unreadable) {
      this.#context.notify(unreadableGenerationNotice(path, reason));
    }
    const isTorn = isForUnseen && !areSameFiles(siblings, await this.#siblings(target));
    const isGoingOn = [found.missing, found.unseen, found.undecided].some((one) => one.length > 0);
    if ((isGoingOn || isTorn) && !this.isOpen) this.open();
    const isOver = this.#context.clock.monotonicMs() >= (this.#untilMs ?? Number.POSITIVE_INFINITY);
    if (isOver && !isTorn) this.#end(found);
    if (!this.isOpen && !isTorn) {
      this.#generations.read.keep(siblings);
      await reconciliation.noteBystanders(this.#context.clock.now());
    }
    return { unseen: found.unseen.length, isTorn };
  }

  #siblings(target: string): Promise<Sibling[]> {
    return listSiblings(this.#path, target, this.#context.isFollowed);
  }

  /**
   * Files never seen are only taken for generations while a rotation may be going on. A live file that is
   * empty may have been filled, copied and truncated since the last look.
   */
  #isForUnseen(): boolean {
    const { live } = this.#generations;
    return this.isOpen || live === undefined || live.position === 0;
  }

  async #mustList(target: string): Promise<boolean> {
    if (this.#isForUnseen() || this.#generations.old.some((one) => !one.isDone)) return true;
    for (const generation of this.#generations.recentlyDone) {
      const facts = await lookAt(generation.path);
      if (facts === undefined || !isSameFile(facts, generation)) return true;
      if (facts.sizeBytes !== generation.sizeBytes) return true;
    }
    return this.#hasFolderChanged(await lookAt(dirname(target)));
  }

  #hasFolderChanged(folder: FileFacts | undefined): boolean {
    if (folder === undefined) return false;
    const isRecent = this.#context.clock.now() - folder.mtimeMs < FOLDER_SETTLED_MS;
    const hasChanged = this.#folderTime !== folder.changed;
    this.#folderTime = folder.changed;
    return isRecent || hasChanged;
  }

  #take(generations: readonly Generation[]): void {
    const nowMs = this.#context.clock.monotonicMs();
    for (const generation of generations) generation.quietSinceMs = nowMs;
    this.#generations.insert(generations);
  }

  /** The rotation is over: what has not been found by now is given up, and said. */
  #end(found: Reconciled): void {
    for (const generation of found.missing) {
      generation.isDone = true;
      // What was read to its end after it was rotated may go.
      if (!this.#generations.isRotatedAndRead(generation))
        this.#context.notify(lostNotice(this.#path, generation));
    }
    // By now a copy would be longer. An empty file is known by its inode, in case nginx still writes to it.
    for (const generation of found.undecided) generation.isDone = generation.head.length === 0;
    this.#take(found.undecided);
    if (found.unreadable.length === 0) this.#untilMs = undefined;
  }
}
