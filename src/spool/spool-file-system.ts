/**
 * The few calls the spool makes to the disk, in one place, so that a test can let any of them fail.
 * All of them reject with Node's system errors (`code` is ENOSPC, EROFS, ENOENT, …).
 */
import { type FileHandle, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { makeFolder } from '../state/make-folder.ts';
import { errorCode } from '../text/error-code.ts';

export interface SpoolFile {
  /** Writes all of `bytes` at `position`; a disk that takes only a part of it is an error. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills `into` from `position`; returns how many bytes there were. */
  read(into: Uint8Array, position: number): Promise<number>;
  truncate(lengthBytes: number): Promise<void>;
  sync(): Promise<void>;
  /** Device and inode, to see whether a path still leads to this file. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

export interface SpoolFileSystem {
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** A new file, for reading and writing; rejects with EEXIST when there is one. */
  create(path: string): Promise<SpoolFile>;
  openToRead(path: string): Promise<SpoolFile>;
  readWhole(path: string): Promise<Uint8Array>;
  truncate(path: string, lengthBytes: number): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes names in the folder durable (fsync of the folder). */
  syncFolder(path: string): Promise<void>;
  identity(path: string): Promise<string>;
}

class NodeFile implements SpoolFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        done,
        bytes.length - done,
        position + done,
      );
      done += bytesWritten;
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(
        into,
        done,
        into.length - done,
        position + done,
      );
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async truncate(lengthBytes: number): Promise<void> {
    await this.#handle.truncate(lengthBytes);
  }

  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async identity(): Promise<string> {
    const { dev, ino } = await this.#handle.stat();
    return `${dev}:${ino}`;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export const nodeFileSystem: SpoolFileSystem = {
  makeFolder,
  list: (folder) => readdir(folder),
  create: async (path) => new NodeFile(await open(path, 'wx+', 0o600)),
  openToRead: async (path) => new NodeFile(await open(path, 'r')),
  readWhole: (path) => readFile(path),
  truncate: async (path, lengthBytes) => {
    const handle = await open(path, 'r+');
    try {
      await handle.truncate(lengthBytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  unlink,
  rename,
  syncFolder: async (path) => {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  identity: async (path) => {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  },
};

export async function isFolderMissing(
  fileSystem: SpoolFileSystem,
  folder: string,
): Promise<boolean> {
  return fileSystem.list(folder).then(
    () => false,
    (error: unknown) => errorCode(error) === 'ENOENT',
  );
}
