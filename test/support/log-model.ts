import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One file as it ought to be: what was written to it. */
interface ModelFile {
  lines: string[];
  partial: string;
  name: string;
}

/** How rotated files are called. */
export const NAME_STYLES = [
  'shifting numbers',
  'padded numbers that count up',
  'numbers that count up',
  'milliseconds',
  'date and hour',
  'svlogd',
  'words',
] as const;
export type NameStyle = (typeof NAME_STYLES)[number];

/**
 * A log that is written and rotated in all the ways there are, on the real file system, beside a record of
 * which lines exist, and which were destroyed where nobody could read them.
 */
export class LogModel {
  readonly folder: string;
  readonly path: string;
  /** Lines that need not come out: they were gone before they could be read. */
  readonly destroyed = new Set<string>();
  current: ModelFile | undefined;
  rotated: ModelFile[] = [];
  #next = 0;
  /** nginx's descriptor, where it writes to another file than the path's. */
  #writer: { fd: number; file: ModelFile } | undefined;
  #copying: { file: ModelFile; bytes: Buffer } | undefined;
  #compressing: { file: ModelFile; bytes: Buffer } | undefined;
  /** Of lines that were written in pieces. */
  readonly #pieces = new Map<string, readonly [string, string]>();

  readonly style: NameStyle;
  readonly #base: string;
  #rotations = 0;

