/**
 * The generations of one log, oldest first, and which of them is *live*: the file at the path. It decides
 * what a file that stands at the path is: one that is known, one that was moved there, or a new one.
 */
import { compareHead } from './fingerprint.ts';
import type { LogCheckpoint } from './follow-checkpoint.ts';
import { Generation } from './generation.ts';
import { isSameFile, openRegular, type FileFacts, type OpenFile } from './open-file.ts';
import { listSiblings } from './siblings.ts';

/** Remembered after they are done; more rotations than that during one stop are told apart by order and time. */
const DONE_MAX = 16;
/** Finished generations that are looked at for growth at each poll; only so many old ones are held open. */
const DRAINING_MAX = 4;

/** What the file at the path turned out to be; `replaced`: the live file's inode has another content now. */
export type LiveChange = 'same' | 'first' | 'rotated' | 'replaced' | 'none';

export class Generations {
  #all: Generation[] = [];
  #live: Generation | undefined;
  /** The one that was live last, whatever became of it. */
  #lastLive: Generation | undefined;

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

  /** The done ones that may still grow. */
  get recentlyDone(): Generation[] {
    return this.#all.filter((one) => one.isDone).slice(-DRAINING_MAX);
  }

  resume(saved: LogCheckpoint): void {
    this.#all = saved.generations.map((one) => Generation.restore(one));
    this.#lastLive = this.#all.at(-1);
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
  async openLive(path: string, target: string): Promise<LiveChange> {
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
    const moved = await this.#movedHere(path, target, file);
    if (moved !== undefined) return this.#enliven(moved, path, 'same');
    const generation = new Generation(path, file.facts);
    generation.attach(file);
    await generation.isIntact();
    const isNext =
      this.#lastLive !== undefined && (known !== undefined || !this.#lastLive.isDisplaced);
    const change = isNext ? 'rotated' : 'first';
    return this.#enliven(generation, path, isReplaced ? 'replaced' : change);
  }

  /** Puts generations between the old ones and the live one. */
  insert(generations: readonly Generation[]): void {
    const live = this.#live === undefined ? [] : [this.#live];
    this.#all = [...this.old, ...generations, ...live];
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
  }

  forgetOldest(): void {
    let surplus = this.#all.filter((one) => one.isDone).length - DONE_MAX;
    if (surplus <= 0) return;
    this.#all = this.#all.filter((one) => {
      if (!one.isDone || surplus <= 0) return true;
      surplus -= 1;
      return false;
    });
    // Something must go on saying that what has been forgotten is not to be read again.
    const [oldest] = this.#all;
    if (oldest !== undefined && !this.#all.some((one) => one.isSettled)) oldest.isSettled = true;
  }

  /** No rotation is going on: all files that belong here are known. */
  settle(): void {
    for (const generation of this.#all) generation.isSettled = true;
  }

  /** Only the newest few old generations are held open while they may still be written to. */
  isFarBehind(generation: Generation): boolean {
    const { old } = this;
    return old.length - old.indexOf(generation) > DRAINING_MAX;
  }

  async close(): Promise<void> {
    for (const generation of this.#all) await generation.close();
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
  async #movedHere(path: string, target: string, file: OpenFile): Promise<Generation | undefined> {
    const last = this.#all.at(-1);
    if (last === undefined || last.isDisplaced || last.head.length === 0) return undefined;
    if (last.isOpen ? last.links > 0 : await isStillBeside(last, path, target)) return undefined;
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

async function isStillBeside(file: Generation, path: string, target: string): Promise<boolean> {
  const siblings = await listSiblings(path, target);
  return siblings.some((sibling: FileFacts) => isSameFile(sibling, file));
}
