import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  truncateSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { readLogSetting } from '../../src/config/log-setting.ts';
import { openFileSource, type FileSourceOptions } from '../../src/source/file/file-source.ts';
import type { FollowCheckpoint } from '../../src/source/rotation/follow-checkpoint.ts';
import type { LineBatch } from '../../src/source/line-batch.ts';
import type { LineSource } from '../../src/source/line-source.ts';
import type { PathSetting } from '../../src/source/disk/log-paths.ts';
import type { Notice } from '../../src/notice/notice.ts';
import { FakeClock } from './clock.ts';
import { defer } from './defer.ts';
import { temporaryFolder } from './temp-folder.ts';

export const MAX_LINE_BYTES = 4096;

/** What a batch said, copied, because the batch itself is only borrowed. */
export interface SeenBatch extends Omit<LineBatch, 'bytes'> {
  readonly lines: readonly string[];
}

/** Lines of a log, unique by `name` and number, as long as those of a real log. */
export function lines(name: string, from: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `${name}${from + index} - - [22/Nov/2026:21:00:00 +0000] "GET /${name} HTTP/1.1" 200`,
  );
}

/** An entry of LOG_PATHS. */
export function pathSetting(text: string): PathSetting {
  const setting = readLogSetting(text);
  if ('kind' in setting && setting.kind === 'file') return setting;
  throw new Error(`${text} names no file`);
}

/** A log in a folder of its own, what is done to it, and a source that follows it. */
export class FollowedLog {
  readonly folder: string;
  readonly path: string;
  readonly clock = new FakeClock();
  readonly notices: Notice[] = [];
  readonly batches: SeenBatch[] = [];
  readonly #options: Partial<FileSourceOptions>;
  #source: LineSource<FollowCheckpoint> | undefined;

  constructor(t: TestContext, options: Partial<FileSourceOptions> = {}) {
    this.folder = temporaryFolder(t, 'follow-');
    this.path = join(this.folder, 'access.log');
    this.#options = options;
    defer(t, () => this.stop());
  }

  get source(): LineSource<FollowCheckpoint> {
    if (this.#source === undefined) throw new Error('not started');
    return this.#source;
  }

  /** Codes of what was reported so far, in order. */
  get codes(): string[] {
    return this.notices.map((notice) => notice.code);
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  append(text: readonly string[] | string, path = this.path): void {
    appendFileSync(
      path,
      typeof text === 'string' ? text : text.map((line) => `${line}\n`).join(''),
    );
  }

  rename(from: string, to: string): void {
    renameSync(this.at(from), this.at(to));
  }

  copytruncate(to: string): void {
    copyFileSync(this.path, this.at(to));
    truncateSync(this.path);
  }

  gzip(name: string): void {
    execFileSync('gzip', [this.at(name)]);
  }

  /** Opens the source, from the last checkpoint given or from nothing. */
  async start(checkpoint?: FollowCheckpoint): Promise<void> {
    await this.stop();
    this.#source = await openFileSource({
      paths: [pathSetting(this.path)],
      readFrom: 'beginning',
      checkpoint,
      readBuffer: new Uint8Array((this.#options.maxLineBytes ?? MAX_LINE_BYTES) + 1),
      maxLineBytes: MAX_LINE_BYTES,
      watchPolling: false,
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      ...this.#options,
    });
  }

  async stop(): Promise<void> {
    await this.#source?.close();
    this.#source = undefined;
  }

  /** As a checkpoint file keeps it. */
  checkpoint(): FollowCheckpoint {
    return JSON.parse(JSON.stringify(this.source.checkpoint())) as FollowCheckpoint;
  }

  /** Stops as a crash does not, and goes on from the checkpoint of this moment after `whileDown`. */
  async restart(whileDown: () => void = () => {}): Promise<void> {
    const checkpoint = this.checkpoint();
    await this.stop();
    whileDown();
    await this.start(checkpoint);
  }

  /** Reads until there is no more; what came, in order. */
  async read(): Promise<string[]> {
    const read: string[] = [];
    for (;;) {
      const batch = await this.source.next();
      if (batch === undefined) return read;
      const seen = seenBatch(batch);
      this.batches.push(seen);
      read.push(...seen.lines);
    }
  }

  /** Reads, lets the time pass in which old files are held open, and reads again. */
  async readAndDrain(): Promise<string[]> {
    const first = await this.read();
    await this.clock.advance(6000);
    const second = await this.read();
    await this.clock.advance(6000);
    return [...first, ...second, ...(await this.read())];
  }
}

export function seenBatch(batch: LineBatch): SeenBatch {
  const { bytes, ...rest } = batch;
  const text = Buffer.from(bytes.subarray(batch.start, batch.end)).toString('latin1');
  if (text !== '' && !text.endsWith('\n')) throw new Error('a batch ends inside a line');
  return { ...rest, lines: text.split('\n').slice(0, -1) };
}

/** Names of the descriptors that this process holds of files in `folder`. */
export function openFilesIn(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ''; // the descriptor of this very listing
      }
    })
    .filter((target) => dirname(target) === folder)
    .map((target) => basename(target));
}
