/** The rotated files beside a log, and what they begin with. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import {
  gzipSizeOf,
  isSameFile,
  lookAt,
  openRegular,
  readHead,
  type FileFacts,
} from './open-file.ts';
import { asRotated, type RotatedName } from './rotated-name.ts';
import { errorCode, isMissing } from '../../text/error-code.ts';

export interface Sibling extends FileFacts {
  readonly path: string;
  readonly rotated: RotatedName;
}

export type SiblingHead =
  | {
      readonly kind: 'content';
      /** At most HEAD_BYTES of content; none when the file is empty or its compression has only begun. */
      readonly bytes: Uint8Array;
      readonly isGzip: boolean;
      /** Content size modulo 2^32, for gzip only. */
      readonly unpackedBytes: number;
    }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'gone' };

/**
 * The rotated files of the log at `path` (and, for a symbolic link, of its target), oldest first by the
 * time of their last write. `isFollowed`: files that are logs of their own.
 */
export async function listSiblings(
  path: string,
  target: string,
  isFollowed: (path: string) => boolean,
): Promise<Sibling[]> {
  const found = await listFolder(path, isFollowed);
  if (target !== path) {
    for (const sibling of await listFolder(target, isFollowed)) {
      if (!found.some((one) => isSameFile(one, sibling))) found.push(sibling);
    }
  }
  return found.toSorted((one, other) => one.mtimeMs - other.mtimeMs || byName(one, other));
}

/** For files written in one moment. Numbers mostly shift, so that the greatest is the oldest. */
function byName(one: Sibling, other: Sibling): number {
  const [a, b] = [one.rotated.number, other.rotated.number];
  if (a !== undefined && b !== undefined && a !== b) return b - a;
  return one.path < other.path ? -1 : 1;
}

/** Whether it is compressed, and its plain original is still there: it is most likely being made. */
export function isBesideItsPlain(sibling: Sibling, siblings: readonly Sibling[]): boolean {
  const { compression } = sibling.rotated;
  if (compression === undefined) return false;
  const plain = sibling.path.slice(0, -compression.length - 1);
  return siblings.some(({ path }) => path === plain);
}

/** Whether two lists have the same files under the same names. */
export function areSameFiles(before: readonly Sibling[], after: readonly Sibling[]): boolean {
  if (before.length !== after.length) return false;
  const byPath = new Map(before.map((one) => [one.path, one]));
  return after.every((sibling) => {
    const one = byPath.get(sibling.path);
    return one !== undefined && isSameFile(one, sibling);
  });
}

async function listFolder(path: string, isFollowed: (path: string) => boolean): Promise<Sibling[]> {
  const base = basename(path);
  const folder = dirname(path);
  const found = new Map<string, Sibling>();
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'EACCES') return [];
    throw error;
  }
  for (const name of names) {
    const rotated = asRotated(base, name);
    if (rotated === undefined || isFollowed(join(folder, name))) continue;
    const facts = await lookAt(join(folder, name)).catch(() => undefined);
    if (facts === undefined || !facts.isFile) continue;
    // A file renamed while the folder is being read can show up under both of its names.
    found.set(`${facts.device}:${facts.inode}`, { ...facts, path: join(folder, name), rotated });
  }
  return [...found.values()];
}

const CACHE_ENTRIES_MAX = 2048;
/** A file changed so shortly before it was read may change again without its time changing. */
const SETTLED_AFTER_MS = 2000;

/** Remembers what unchanged files begin with, so that a poll does not read them again. Shared by all logs. */
export class HeadCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { changed: string; head: SiblingHead }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async of(sibling: Sibling): Promise<SiblingHead> {
    const key = `${sibling.device}:${sibling.inode}`;
    const entry = this.#entries.get(key);
    if (entry?.changed === sibling.changed) return entry.head;
    this.#entries.delete(key);
    const head = await readSiblingHead(sibling);
    if (head.kind === 'content' && this.#hasSettled(sibling)) {
      if (this.#entries.size >= CACHE_ENTRIES_MAX) this.#entries.clear();
      this.#entries.set(key, { changed: sibling.changed, head });
    }
    return head;
  }

  #hasSettled(sibling: Sibling): boolean {
    const changedMs = Math.max(...sibling.changed.split(':').map((ns) => Number(ns) / 1e6));
    return this.#clock.now() - changedMs > SETTLED_AFTER_MS;
  }
}

async function readSiblingHead(sibling: Sibling): Promise<SiblingHead> {
  try {
    const file = await openRegular(sibling.path);
    if (file === undefined) return { kind: 'gone' };
    try {
      if (!isSameFile(file.facts, sibling)) return { kind: 'gone' };
      const { bytes, isGzip, damage } = await readHead(file.handle);
      const { compression } = sibling.rotated;
      if (compression !== undefined && !isGzip && bytes.length > 0) {
        const reason = `it is compressed (.${compression}) in a way that cannot be read; use gzip`;
        return { kind: 'unreadable', reason };
      }
      if (damage !== undefined && bytes.length === 0) return { kind: 'unreadable', reason: damage };
      const unpackedBytes = isGzip ? await gzipSizeOf(file.handle, file.facts.sizeBytes) : 0;
      return { kind: 'content', bytes, isGzip, unpackedBytes };
    } finally {
      await file.handle.close();
    }
  } catch (error) {
    return { kind: 'unreadable', reason: `the system says ${errorCode(error)}` };
  }
}
