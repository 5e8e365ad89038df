/** Where reading begins when there is no checkpoint. */
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Notify } from '../../notice/notice.ts';
import { compareHead, headOf, TELLING_BYTES } from '../disk/fingerprint.ts';
import { Generation } from './generation.ts';
import type { Generations } from './generations.ts';
import { inOrderOfWriting, timeOfFirstLine } from './line-time.ts';
import { possibleBases } from '../disk/rotated-name.ts';
import { unreadableGenerationNotice } from './rotation-notices.ts';
import {
  isBesideItsPlain,
  type HeadCache,
  type Sibling,
  type SiblingHead,
} from '../disk/siblings.ts';

export type ReadFrom = 'beginning' | 'end' | 'all';

export interface FirstGenerations {
  /** Rotated files, oldest first. */
  readonly generations: Generation[];
  /** The beginning of the current file's first window was rotated away and cannot be found. */
  readonly isHeadLost: boolean;
}

interface StartContext {
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly heads: HeadCache;
  readonly clock: Clock;
  readonly notify: Notify;
}

/** Kept in full, in case their files grow; of the others it is only noted that they are not to be read. */
const NOTED_MAX = 16;
/** Of the predecessor no more is read than this: far more than any window holds. */
const PREDECESSOR_BYTES = 64 * 1024 * 1024;

/**
 * `all`: all rotated files are read. Otherwise they are noted as done, and for `beginning` the newest of
 * them is read once more, so that the window in which the rotation fell can be completed.
 */
export async function firstGenerations(
  siblings: readonly Sibling[],
  known: Generations,
  readFrom: ReadFrom,
  context: StartContext,
): Promise<FirstGenerations> {
  const { live } = known;
  const all = await withoutCopies(siblings, live, context.heads);
  const liveBytes = await live?.readHeadNow();
  const startMs = liveBytes === undefined ? undefined : timeOfFirstLine(liveBytes);
  const own = new Set<Rotated>();
  for (const one of all) {
    const isOdd = one.sibling.rotated.scheme === 'odd';
    const isRotated = !isOdd || saysItIsRotated(one, all, startMs ?? context.clock.now());
    if (!isRotated) known.addBystander(basename(one.sibling.path));
    if (isRotated && (!isOdd || readFrom === 'all')) own.add(one);
    else note(one, known);
  }
  const isOwn = (one: Rotated) => own.has(one);
  const rotated = inOrderOfWriting(all.filter(isOwn), ({ sibling, head }) => ({
    mtimeMs: sibling.mtimeMs,
    beginMs: head.kind === 'content' ? timeOfFirstLine(head.bytes) : undefined,
  }));
  if (readFrom === 'all') {
    const generations = rotated.map(({ sibling, head }) => generationOf(sibling, head));
    for (const one of rotated) noticeUnreadable(one, context);
    return { generations, isHeadLost: false };
  }
  for (const one of rotated.slice(0, -NOTED_MAX)) note(one, known);
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

function note({ sibling, head }: Rotated, known: Generations): void {
  if (head.kind === 'content') known.read.add(sibling, headOf(head.bytes));
}

/** Lines begin in the current file some time after they end in the one before. */
const SAME_TIME_MS = 1000;

/**
 * Whether a file with an odd name is a rotated one by its content: it holds lines with times, the last
 * of them from before the current file began, and it belongs to no other file there.
 */
function saysItIsRotated({ sibling, head }: Rotated, all: readonly Rotated[], startMs: number) {
  if (head.kind !== 'content' || timeOfFirstLine(head.bytes) === undefined) return false;
  if (sibling.mtimeMs > startMs + SAME_TIME_MS) return false;
  const bases = possibleBases(basename(sibling.path));
  const owners = new Set(bases.map((base) => join(dirname(sibling.path), base)));
  return !all.some((one) => owners.has(one.sibling.path));
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

/** Names that shift begin at 1. Where the newest file has the greatest of several numbers they count up. */
function isPredecessorGone(rotated: readonly Rotated[]): boolean {
  const newest = rotated.at(-1);
  if (newest === undefined) return false;
  if (newest.head.kind === 'unreadable') return true;
  const { number } = newest.sibling.rotated;
  if (number === undefined || number <= 1) return false;
  return rotated.every((one) => (one.sibling.rotated.number ?? number) >= number);
}
