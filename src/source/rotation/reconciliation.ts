/**
 * Finds out which of the rotated files are generations that are known, and which have never been seen.
 *
 * Rules, in this order:
 * 1. Same device, inode and head: the same file, whatever its name.
 * 2. A generation that is not where it was (displaced, deleted, on another device) is where a file begins
 *    with the same head, is at least as long as the position, and has the same bytes before it: its
 *    copy, or its compressed form.
 * 3. Any other file that agrees with a known head is a copy that is being made or that is only a
 *    backup. It is never read as a log of its own.
 *    The same holds for copies of what has been read and is no longer among the generations.
 * 4. What is left is unseen, and is read when it was written to since the last rotation was over — but
 *    only while a rotation has been noticed and may not be complete. At other times a foreign file that
 *    looks like a rotated one is left alone. Names say nothing of the order: they may count up or down.
 */
import { basename } from 'node:path';
import { compareHead, headOf, isTail, TELLING_BYTES } from '../disk/fingerprint.ts';
import { Generation } from './generation.ts';
import type { Generations } from './generations.ts';
import { inOrderOfWriting, timeOfFirstLine } from './line-time.ts';
import { isSameFile, openRegular } from '../disk/open-file.ts';
import {
  isBesideItsPlain,
  type HeadCache,
  type Sibling,
  type SiblingHead,
} from '../disk/siblings.ts';

export interface Reconciled {
  /** Never seen before, and written to since the last rotation was over: to be read, oldest first. */
  readonly unseen: readonly Generation[];
  /** Not done, and nowhere to be found for now. */
  readonly missing: readonly Generation[];
  /** Newer files that cannot be read. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Newer files too short to tell: they may be the beginning of a copy, or never get another line. */
  readonly undecided: readonly Generation[];
}

/** Some compressors keep the time of the last write in whole seconds only. */
const SAME_TIME_MS = 1000;

/** A file that is not older may belong to a rotation that has not been noticed yet. */
const NEW_MS = 60_000;

type Content = Extract<SiblingHead, { kind: 'content' }>;

export class Reconciliation {
  readonly #siblings: readonly Sibling[];
  readonly #known: Generations;
  readonly #generations: readonly Generation[];
  readonly #live: Generation | undefined;
  readonly #heads: HeadCache;
  readonly #placed = new Map<Generation, Sibling>();
  readonly #taken = new Set<Sibling>();
  /** Times of the first lines of what is unseen. */
  readonly #begin = new Map<Generation, number | undefined>();

  constructor(siblings: readonly Sibling[], known: Generations, heads: HeadCache) {
    const { live, all } = known;
    this.#siblings = siblings.filter((sibling) => live === undefined || !isSameFile(sibling, live));
    this.#known = known;
    this.#generations = all;
    this.#live = live;
    this.#heads = heads;
  }

