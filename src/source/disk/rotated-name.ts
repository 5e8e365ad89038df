/**
 * Names that rotation gives to old files. A name is only a hint where to look, never an order: what a
 * file is and where it stands, its device, inode, fingerprint and times say.
 *
 * logrotate: `access.log.1`, `.2.gz` (`compress`, `delaycompress`), `-20261122`, `-20261122.gz`,
 * `-2026112213`, `-1763769600` (`dateext`, `dateformat`), `access.1.log`, `access-20261122.log.gz`
 * (`extension .log`); https://man7.org/linux/man-pages/man8/logrotate.8.html. svlogd and multilog:
 * `@4000…` beside `current`; https://smarden.org/runit/svlogd.8. Scripts: names that count up, times of
 * day, `.bak`. Any other name that begins with the log's is `odd`.
 */
export interface RotatedName {
  /** `odd`: it may as well be a log of its own. */
  readonly scheme: 'number' | 'date' | 'other' | 'odd';
  /** Set where names shift: the digits of a number that does not begin with 0. */
  readonly number: number | undefined;
  /** File name extension of the compression, without dot. */
  readonly compression: string | undefined;
}

const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|lzma|Z)$/;
const DATE = '[-._](\\d{4}[-.]?\\d{2}[-.]?\\d{2}(?:[-_.T:]?\\d{1,10}){0,3}|\\d{10})';
const MARK = `(?:\\.(\\d{1,5})|${DATE}|\\.old)`;
/** Only after `.log`; `node-1` and `node-2` may be logs. */
const END_ONLY = '[-_.]\\d{1,20}|[-_.](?:bak|backup|orig|prev|save)|~|\\.?@[0-9a-f]{24}(?:\\.\\w)?';
const MARK_ONLY = new RegExp(`^${MARK}$`);
const END_ONLY_MARK = new RegExp(`^(?:${END_ONLY})$`);
const MARK_AT_END = new RegExp(`^(.+?)${MARK}$`);
const MARK_AFTER_LOG = new RegExp(`^(.+\\.log)(?:${END_ONLY})$`);
const MARK_BEFORE_EXTENSION = new RegExp(`^(.+?)${MARK}(\\.[A-Za-z]+)$`);
/** svlogd and multilog write to `current` and give old files the time of the rotation as their name. */
const TIME_BASE = 'current';
const TIME_NAME = /^@[0-9a-f]{24}(?:\.\w)?$/;

/** What `name` is as a rotated file of the log named `base`; undefined when it is none. */
export function asRotated(base: string, name: string): RotatedName | undefined {
  const compression = COMPRESSED.exec(name)?.[1];
  const plain = compression === undefined ? name : name.slice(0, -compression.length - 1);
  if (plain === base && compression === undefined) return undefined;
  const other = { scheme: 'other', number: undefined, compression } as const;
  if (plain === base || (base === TIME_BASE && TIME_NAME.test(plain))) return other;
  const mark = markOf(base, plain);
  if (mark === undefined) return undefined;
  const found = MARK_ONLY.exec(mark);
  if (found?.[1] !== undefined) {
    const isPadded = found[1].startsWith('0');
    const number = isPadded ? undefined : Number(found[1]);
    return { scheme: 'number', number, compression };
  }
  if (found?.[2] !== undefined) return { ...other, scheme: 'date' };
  const isAfterLog = base.endsWith('.log') && END_ONLY_MARK.test(mark);
  if (found !== null || isAfterLog) return other;
  if (!plain.startsWith(base)) return undefined;
  return { ...other, scheme: 'odd' };
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
  const mark = plain.slice(stem.length, -extension.length);
  return MARK_ONLY.test(mark) ? mark : undefined;
}

/** Names of logs that a file called `name` may be a rotated part of; empty when it looks like none. */
export function possibleBases(name: string): string[] {
  const compression = COMPRESSED.exec(name)?.[1];
  const plain = compression === undefined ? name : name.slice(0, -compression.length - 1);
  const bases = compression === undefined ? [] : [plain];
  if (TIME_NAME.test(plain)) return [...bases, TIME_BASE];
  const atEnd = MARK_AT_END.exec(plain) ?? MARK_AFTER_LOG.exec(plain);
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
