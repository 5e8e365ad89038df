/**
 * Files beside a log that have been read to their end, or are not to be read, and are no longer looked
 * at. What is still on disk is never forgotten: a rotated file that is renamed, copied or compressed
 * years later must not be taken for a new one. One entry takes some 50 bytes, in the checkpoint as well.
 */
import { createHash } from 'node:crypto';
import type { HeadFingerprint } from '../disk/fingerprint.ts';
import type { FileIdentity } from '../disk/open-file.ts';

/** Beyond these the oldest entries go; such files are known by their last write, which is long ago. */
const FILES_MAX = 10_000;
const HASH_HEX = 16;

export class ReadFiles {
  /** `device:inode:length:hash`, oldest first. */
  readonly #entries = new Set<string>();
  /** How many entries there are of each `length:hash`. */
  readonly #contents = new Map<string, number>();
  readonly #lengths = new Map<number, number>();

  get size(): number {
    return this.#entries.size;
  }

  restore(entries: readonly string[]): void {
    for (const entry of entries) this.#put(entry);
  }

  /** Nothing is known again of an empty file. */
  add(file: FileIdentity, head: HeadFingerprint): void {
    if (head.length === 0) return;
    this.#put(`${file.device}:${file.inode}:${contentKey(head.length, head.sha256)}`);
  }

  /** Whether a file that begins with `bytes` is one of them, or a copy of one. */
  has(bytes: Uint8Array): boolean {
    for (const length of this.#lengths.keys()) {
      if (length > bytes.length) continue;
      const hash = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
      if (this.#contents.has(contentKey(length, hash))) return true;
    }
    return false;
  }

  /** Forgets those that are no longer on disk: `present` are the files that are. */
  keep(present: readonly FileIdentity[]): void {
    if (this.#entries.size === 0) return;
    const inodes = new Set(present.map(({ device, inode }) => `${device}:${inode}`));
    for (const entry of this.#entries) {
      const [device, inode] = entry.split(':');
      if (!inodes.has(`${device}:${inode}`)) this.#remove(entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#contents.clear();
    this.#lengths.clear();
  }

  checkpoint(): string[] {
    return [...this.#entries];
  }

  #put(entry: string): void {
    if (this.#entries.has(entry)) return;
    this.#entries.add(entry);
    const { key, length } = contentOf(entry);
    count(this.#contents, key, 1);
    count(this.#lengths, length, 1);
    if (this.#entries.size <= FILES_MAX) return;
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.#remove(oldest);
  }

  #remove(entry: string): void {
    this.#entries.delete(entry);
    const { key, length } = contentOf(entry);
    count(this.#contents, key, -1);
    count(this.#lengths, length, -1);
  }
}

function contentKey(length: number, sha256: string): string {
  return `${length}:${sha256.slice(0, HASH_HEX)}`;
}

function contentOf(entry: string): { key: string; length: number } {
  const [, , length = '', hash = ''] = entry.split(':');
  return { key: `${length}:${hash}`, length: Number(length) };
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}