  async run(isOpen: boolean): Promise<Reconciled> {
    for (const generation of this.#others()) await this.#placeByInode(generation);
    await this.#placeByContent();
    const unseen: Generation[] = [];
    const unreadable: { path: string; reason: string }[] = [];
    const undecided: Generation[] = [];
    if (isOpen) {
      const newer = this.#newer();
      // Plain files first: a compressed one that is being made is then seen to be a copy.
      const plain = newer.filter((sibling) => sibling.rotated.compression === undefined);
      for (const sibling of [...plain, ...newer.filter((one) => !plain.includes(one))]) {
        const head = await this.#heads.of(sibling);
        if (head.kind === 'unreadable' && !this.#isReadAlready(sibling)) {
          unreadable.push({ path: sibling.path, reason: head.reason });
        }
        if (head.kind !== 'content') continue;
        if (this.#known.read.has(head.bytes) || (await this.#isCopy(sibling, head, unseen)))
          continue;
        dropShorterCopies(unseen, sibling, head);
        const beginMs = timeOfFirstLine(head.bytes);
        // A name that anything may have is not enough: the content must be that of a log.
        if (sibling.rotated.scheme === 'odd' && beginMs === undefined) continue;
        const generation = adopt(sibling, head);
        this.#begin.set(generation, beginMs);
        if (head.bytes.length >= TELLING_BYTES) unseen.push(generation);
        else if (!isBesideItsPlain(sibling, this.#siblings)) undecided.push(generation);
      }
    }
    return {
      unseen: inOrderOfWriting(unseen, (one) => ({
        mtimeMs: one.mtimeMs,
        beginMs: this.#begin.get(one),
      })),
      missing: this.#missing(),
      unreadable,
      undecided,
    };
  }

  /** While nothing is rotated: notes which files beside the log do not belong to it. */
  async noteBystanders(nowMs: number): Promise<void> {
    for (const sibling of this.#siblings) {
      if (sibling.rotated.scheme !== 'odd' || this.#taken.has(sibling)) continue;
      const name = basename(sibling.path);
      const isNew = sibling.birthMs > nowMs - NEW_MS;
      if (isNew || !this.#known.mayOwn(name)) continue;
      const head = await this.#heads.of(sibling);
      if (head.kind !== 'content' || head.bytes.length < TELLING_BYTES) continue;
      if (this.#known.read.has(head.bytes) || (await this.#isCopy(sibling, head, []))) continue;
      this.#known.addBystander(name);
    }
  }

  #others(): Generation[] {
    return this.#generations.filter((generation) => generation !== this.#live);
  }

  #missing(): Generation[] {
    return this.#others().filter((one) => !one.isDone && !one.isOpen && !this.#placed.has(one));
  }

  async #placeByInode(generation: Generation): Promise<void> {
    if (generation.isDisplaced) return;
    const sibling = this.#siblings.find((one) => isSameFile(one, generation));
    if (sibling === undefined || this.#taken.has(sibling)) return;
    // An open descriptor keeps its inode from being used again.
    if (!generation.isOpen) {
      const head = await this.#heads.of(sibling);
      if (head.kind !== 'content') return;
      if (generation.head.length > 0) {
        // A compressed copy that has got the inode of its deleted original begins with the same content.
        if (head.isGzip !== generation.isGzip) return;
        if (compareHead(head.bytes, generation.head) !== 'same') return;
        if (!head.isGzip && sibling.sizeBytes < generation.position) return;
      } else if (head.bytes.length > 0 && (await this.#isCopy(sibling, head, []))) {
        return;
      }
      if (sibling.sizeBytes > generation.sizeBytes) generation.isDone = false;
      if (sibling.sizeBytes !== generation.sizeBytes) generation.mtimeMs = sibling.mtimeMs;
      generation.sizeBytes = sibling.sizeBytes;
    }
    generation.path = sibling.path;
    this.#place(generation, sibling);
  }

  /** Rule 2: the best match of every generation that is not where it was. */
  async #placeByContent(): Promise<void> {
    const lost = this.#others().filter((one) => !one.isOpen && !this.#placed.has(one));
    // The longest head first: it says most.
    lost.sort((one, other) => other.head.length - one.head.length);
    for (const generation of lost) {
      if (generation.head.length === 0) continue;
      let best: { sibling: Sibling; head: Content } | undefined;
      for (const sibling of this.#siblings) {
        if (this.#taken.has(sibling)) continue;
        const head = await this.#heads.of(sibling);
        if (head.kind !== 'content') continue;
        if (!(await continues(sibling, head, generation))) continue;
        const isBetter =
          best === undefined ||
          (best.head.isGzip && !head.isGzip) ||
          (best.head.isGzip === head.isGzip && sibling.sizeBytes >= best.sibling.sizeBytes);
        if (isBetter) best = { sibling, head };
      }
      if (best !== undefined) await this.#relocate(generation, best.sibling, best.head);
    }
  }

  async #relocate(generation: Generation, sibling: Sibling, head: Content): Promise<void> {
    const size = generation.sizeBytes;
    const isSameSize =
      generation.isGzip === head.isGzip
        ? sibling.sizeBytes === size
        : head.isGzip && head.unpackedBytes === size % 2 ** 32;
    await generation.moveTo(sibling.path, sibling, head.isGzip);
    if (head.bytes.length < generation.head.length) generation.head = headOf(head.bytes);
    if (!isSameSize) generation.isDone = false;
    this.#place(generation, sibling);
  }

  #place(generation: Generation, sibling: Sibling): void {
    this.#placed.set(generation, sibling);
    this.#taken.add(sibling);
  }

  /** Files not accounted for that were written to since the last rotation was over. */
  #newer(): Sibling[] {
    const { settledMs } = this.#known;
    return this.#siblings.filter((sibling) => {
      if (this.#taken.has(sibling) || sibling.mtimeMs <= settledMs - SAME_TIME_MS) return false;
      return sibling.rotated.scheme !== 'odd' || this.#known.mayOwn(basename(sibling.path));
    });
  }

  /** Compression keeps the time of the last write: by it the unreadable form of a file is known that was read. */
  #isReadAlready(sibling: Sibling): boolean {
    return this.#others().some(
      (one) => (one.isDone || one.isOpen) && Math.abs(one.mtimeMs - sibling.mtimeMs) < SAME_TIME_MS,
    );
  }

