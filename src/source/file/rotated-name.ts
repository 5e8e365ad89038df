/**
 * Names that rotation gives to old files, and the order they stand in.
 *
 * logrotate: `access.log.1`, `.2.gz` (`compress`, `delaycompress`), `-20261122`, `-20261122.gz`,
 * `-2026112213`, `-1763769600` (`dateext`, `dateformat`), `access.1.log`, `access-20261122.log.gz`
 * (`extension .log`); https://man7.org/linux/man-pages/man8/logrotate.8.html. A name is only a
 * hint where to look: what a file is, its device, inode and fingerprint say.
 */
export interface RotatedName {
  readonly scheme: 'number' | 'date' | 'other';
  /** Orders names of one scheme: greater is newer. */
  readonly rank: string;
  /** Generation number for `number`, else undefined. */
  readonly number: number | undefined;
  /** File name extension of the compression, without dot. */
  readonly compression: string | undefined;
}

const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|lzma|Z)$/;
const MARK =
  '(?:\\.(\\d{1,5})|[-._](\\d{4}[-.]?\\d{2}[-.]?\\d{2}(?:[-_.T:]?\\d{1,10}){0,3}|\\d{10})|\\.old)';
const MARK_ONLY = new RegExp(`^${MARK}$`);
const MARK_AT_END = new RegExp(`^(.+?)${MARK}$`);
const MARK_BEFORE_EXTENSION = new RegExp(`^(.+?)${MARK}(\\.[A-Za-z]+)$`);

/** What `name` is as a rotated file of the log named `base`; undefined when it is none. */
export function asRotated(base: string, name: string): RotatedName | undefined {
  const compression = COMPRESSED.exec(name)?.[1];
  const plain = compression === undefined ? name : name.slice(0, -compression.length - 1);
  if (plain === base) {
    if (compression === undefined) return undefined;
    return { scheme: 'other', rank: '', number: undefined, compression };
  }
  const mark = markOf(base, plain);
  const found = mark === undefined ? null : MARK_ONLY.exec(mark);
  if (found === null) return undefined;
  if (found[1] !== undefined) {
    const number = Number(found[1]);
    const rank = String(99_999 - number).padStart(5, '0');
    return { scheme: 'number', rank, number, compression };
  }
  if (found[2] === undefined) return { scheme: 'other', rank: '', number: undefined, compression };
  const rank = found[2].replaceAll(/\D/g, '');
  return { scheme: 'date', rank, number: undefined, compression };
}

/** The part of `plain` that rotation put into `base`, at its end or before its extension. */
function markOf(base: string, plain: string): string | undefined {
  if (plain.startsWith(base)) return plain.slice(base.length);
  const dot = base.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const stem = base.slice(0, dot);
  const extension = base.slice(dot);
  const isExtended = plain.startsWith(stem) && plain.endsWith(extension);
  if (!isExtended || plain.length <= base.length) return undefined;
  return plain.slice(stem.length, -extension.length);
}

/** Names of logs that a file called `name` may be a rotated part of; empty when it looks like none. */
export function possibleBases(name: string): string[] {
  const compression = COMPRESSED.exec(name)?.[1];
  const plain = compression === undefined ? name : name.slice(0, -compression.length - 1);
  const bases = compression === undefined ? [] : [plain];
  const atEnd = MARK_AT_END.exec(plain);
  if (atEnd?.[1] !== undefined) bases.push(atEnd[1]);
  const before = MARK_BEFORE_EXTENSION.exec(plain);
  if (before?.[1] !== undefined) bases.push(`${before[1]}${before[4]}`);
  return bases;
}

export function isCompressedName(name: string): boolean {
  return COMPRESSED.test(name);
}

/** Name of a log, from a file's base name: `access.log`, `access.log.2.gz`, `access-20261122.log` → `access`. */
export function logNameOf(name: string): string {
  const base = possibleBases(name).at(-1) ?? name;
  const plain = base.replace(COMPRESSED, '');
  const stem = plain.replace(/\.log$/, '');
  return stem === '' ? plain : stem;
}
