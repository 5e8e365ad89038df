/**
 * Reads one finished file, or a part of one, from its beginning to its end, plain or compressed (told
 * by its first bytes), for the commands that read files. Nothing is followed: what the file holds when
 * it is reached is all.
 *
 * Owns the descriptor of the file, not the buffer. A file that cannot be opened throws; one whose
 * compression is damaged is reported and read up to there.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Notify } from '../../notice/notice.ts';
import {
  BlockingContent,
  compressionOf,
  type Compression,
  type Content,
  GzipContent,
  MAGIC_BYTES_MAX,
  PlainContent,
  zstdContent,
} from '../content.ts';
import type { LineBatch } from '../line-batch.ts';
import { firstReadBytes, frameLines, type Place } from '../line-frame.ts';
import { openRegular, type OpenFile } from '../disk/open-file.ts';
import { logNameOf } from '../disk/rotated-name.ts';

/** Lines, and where they stand in the unpacked content. */
export interface PlacedBatch extends LineBatch {
  /** Content offset of `bytes[start]`. */
  readonly position: number;
}

export interface BackfillReader {
  /** Base name without rotation marks, compression and `.log`: `access` for `access.log.2.gz`. */
  readonly log: string;
  readonly path: string;
  /** Reading may begin anywhere at no cost; else all before it is unpacked first. */
  readonly canSeek: boolean;
  /**
   * The next lines, then undefined. They are read into `buffer`, the readBuffer if none is given, and
   * borrowed until it is used again.
   */
  next(buffer?: Uint8Array): Promise<PlacedBatch | undefined>;
  close(): Promise<void>;
}

export interface BackfillReaderOptions {
  readonly path: string;
  /** The name of its log, where it is not after the file. */
  readonly log?: string | undefined;
  /** What a message calls it; the path, if not given. */
  readonly label?: string | undefined;
  /** May be shared by several readers; at least `maxLineBytes + 1` bytes. */
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly notify: Notify;
  /** Content offsets of the beginnings of lines: reads from the one to the other. */
  readonly from?: number;
  readonly until?: number;
}

const LF = 0x0a;
/** Editors and exports put it before UTF-8; nginx never does. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const UNPACKERS: Readonly<Partial<Record<Compression, string>>> = { xz: 'xz', bzip2: 'bzip2' };

/** What stands at a path and cannot be read as a log; `message` is a whole sentence with the remedy. */
export class NoLogFileError extends Error {
  override readonly name = 'NoLogFileError';
}

/** Throws when there is no regular file at the path, or it cannot be read. */
export async function openBackfillFile(options: BackfillReaderOptions): Promise<BackfillReader> {
  const { path, readBuffer, maxLineBytes } = options;
  if (readBuffer.length <= maxLineBytes) throw new RangeError('readBuffer is too small');
  const file = await openRegular(path);
  if (file === undefined) {
    const isFolder = (await stat(path)).isDirectory();
    throw new NoLogFileError(
      isFolder
        ? `${path} is a folder. Name the files in it, as in ${path.replace(/\/+$/, '')}/access.log*.`
        : `${path} is a pipe, a socket or a device, not a file. Read it as standard input: ` +
            `nginx-meter backfill - < ${path}`,
    );
  }
  try {
    return new FileReader(options, file, await compressionAt(file));
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

async function compressionAt({ handle }: OpenFile): Promise<Compression | undefined> {
  const head = new Uint8Array(MAGIC_BYTES_MAX);
  const count = await new PlainContent(handle).read(head, 0, head.length, 0);
  return compressionOf(head.subarray(0, count));
}

class FileReader implements BackfillReader {
  readonly log: string;
  readonly path: string;
  readonly canSeek: boolean;
  readonly #options: BackfillReaderOptions;
  readonly #file: OpenFile;
  readonly #content: Content;
  readonly #until: number;
  #place: Place;
  #hasEnded = false;

  constructor(
    options: BackfillReaderOptions,
    file: OpenFile,
    compression: Compression | undefined,
  ) {
    const { path, label = path, log, from = 0, until = Infinity } = options;
    this.path = label;
    this.log = log ?? logNameOf(basename(path));
    this.canSeek = compression === undefined;
    this.#options = options;
    this.#file = file;
    this.#content = contentOf(label, file, compression);
    this.#until = until;
    this.#place = { position: from, isInOverlong: false };
  }

  async next(buffer: Uint8Array = this.#options.readBuffer): Promise<PlacedBatch | undefined> {
    const { position } = this.#place;
    if (this.#hasEnded || position >= this.#until) return undefined;
    const { maxLineBytes } = this.#options;
    const wanted = firstReadBytes(maxLineBytes);
    const filled = await this.#content.read(buffer, 0, wanted, position);
    const frame = await frameLines(this.#content, this.#place, buffer, maxLineBytes, filled);
    if (frame === undefined) return this.#takeRest(buffer);
    this.#place = frame;
    const surplus = Math.max(0, frame.position - this.#until);
    const mark = markLength(buffer, frame.start, frame.end, position);
    const { overlongLines, overlongBytes } = frame;
    return {
      ...this.#batch(buffer, frame.start + mark, frame.end - surplus),
      position: position + frame.start + mark,
      overlongLines,
      overlongBytes,
    };
  }

  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#content.close();
    await this.#file.handle.close();
  }

  /** Here the last line counts although nothing ends it: nobody is going to. */
  async #takeRest(buffer: Uint8Array): Promise<PlacedBatch | undefined> {
    this.#hasEnded = true;
    const { maxLineBytes, notify } = this.#options;
    const { position, isInOverlong } = this.#place;
    const length = await this.#content.read(buffer, 0, maxLineBytes, position);
    const damage = await this.#content.finish();
    if (damage !== undefined) {
      notify({
        code: 'gzip-damaged',
        subject: this.path,
        message: `${this.path} is incomplete or damaged (${damage}): its complete lines up to there were read.`,
        details: { position },
      });
      return undefined;
    }
    if (isInOverlong) {
      return { ...this.#batch(buffer, 0, 0), position, overlongLines: 1 };
    }
    const mark = markLength(buffer, 0, length, position);
    if (length === mark) return undefined;
    buffer[length] = LF;
    return { ...this.#batch(buffer, mark, length + 1), position: position + mark };
  }

  #batch(bytes: Uint8Array, start: number, end: number): LineBatch {
    const flags = { before: false, headLost: false };
    const { log, path } = this;
    return { log, path, bytes, start, end, overlongLines: 0, overlongBytes: 0, ...flags };
  }
}

function contentOf(
  path: string,
  { handle }: OpenFile,
  compression: Compression | undefined,
): Content {
  if (compression === undefined) return new BlockingContent(handle);
  if (compression === 'gzip') return new GzipContent(handle);
  if (compression === 'zstd') return zstdContent(handle);
  const unpacker = UNPACKERS[compression] ?? compression;
  throw new NoLogFileError(
    `${path} is compressed by ${unpacker}, which nginx-meter does not unpack. Unpack it on the way: ` +
      `${unpacker} -dc ${path} | nginx-meter backfill -`,
  );
}

/** Bytes of a byte order mark at the beginning of the content. */
function markLength(bytes: Uint8Array, start: number, end: number, position: number): number {
  const isThere =
    position === 0 &&
    end - start >= BYTE_ORDER_MARK.length &&
    BYTE_ORDER_MARK.every((byte, at) => bytes[start + at] === byte);
  return isThere ? BYTE_ORDER_MARK.length : 0;
}
