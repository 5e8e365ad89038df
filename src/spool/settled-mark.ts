/**
 * Up to which record nobody counts on what is on disk: those records were acknowledged, dropped, or
 * found to be gone, and then the log was read again for them.
 *
 * The checkpoint cannot say it: it is older than the last deletions. So the number is made durable
 * before anything is deleted, as the name of an empty file, which takes no room on a full disk.
 * Without the mark a start cannot tell deleted segments from lost ones, and reads the log again.
 */
import { join } from 'node:path';
import type { SpoolFileSystem } from './spool-file-system.ts';

const NAME = /^settled-(\d{16})$/;

export class SettledMark {
  readonly #fileSystem: SpoolFileSystem;
  readonly #dir: string;
  #seq = 0;
  /** The file there is. */
  #name: string | undefined;

  constructor(fileSystem: SpoolFileSystem, dir: string) {
    this.#fileSystem = fileSystem;
    this.#dir = dir;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Takes up the mark among the names of the folder. */
  take(names: readonly string[]): void {
    this.#seq = 0;
    this.#name = undefined;
    for (const name of names) {
      const seq = Number(NAME.exec(name)?.[1] ?? -1);
      if (seq < this.#seq) continue;
      this.#seq = seq;
      this.#name = name;
    }
  }

  /** Makes it durable that records up to `seq` are settled. Rejects where the disk does. */
  async raise(seq: number): Promise<void> {
    if (seq <= this.#seq) return;
    const name = `settled-${String(seq).padStart(16, '0')}`;
    const path = join(this.#dir, name);
    if (this.#name === undefined) await (await this.#fileSystem.create(path)).close();
    else await this.#fileSystem.rename(join(this.#dir, this.#name), path);
    this.#name = name;
    await this.#fileSystem.syncFolder(this.#dir);
    this.#seq = seq;
  }

  /** The folder was made again: the file went with the old one. */
  forget(): void {
    this.#name = undefined;
    this.#seq = 0;
  }
}
