/**
 * The content of one open file, plain or compressed, read by content offset. It owns nothing but, for
 * a compressed one, the decompressor; the file handle belongs to whoever opened it.
 *
 * gzip (RFC 1952): members may follow one another, as nginx's `access_log … gzip` writes them, and
 * the file may still grow. zstd (RFC 8878): frames may follow one another too. The stream is decompressed forwards only; a read before what is held
 * starts it again from the beginning. Held are the bytes from the last read position on, so memory is
 * bounded by one read request and one chunk of output.
 */
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { createGunzip, createZstdDecompress, Gunzip, type ZstdDecompress } from 'node:zlib';

export interface Content {
  /**
   * Copies up to `length` content bytes from `position` on into `target` at `at`. Fewer bytes, or 0,
   * mean that there is no more at the moment.
   */
  read(target: Uint8Array, at: number, length: number, position: number): Promise<number>;
  /** Why the content cannot be read on from where it stopped; undefined while all is well. */
  readonly damage: string | undefined;
  /** Says that no more is to come: the damage, also that of a file that ends too early. Ends the content's life. */
  finish(): Promise<string | undefined>;
  /** Bytes of the file that have been taken in so far; undefined where offsets in file and content are the same. */
  readonly takenBytes: number | undefined;
  close(): void;
}