  /**
   * Rule 3. Of two unseen files that agree the longer is the original. The head of the live file is read
   * afresh, because it may have begun only now.
   */
  async #isCopy(sibling: Sibling, head: Content, unseen: readonly Generation[]): Promise<boolean> {
    for (const one of this.#generations) {
      if (compareHead(head.bytes, one.head) !== 'different') return true;
    }
    for (const one of unseen) {
      const isLonger = !head.isGzip && sibling.sizeBytes > one.sizeBytes;
      if (!isLonger && compareHead(head.bytes, one.head) !== 'different') return true;
    }
    const live = await this.#live?.readHeadNow();
    if (live === undefined || head.bytes.length === 0) return false;
    const shared = Math.min(live.length, head.bytes.length);
    return (
      shared > 0 && Buffer.compare(live.subarray(0, shared), head.bytes.subarray(0, shared)) === 0
    );
  }
}

/**
 * Rule 2 for one file. A copy may be shorter than the remembered head, which goes on growing between the
 * copy and the truncation. In a compressed file the bytes before the position are compared when it is read.
 */
async function continues(sibling: Sibling, head: Content, generation: Generation) {
  const relation = compareHead(head.bytes, generation.head);
  if (relation === 'different') return false;
  if (relation === 'shorter' && head.bytes.length < generation.position) return false;
  if (head.isGzip) return true;
  if (sibling.sizeBytes < generation.position) return false;
  const file = await openRegular(sibling.path);
  if (file === undefined) return false;
  try {
    if (!isSameFile(file.facts, sibling)) return false;
    const { tail } = generation;
    const bytes = Buffer.alloc(tail.length);
    const at = generation.position - tail.length;
    const { bytesRead } = await file.handle.read(bytes, 0, tail.length, at);
    return bytesRead === tail.length && isTail(bytes, tail);
  } finally {
    await file.handle.close();
  }
}

/** An earlier copy of a file that went on growing, and was rotated itself then. */
function dropShorterCopies(unseen: Generation[], sibling: Sibling, head: Content): void {
  if (head.isGzip) return;
  const isOriginal = (one: Generation) =>
    sibling.sizeBytes <= one.sizeBytes || compareHead(head.bytes, one.head) !== 'same';
  const kept = unseen.filter(isOriginal);
  unseen.splice(0, unseen.length, ...kept);
}

function adopt(sibling: Sibling, head: Content): Generation {
  const generation = new Generation(sibling.path, sibling);
  generation.head = headOf(head.bytes);
  generation.isGzip = head.isGzip;
  return generation;
}
