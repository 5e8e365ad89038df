import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Room on disk for what does not fit into memory. The file has no name once it is open, so that
 * nothing is left behind whatever ends the process.
 */
export class TemporaryFile {
  readonly #fd: number;
  readonly #folder: string;
  #length = 0;

  /** Throws a TemporarySpaceError. */
  constructor(folder: string = tmpdir()) {
    this.#folder = folder;
    try {
      const own = mkdtempSync(join(folder, 'nginx-meter-'));
      try {
        this.#fd = openSync(join(own, 'lines'), 'wx+', 0o600);
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    } catch (error) {
      throw new TemporarySpaceError(folder, error);
    }
  }

  get length(): number {
    return this.#length;
  }

  /** By which this process can open it again. */
  get path(): string {
    return `/dev/fd/${this.#fd}`;
  }

  append(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#length + at);
      }
    } catch (error) {
      throw new TemporarySpaceError(this.#folder, error);
    }
    this.#length += bytes.length;
  }

  /** Fewer bytes than asked for only at the end. */
  read(target: Uint8Array, at: number, length: number, position: number): number {
    let total = 0;
    while (total < length) {
      const count = readSync(this.#fd, target, at + total, length - total, position + total);
      if (count === 0) break;
      total += count;
    }
    return total;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The message says what to do. */
class TemporarySpaceError extends Error {
  override readonly name = 'TemporarySpaceError';

  constructor(folder: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const what = code === 'ENOSPC' ? 'is full' : `cannot be written (${code})`;
    super(
      `The folder for temporary files, ${folder}, ${what}. Lines that are not in the order of their ` +
        'times are sorted there. Make room for as much as the unpacked files, or set TMPDIR to a ' +
        'folder that has it.',
      { cause },
    );
  }
}
