/**
 * Reads one finished file from its beginning to its end, plain or gzip (told by its first bytes), for
 * `backfill`. Nothing is followed: what the file holds when it is reached is all.
 *
 * Owns the descriptor of the file, not the buffer. A file that cannot be opened throws; one whose
 * compression is damaged is reported and read up to there.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Notify } from '../../notice/notice.ts';
import { BlockingContent, GzipContent, type Content } from '../content.ts';
import type { LineBatch } from '../line-batch.ts';
import { firstReadBytes, frameLines, type Place } from '../line-frame.ts';
import { openRegular, readHead, type OpenFile } from './open-file.ts';
import { logNameOf } from './rotated-name.ts';

export interface BackfillReader {
  /** Base name without rotation marks, compression and `.log`: `access` for `access.log.2.gz`. */
  readonly log: string;
  readonly path: string;
  /** The next lines, then undefined. The bytes are borrowed until the next call on any reader of the buffer. */
  next(): Promise<LineBatch | undefined>;
  close(): Promise<void>;
}

export interface BackfillReaderOptions {
  readonly path: string;
  /** May be shared by several readers; at least `maxLineBytes + 1` bytes. */
  readonly readBuffer: Uint8Array;
  readonly maxLineBytes: number;
  readonly notify: Notify;
}

const LF = 0x0a;

/** Throws when there is no regular file at the path, or it cannot be read. */
export async function openBackfillFile(options: BackfillReaderOptions): Promise<BackfillReader> {
  const { path, readBuffer, maxLineBytes } = options;
  if (readBuffer.length <= maxLineBytes) throw new RangeError('readBuffer is too small');
  const file = await openRegular(path);
  if (file !== undefined) {
    const { isGzip } = await readHead(file.handle);
    return new FileReader(options, file, isGzip);
  }
  await stat(path);
  throw new Error('it is not a file');
}

class FileReader implements BackfillReader {
  readonly log: string;
  readonly path: string;
  readonly #options: BackfillReaderOptions;
  readonly #file: OpenFile;
  readonly #content: Content;
  #place: Place = { position: 0, isInOverlong: false };
  #hasEnded = false;

  constructor(options: BackfillReaderOptions, file: OpenFile, isGzip: boolean) {
    this.path = options.path;
    this.log = logNameOf(basename(options.path));
    this.#options = options;
    this.#file = file;
    this.#content = isGzip ? new GzipContent(file.handle) : new BlockingContent(file.handle);
  }

  async next(): Promise<LineBatch | undefined> {
    if (this.#hasEnded) return undefined;
    const { readBuffer, maxLineBytes } = this.#options;
    const wanted = firstReadBytes(maxLineBytes);
    const filled = await this.#content.read(readBuffer, 0, wanted, this.#place.position);
    const frame = await frameLines(this.#content, this.#place, readBuffer, maxLineBytes, filled);
    if (frame === undefined) return this.#takeRest();
    this.#place = frame;
    return this.#batch(frame.start, frame.end, frame.overlongLines, frame.overlongBytes);
  }

  async close(): Promise<void> {
    this.#hasEnded = true;
    this.#content.close();
    await this.#file.handle.close();
  }

  /** Here the last line counts although nothing ends it: nobody is going to. */
  async #takeRest(): Promise<LineBatch | undefined> {
    this.#hasEnded = true;
    const { readBuffer, maxLineBytes, notify } = this.#options;
    const { position, isInOverlong } = this.#place;
    const length = await this.#content.read(readBuffer, 0, maxLineBytes, position);
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
    if (isInOverlong) return this.#batch(0, 0, 1, 0);
    if (length === 0) return undefined;
    readBuffer[length] = LF;
    return this.#batch(0, length + 1, 0, 0);
  }

  #batch(start: number, end: number, overlongLines: number, overlongBytes: number): LineBatch {
    const bytes = this.#options.readBuffer;
    const flags = { before: false, headLost: false };
    const { log, path } = this;
    return { log, path, bytes, start, end, overlongLines, overlongBytes, ...flags };
  }
}
