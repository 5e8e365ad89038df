/**
 * The generations of one log, oldest first, and which of them is *live*: the file at the path. It decides
 * what a file that stands at the path is: one that is known, one that was moved there, or a new one.
 */
import { compareHead } from '../disk/fingerprint.ts';
import type { LogCheckpoint } from './follow-checkpoint.ts';
import { Generation } from './generation.ts';
import { isSameFile, openRegular, type FileFacts, type OpenFile } from '../disk/open-file.ts';
import { ReadFiles } from './read-files.ts';
import { listSiblings } from '../disk/siblings.ts';

/** Kept in full after they are done: their files may grow, move and be compressed. The others are in `read`. */
const DONE_MAX = 16;
const BYSTANDERS_MAX = 256;
/** Finished generations that are looked at for growth at each poll; only so many old ones are held open. */
const DRAINING_MAX = 4;

/** What the file at the path turned out to be; `replaced`: the live file's inode has another content now. */
export type LiveChange = 'same' | 'first' | 'rotated' | 'replaced' | 'none';

export class Generations {
  #all: Generation[] = [];
  #live: Generation | undefined;
  /** The one that was live last, whatever became of it. */
  #lastLive: Generation | undefined;
  /** The one that was live in the checkpoint: what was written to it since is not known. */
  #resumedLive: Generation | undefined;
  /**
   * Files last written before this moment have all been found by now, or are not to be read: epoch
   * milliseconds, the newest write to any generation when no rotation was going on.
   */
  settledMs = -Infinity;
  /** Files of the log that are done with, and not among the generations. */
  readonly read = new ReadFiles();
  /** Names that begin with the log's and were there while nothing was rotated: logs of their own, and the like. */
  readonly bystanders = new Set<string>();

  get all(): readonly Generation[] {
    return this.#all;
  }

  get live(): Generation | undefined {
    return this.#live;
  }

  /** All but the live one. */
  get old(): Generation[] {
    return this.#all.filter((one) => one !== this.#live);
  }

  isRotatedAndRead(generation: Generation): boolean {
    const isRead = !generation.isDisplaced && generation.position === generation.sizeBytes;
    return isRead && generation !== this.#lastLive && generation !== this.#resumedLive;
  }

  /** The done ones that may still grow. */
  get recentlyDone(): Generation[] {
    return this.#all.filter((one) => one.isDone).slice(-DRAINING_MAX);
  }

  resume(saved: LogCheckpoint): void {
    this.#all = saved.generations.map((one) => Generation.restore(one));
    this.#lastLive = this.#all.at(-1);
    this.#resumedLive = this.#lastLive;
    this.settledMs = saved.settledMs ?? this.#newestWriteMs();
    this.read.restore(saved.read ?? []);
    for (const name of saved.bystanders ?? []) this.bystanders.add(name);
  }

  addBystander(name: string): void {
    if (this.bystanders.size < BYSTANDERS_MAX) this.bystanders.add(name);
  }

  /** Whether a file with such a name can belong to the log, as far as is known of its neighbours. */
  mayOwn(name: string): boolean {
    if (this.bystanders.size >= BYSTANDERS_MAX) return false;
    return ![...this.bystanders].some((bystander) => name.startsWith(bystander));
  }

