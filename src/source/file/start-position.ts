/** Where reading begins when there is no checkpoint. */
import type { Notify } from '../../notice/notice.ts';
import { compareHead, headOf, TELLING_BYTES } from './fingerprint.ts';
import { Generation } from './generation.ts';
import { unreadableGenerationNotice } from './rotation-notices.ts';
import { isBesideItsPlain, type HeadCache, type Sibling, type SiblingHead } from './siblings.ts';

export type ReadFrom = 'beginning' | 'end' | 'all';

export interface FirstGenerations {
  /** Rotated files, oldest first. */
  readonly generations: Generation[];
  /** The beginning of the current file's first window was rotated away and is not to be had. */
  readonly isHeadLost: boolean;
}

interface StartContext {
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly heads: HeadCache;
  readonly notify: Notify;
}

const NOTED_MAX = 16;
/** Of the predecessor no more is read than this: far more than any window holds. */
const PREDECESSOR_BYTES = 64 * 1024 * 1024;

/**
 * `all`: all rotated files are read. Otherwise they are noted as done, and for `beginning` the newest of
 * them is read once more, so that the window in which the rotation fell can be completed.
 */
export async function firstGenerations(
  siblings: readonly Sibling[],
  live: Generation | undefined,
  readFrom: ReadFrom,
  context: StartContext,
): Promise<FirstGenerations> {
  const rotated = await withoutCopies(siblings, live, context.heads);
  if (readFrom === 'all') {
    const generations = rotated.map(({ sibling, head }) => generationOf(sibling, head));
    for (const one of rotated) noticeUnreadable(one, context);
    return { generations, isHeadLost: false };
  }
  const noted = rotated.slice(-NOTED_MAX);
  const generations: Generation[] = [];
  for (const [index, { sibling, head }] of noted.entries()) {
    const generation = generationOf(sibling, head);
    const isPredecessor = index === noted.length - 1 && readFrom === 'beginning';
    if (isPredecessor) noticeUnreadable({ sibling, head }, context);
    if (isPredecessor && !generation.isDone) await prepareAsPredecessor(generation, context);
    else await noteAsDone(generation, head, context);
    generations.push(generation);
  }
  const isHeadLost = readFrom === 'beginning' && isPredecessorGone(noted);
  return { generations, isHeadLost };
}

interface Rotated {
  readonly sibling: Sibling;
  readonly head: SiblingHead;
}

/** Leaves out copies of the current file, and compressed files whose plain original is still there. */
async function withoutCopies(
  siblings: readonly Sibling[],
  live: Generation | undefined,
  heads: HeadCache,
): Promise<Rotated[]> {
  const all: Rotated[] = [];
  for (const sibling of siblings) all.push({ sibling, head: await heads.of(sibling) });
  const plain = all.filter(({ head }) => head.kind === 'content' && !head.isGzip);
  const liveBytes = await live?.readHeadNow();
  const originals = plain.map(({ head }) => headOf(head.kind === 'content' ? head.bytes : empty));
  return all.filter(({ sibling, head }) => {
    if (head.kind === 'gone') return false;
    if (head.kind === 'unreadable') return true;
    if (liveBytes !== undefined && isPart(head.bytes, headOf(liveBytes))) return false;
    if (!head.isGzip) return true;
    const isEmpty = head.bytes.length === 0;
    const isShort = head.bytes.length < TELLING_BYTES;
    if (isEmpty || (isShort && isBesideItsPlain(sibling, siblings))) return false;
    return !originals.some((original) => isPart(head.bytes, original));
  });
}

const empty = new Uint8Array(0);

function isPart(bytes: Uint8Array, whole: ReturnType<typeof headOf>): boolean {
  return compareHead(bytes, whole) !== 'different';
}

function noticeUnreadable({ sibling, head }: Rotated, context: StartContext): void {
  if (head.kind !== 'unreadable') return;
  context.notify(unreadableGenerationNotice(sibling.path, head.reason));
}

/** One that cannot be read is done from the start. */
function generationOf(sibling: Sibling, head: SiblingHead): Generation {
  const generation = new Generation(sibling.path, sibling);
  if (head.kind === 'content') {
    generation.head = headOf(head.bytes);
    generation.isGzip = head.isGzip;
  } else {
    generation.isDone = true;
  }
  return generation;
}

async function prepareAsPredecessor(generation: Generation, context: StartContext) {
  const { sizeBytes } = generation;
  generation.beforeUntil = generation.isGzip ? Number.MAX_SAFE_INTEGER : sizeBytes;
  const from = sizeBytes - PREDECESSOR_BYTES;
  if (generation.isGzip || from <= 0) return;
  await generation.skipTo(from, context.readBuffer, context.maxLineBytes);
  await generation.close();
}

/** The position of a compressed file is its size; it is not unpacked to find the last bytes. */
async function noteAsDone(generation: Generation, head: SiblingHead, context: StartContext) {
  generation.isDone = true;
  if (head.kind !== 'content') return;
  if (generation.isGzip) {
    generation.position = head.unpackedBytes;
    return;
  }
  await generation.skipTo(generation.sizeBytes, context.readBuffer, context.maxLineBytes);
  await generation.close();
}

function isPredecessorGone(rotated: readonly Rotated[]): boolean {
  const newest = rotated.at(-1);
  if (newest === undefined) return false;
  if (newest.head.kind === 'unreadable') return true;
  const { number } = newest.sibling.rotated;
  return number !== undefined && number > 1;
}
