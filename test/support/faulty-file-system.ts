import {
  nodeFileSystem,
  type SpoolFile,
  type SpoolFileSystem,
} from '../../src/spool/spool-file-system.ts';

export type DiskCall =
  | 'makeFolder'
  | 'list'
  | 'create'
  | 'open'
  | 'readWhole'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'syncFolder'
  | 'unlink'
  | 'rename'
  | 'identity';

const WRITING: readonly DiskCall[] = [
  'makeFolder',
  'create',
  'write',
  'truncate',
  'sync',
  'syncFolder',
  'unlink',
  'rename',
];

/**
 * The real disk with faults planted: the calls go to the real files until a test says which of them
 * fail, and how. `calls` records what was called, in order.
 */
export class FaultyFileSystem implements SpoolFileSystem {
  readonly calls: DiskCall[] = [];
  /** Bytes of the next failing write that reach the file all the same. */
  tornBytes = 0;
  readonly #faults = new Map<DiskCall, string>();
  readonly #open = new Set<SpoolFile>();

  fail(code: string, ...calls: DiskCall[]): void {
    for (const call of calls) this.#faults.set(call, code);
  }

  /** Everything that changes the disk fails: a file system that became read-only. */
  failWriting(code: string): void {
    this.fail(code, ...WRITING);
  }

  get isFailing(): boolean {
    return this.#faults.size > 0;
  }

  heal(): void {
    this.#faults.clear();
  }

  /** What the kernel does with the files of a process that was killed. */
  async closeAll(): Promise<void> {
    for (const file of this.#open) await file.close();
    this.#open.clear();
  }

  makeFolder(path: string): Promise<void> {
    return this.#try('makeFolder', () => nodeFileSystem.makeFolder(path));
  }

  list(folder: string): Promise<string[]> {
    return this.#try('list', () => nodeFileSystem.list(folder));
  }

  create(path: string): Promise<SpoolFile> {
    return this.#try('create', async () => this.#wrap(await nodeFileSystem.create(path)));
  }

  openToRead(path: string): Promise<SpoolFile> {
    return this.#try('open', async () => this.#wrap(await nodeFileSystem.openToRead(path)));
  }

  readWhole(path: string): Promise<Uint8Array> {
    return this.#try('readWhole', () => nodeFileSystem.readWhole(path));
  }

  truncate(path: string, lengthBytes: number): Promise<void> {
    return this.#try('truncate', () => nodeFileSystem.truncate(path, lengthBytes));
  }

  unlink(path: string): Promise<void> {
    return this.#try('unlink', () => nodeFileSystem.unlink(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#try('rename', () => nodeFileSystem.rename(from, to));
  }

  syncFolder(path: string): Promise<void> {
    return this.#try('syncFolder', () => nodeFileSystem.syncFolder(path));
  }

  identity(path: string): Promise<string> {
    return this.#try('identity', () => nodeFileSystem.identity(path));
  }

  #wrap(file: SpoolFile): SpoolFile {
    this.#open.add(file);
    return {
      write: async (bytes, position) => {
        if (this.#faults.has('write') && this.tornBytes > 0)
          await file.write(bytes.subarray(0, this.tornBytes), position);
        await this.#try('write', () => file.write(bytes, position));
      },
      read: (into, position) => this.#try('read', () => file.read(into, position)),
      truncate: (length) => this.#try('truncate', () => file.truncate(length)),
      sync: () => this.#try('sync', () => file.sync()),
      identity: () => this.#try('identity', () => file.identity()),
      close: async () => {
        this.#open.delete(file);
        await file.close();
      },
    };
  }

  async #try<T>(call: DiskCall, work: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    const code = this.#faults.get(call);
    if (code !== undefined) throw Object.assign(new Error(`planted ${code}`), { code });
    return work();
  }
}