  /** The file at the path is no longer this one; it may still be written to. */
  retireLive(nowMs: number): void {
    if (this.#live !== undefined) this.#live.quietSinceMs = nowMs;
    this.#live = undefined;
  }

  /**
   * The file of a generation has another content: it is looked for elsewhere from now on. True when that
   * is a truncation of the log, and not only an old inode that was given to a new file.
   */
  async displace(generation: Generation): Promise<boolean> {
    await generation.close();
    generation.isDisplaced = true;
    if (generation === this.#live) this.#live = undefined;
    return generation === this.#lastLive;
  }

  /** Opens the file at the path and makes its generation the live one. Errors of the file system are thrown. */
  async openLive(
    path: string,
    target: string,
    isFollowed: (path: string) => boolean,
  ): Promise<LiveChange> {
    let file = await openRegular(path);
    if (file === undefined) return 'none';
    const { facts } = file;
    const known = this.#all.find((one) => !one.isDisplaced && isSameFile(one, facts));
    let isReplaced = false;
    if (known !== undefined) {
      if (known.isOpen) await file.handle.close();
      else known.attach(file);
      if (await known.isIntact()) return this.#enliven(known, path, 'same');
      // A file created after the last write to the known one has only got its inode.
      const isTruncated = facts.birthMs <= known.mtimeMs;
      isReplaced = (await this.displace(known)) && isTruncated;
      file = await openRegular(path);
      if (file === undefined) return isReplaced ? 'replaced' : 'none';
    }
    const moved = await this.#movedHere(path, target, file, isFollowed);
    if (moved !== undefined) return this.#enliven(moved, path, 'same');
    const generation = new Generation(path, file.facts);
    generation.attach(file);
    await generation.isIntact();
    const isNext =
      this.#lastLive !== undefined && (known !== undefined || !this.#lastLive.isDisplaced);
    const change = isNext ? 'rotated' : 'first';
    return this.#enliven(generation, path, isReplaced ? 'replaced' : change);
  }

  /** Puts each generation before the first old one that is not done and was written to later. */
  insert(generations: readonly Generation[]): void {
    const live = this.#live === undefined ? [] : [this.#live];
    const old = [...this.old];
    for (const generation of generations) {
      const isLater = (one: Generation) => !one.isDone && one.mtimeMs > generation.mtimeMs;
      const at = old.findIndex(isLater);
      old.splice(at < 0 ? old.length : at, 0, generation);
    }
    this.#all = [...old, ...live];
  }

  async remove(generation: Generation): Promise<void> {
    await generation.close();
    if (generation === this.#live) this.#live = undefined;
    if (generation === this.#lastLive) this.#lastLive = undefined;
    this.#all = this.#all.filter((one) => one !== generation);
  }

  async clear(): Promise<void> {
    await this.close();
    this.#all = [];
    this.#live = undefined;
    this.#lastLive = undefined;
    this.read.clear();
    this.bystanders.clear();
  }

  forgetOldest(): void {
    let surplus = this.#all.filter((one) => one.isDone).length - DONE_MAX;
    if (surplus <= 0) return;
    this.#all = this.#all.filter((one) => {
      if (!one.isDone || surplus <= 0) return true;
      surplus -= 1;
      this.read.add(one, one.head);
      return false;
    });
  }

  /** No rotation is going on: all files that belong here are known. */
  settle(): void {
    this.settledMs = Math.max(this.settledMs, this.#newestWriteMs());
  }

  /** Only the newest few old generations are held open while they may still be written to. */
  isFarBehind(generation: Generation): boolean {
    const { old } = this;
    return old.length - old.indexOf(generation) > DRAINING_MAX;
  }

  async close(): Promise<void> {
    for (const generation of this.#all) await generation.close();
  }

  #newestWriteMs(): number {
    return Math.max(...this.#all.map((generation) => generation.mtimeMs));
  }

  #enliven(generation: Generation, path: string, change: LiveChange): LiveChange {
    generation.isDone = false;
    generation.path = path;
    this.#live = generation;
    this.#lastLive = generation;
    this.#all = [...this.old, generation];
    return change;
  }

  /**
   * The newest generation, where its content stands at the path in another file and its own file is gone:
   * the volume was moved to another disk, or an editor replaced the file.
   */
  async #movedHere(
    path: string,
    target: string,
    file: OpenFile,
    isFollowed: (path: string) => boolean,
  ): Promise<Generation | undefined> {
    const last = this.#all.at(-1);
    if (last === undefined || last.isDisplaced || last.head.length === 0) return undefined;
    const siblings = last.isOpen ? [] : await listSiblings(path, target, isFollowed);
    const isThere = last.isOpen
      ? last.links > 0
      : siblings.some((sibling: FileFacts) => isSameFile(sibling, last));
    if (isThere) return undefined;
    const probe = new Generation(path, file.facts);
    probe.attach(file);
    const head = await probe.readHeadNow();
    if (head === undefined || compareHead(head, last.head) !== 'same') return undefined;
    if (!last.isGzip && file.facts.sizeBytes < last.position) return undefined;
    await last.moveTo(path, file.facts, last.isGzip);
    last.attach(file);
    return last;
  }
}