export class PlainContent implements Content {
  readonly damage = undefined;
  readonly takenBytes = undefined;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    let total = 0;
    while (total < length) {
      const count = await this.readSome(target, at + total, length - total, position + total);
      if (count === 0) break;
      total += count;
    }
    return total;
  }

  /** Like `read()`, but may stop earlier; 0 only where there is no more. */
  protected async readSome(
    target: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<number> {
    return (await this.#handle.read(target, at, length, position)).bytesRead;
  }

  async finish(): Promise<undefined> {}

  close(): void {}
}

const READS_PER_TURN = 16;

/**
 * Plain content for a program that has nothing to do until it is read: in the thread of the caller,
 * since going to another and back takes longer than reading from the page cache. Whatever else waits
 * for its turn gets it every few reads, which is some 15 ms.
 */
export class BlockingContent extends PlainContent {
  readonly #fd: number;
  #reads = 0;

  constructor(handle: FileHandle) {
    super(handle);
    this.#fd = handle.fd;
  }

  protected override async readSome(
    target: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<number> {
    const count = readSync(this.#fd, target, at, length, position);
    this.#reads += 1;
    if (this.#reads % READS_PER_TURN === 0) await setImmediate();
    return count;
  }
}

type Unpacker = Gunzip | ZstdDecompress;

const INPUT_BYTES = 64 * 1024;

export class GzipContent implements Content {
  damage: string | undefined;
  readonly #handle: FileHandle;
  readonly #create: () => Unpacker;
  readonly #input = Buffer.alloc(INPUT_BYTES);
  #takenBytes = 0;
  /** Where in the file the decompressor has begun. */
  #begunAt = 0;
  /** It has come to an end, and the file has not. */
  #hasMore = false;
  #gunzip: Unpacker | undefined;
  #isWriting = false;
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();
  /** Content offset of the first held byte. */
  #heldFrom = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** `create`: makes the decompressor, of another kind than gzip's if need be. */
  constructor(handle: FileHandle, create: () => Unpacker = createGunzip) {
    this.#handle = handle;
    this.#create = create;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  async read(target: Uint8Array, at: number, length: number, position: number): Promise<number> {
    if (position < this.#heldFrom) this.#restart();
    for (;;) {
      this.#forgetBefore(position);
      if (this.#heldFrom === position && this.#heldBytes >= length) break;
      const chunk = await this.#pull();
      if (chunk === undefined) break;
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
    }
    if (this.#heldFrom !== position) return 0;
    let copied = 0;
    for (const part of this.#held) {
      if (copied === length) break;
      copied += part.copy(target, at + copied, 0, Math.min(part.length, length - copied));
    }
    return copied;
  }

  async finish(): Promise<string | undefined> {
    const gunzip = this.#gunzip;
    if (gunzip === undefined || this.#hasEnded || this.damage !== undefined) return this.damage;
    gunzip.end();
    while (!this.#hasEnded && this.damage === undefined) {
      if (gunzip.read() !== null) continue;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers<void>();
    }
    return this.damage;
  }

  close(): void {
    this.#endUnpacker();
    this.#held = [];
    this.#heldBytes = 0;
  }

  #endUnpacker(): void {
    this.#gunzip?.removeAllListeners();
    this.#gunzip?.on('error', () => {});
    this.#gunzip?.destroy();
    this.#gunzip = undefined;
    this.#hasMore = false;
  }

  #restart(): void {
    this.close();
    this.damage = undefined;
    this.#isWriting = false;
    this.#hasEnded = false;
    this.#takenBytes = 0;
    this.#hasMore = false;
    this.#heldFrom = 0;
  }

  #forgetBefore(position: number): void {
    while (this.#heldFrom < position) {
      const first = this.#held[0];
      if (first === undefined) return;
      const surplus = Math.min(position - this.#heldFrom, first.length);
      if (surplus === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(surplus);
      this.#heldFrom += surplus;
      this.#heldBytes -= surplus;
    }
  }

  /** The next decompressed bytes; undefined when the file holds no more, or is damaged here. */
  async #pull(): Promise<Buffer | undefined> {
    for (;;) {
      const gunzip = this.#gunzip ?? this.#start();
      const chunk: unknown = gunzip.read();
      if (Buffer.isBuffer(chunk)) return chunk;
      if (this.#hasMore) {
        this.#endUnpacker();
        continue;
      }
      if (this.damage !== undefined || this.#hasEnded) return undefined;
      if (this.#isWriting) {
        await this.#changed.promise;
        this.#changed = Promise.withResolvers<void>();
        continue;
      }
      const { bytesRead } = await this.#handle.read(this.#input, 0, INPUT_BYTES, this.#takenBytes);
      if (bytesRead === 0) return undefined;
      this.#takenBytes += bytesRead;
      this.#isWriting = true;
      gunzip.write(this.#input.subarray(0, bytesRead), () => {
        this.#isWriting = false;
        this.#takeBack(gunzip);
        this.#changed.resolve();
      });
    }
  }

  /**
   * A decompressor for zstd comes to its end with a frame, and leaves what follows it in the same
   * piece of input: that is for another one.
   */
  #takeBack(unpacker: Unpacker): void {
    const takenTo = this.#begunAt + unpacker.bytesWritten;
    if (unpacker instanceof Gunzip || takenTo >= this.#takenBytes) return;
    this.#takenBytes = takenTo;
    this.#hasMore = true;
  }

  #start(): Unpacker {
    const gunzip = this.#create();
    this.#begunAt = this.#takenBytes;
    const wake = () => this.#changed.resolve();
    gunzip.on('readable', wake);
    gunzip.on('error', (error: Error) => {
      this.damage = error.message;
      wake();
    });
    gunzip.on('end', () => {
      this.#hasEnded = !this.#hasMore;
      wake();
    });
    this.#gunzip = gunzip;
    return gunzip;
  }
}

/** The content of a file that zstd has compressed. */
export function zstdContent(handle: FileHandle): Content {
  return new GzipContent(handle, createZstdDecompress);
}

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** What the first bytes of a file begin with, as each format's own description has it. */
const MAGIC: Readonly<Record<Compression, readonly number[]>> = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  bzip2: [0x42, 0x5a, 0x68],
};
export const MAGIC_BYTES_MAX = 6;

/** How a file is compressed, by its first bytes; undefined for plain text. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const kinds: readonly Compression[] = ['gzip', 'zstd', 'xz', 'bzip2'];
  return kinds.find((kind) => MAGIC[kind].every((byte, at) => head[at] === byte));
}

/** Two magic bytes and the only method there is: RFC 1952, 2.3.1. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}