  constructor(folder: string, style: NameStyle = 'shifting numbers') {
    this.folder = folder;
    this.style = style;
    this.#base = style === 'svlogd' ? 'current' : 'access.log';
    this.path = join(folder, this.#base);
  }

  get isBusy(): boolean {
    return this.#copying !== undefined || this.#compressing !== undefined;
  }

  get hasWriter(): boolean {
    return this.#writer !== undefined;
  }

  get isCopying(): boolean {
    return this.#copying !== undefined;
  }

  get isCompressing(): boolean {
    return this.#compressing !== undefined;
  }

  /** The two parts of a line, each of which counts where its file was taken for finished between them. */
  piecesOf(line: string): readonly string[] {
    return this.#pieces.get(line) ?? [];
  }

  /** Complete lines that stand in some file now. */
  existing(): string[] {
    const files = [...this.rotated, ...(this.current === undefined ? [] : [this.current])];
    return files.flatMap((file) => file.lines);
  }

  append(count: number, half: boolean): void {
    const file = this.current ?? this.#create();
    const text = this.#compose(file, count, half);
    appendFileSync(this.path, text);
  }

  /** What a worker that has not reopened yet writes into the renamed file. */
  appendToRenamed(count: number): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    writeSync(writer.fd, this.#compose(writer.file, count, false));
  }

  /** All workers have reopened. */
  reopen(): void {
    if (this.#writer !== undefined) closeSync(this.#writer.fd);
    this.#writer = undefined;
  }

  rename(keepsWriter: boolean): void {
    const { current } = this;
    if (current === undefined) return;
    this.reopen();
    this.#shift();
    if (keepsWriter) this.#writer = { fd: openSync(this.path, 'a'), file: current };
    current.name = this.#nextName();
    renameSync(this.path, join(this.folder, current.name));
    this.rotated.push(current);
    this.current = undefined;
  }

  /** The copy has reached `share` of the file. */
  beginCopy(share: number): void {
    const { current } = this;
    if (current === undefined || current.lines.length === 0) return;
    this.reopen();
    this.#shift();
    const bytes = readFileSync(this.path);
    const file = { lines: [...current.lines], partial: current.partial, name: this.#nextName() };
    writeFileSync(
      join(this.folder, file.name),
      bytes.subarray(0, Math.floor(bytes.length * share)),
    );
    this.#copying = { file, bytes };
  }

  finishCopy(isRead: (line: string) => boolean): void {
    const copying = this.#copying;
    const { current } = this;
    if (copying === undefined || current === undefined) return;
    writeFileSync(join(this.folder, copying.file.name), copying.bytes);
    this.#copying = undefined;
    this.rotated.push(copying.file);
    const kept = new Set(copying.file.lines);
    for (const line of current.lines) {
      if (!kept.has(line) && !isRead(line)) this.destroyed.add(line);
    }
    truncateSync(this.path);
    current.lines = [];
    current.partial = '';
  }

  remove(isRead: (line: string) => boolean): void {
    const { current } = this;
    if (current === undefined) return;
    rmSync(this.path);
    for (const line of current.lines) if (!isRead(line)) this.destroyed.add(line);
    this.current = undefined;
  }

  beginCompress(index: number, share: number): void {
    const plain = this.rotated.filter((file) => !file.name.endsWith('.gz'));
    const file = plain[index % Math.max(1, plain.length)];
    if (file === undefined || file === this.#writer?.file) return;
    const bytes = gzipSync(readFileSync(join(this.folder, file.name)));
    const part = bytes.subarray(0, Math.floor(bytes.length * share));
    writeFileSync(join(this.folder, `${file.name}.gz`), part);
    this.#compressing = { file, bytes };
  }

  finishCompress(): void {
    const compressing = this.#compressing;
    if (compressing === undefined) return;
    const { file, bytes } = compressing;
    const plain = join(this.folder, file.name);
    const { atime, mtime } = statSync(plain);
    file.name += '.gz';
    writeFileSync(join(this.folder, file.name), bytes);
    utimesSync(join(this.folder, file.name), atime, mtime);
    rmSync(plain);
    this.#compressing = undefined;
  }

  /** `rotate N`: the oldest goes. */
  removeOldest(isRead: (line: string) => boolean): void {
    const oldest = this.rotated[0];
    if (oldest === undefined || oldest === this.#writer?.file || this.isBusy) return;
    rmSync(join(this.folder, oldest.name));
    for (const line of oldest.lines) if (!isRead(line)) this.destroyed.add(line);
    this.rotated.shift();
  }

  close(): void {
    this.reopen();
  }

  #create(): ModelFile {
    this.current = { lines: [], partial: '', name: this.#base };
    return this.current;
  }

  #compose(file: ModelFile, count: number, half: boolean): string {
    let text = '';
    for (let made = 0; made < count; made += 1) {
      const whole = `${this.#next} - - [22/Nov/2026:21:00:00 +0000] "GET /${this.#next} HTTP/1.1" 200 5`;
      this.#next += 1;
      const rest = file.partial === '' ? whole : `rest-${whole}`;
      const line = file.partial + rest;
      file.lines.push(line);
      if (file.partial !== '') this.#pieces.set(line, [file.partial, rest]);
      file.partial = '';
      text += `${rest}\n`;
    }
    if (!half) return text;
    const piece = `half-${this.#next} `;
    this.#next += 1;
    file.partial += piece;
    return text + piece;
  }

  /** Later ones are not always greater: a name says nothing of the order. */
  #nextName(): string {
    this.#rotations += 1;
    const count = this.#rotations;
    if (this.style === 'padded numbers that count up') return `access.log.${pad(count, 4)}`;
    if (this.style === 'numbers that count up') return `access.log.${count}`;
    if (this.style === 'milliseconds') return `access.log-${1_764_557_400_123 + count * 997}`;
    if (this.style === 'date and hour') return `access.log.2026-12-${pad(30 - (count % 29), 2)}_03`;
    if (this.style === 'svlogd') return `@4000000069${pad(count, 14)}.s`;
    if (this.style === 'words') return `access.log.kept.${pad((count * 7919) % 10_000, 4)}x`;
    return 'access.log.1';
  }

  #shift(): void {
    if (this.style !== 'shifting numbers') return;
    // Oldest first, so that no name is taken.
    for (const file of this.rotated) {
      const match = /^access\.log\.(\d+)(\.gz)?$/.exec(file.name);
      const name = `access.log.${Number(match?.[1]) + 1}${match?.[2] ?? ''}`;
      if (existsSync(join(this.folder, name))) throw new Error(`${name} is taken`);
      renameSync(join(this.folder, file.name), join(this.folder, name));
      file.name = name;
    }
  }
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
