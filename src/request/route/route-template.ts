/**
 * Makes the route of a path: its own words with `:id` for what is variable, so that all requests to
 * one endpoint have one name. Depends on the path alone.
 *
 * `/users/42/orders/` → `/users/:id/orders`; `/assets/css/main.3f9a1c2b.css` → `/assets/css/*.css`;
 * `/2024/05/17/a-title-of-five-words.html` → `/:id/:id/:id/:id.html`.
 */
import {
  DOING,
  meaningOf,
  NAME_FOLDER,
  NOT_A_NAME,
  PAGE_EXTENSION,
  PROGRAM_NAME,
  SLUG_FOLDER,
  STATIC_EXTENSION,
  TITLE_FOLDER,
} from './path-words.ts';
import { PATH_SEGMENTS_MAX, type RequestPath } from '../request-path.ts';
import { isLocale, isTitleOfLast, isVariable, wordsOfLast } from './segment-class.ts';

/** Bytes of a route at most; a longer one ends in `/*`. As many as a tag value may have. */
export const ROUTE_BYTES_MAX = 200;
/** Segments of a route; what is deeper is `/*`. */
const SEGMENTS_MAX = 8;
/** Folders that tell one kind of static file from another. */
const STATIC_FOLDERS_MAX = 2;
/** Words that make the name of a page an article's title. */
const PAGE_TITLE_WORDS_MIN = 3;
/** The same for a last folder, `/like-this-one-here/`. */
const PERMALINK_WORDS_MIN = 4;
/** The same behind a word like `blog` or `product`. */
const SLUG_WORDS_MIN = 2;
/** Beside the meanings of path-words.ts. */
const IS_PAGE = 1024;
const EXTENSION_BYTES_MAX = 6;

/** Why a segment is `:id`, for people; index = value of `RouteTemplate.reasons`. */
export const REASONS_FOR_ID = [
  '', // 0: it stays as it is
  'a number, date, hash or code, or a title by its length',
  'a title: a folder of four words or more at the end',
  'a name: it stands behind a word like users or tag',
  'a title: two words or more behind a word like blog or products',
  'a title: a page of three words or more',
] as const;
const BY_FORM = 1;
const PERMALINK = 2;
const NAMED = 3;
const SLUG = 4;
const PAGE_TITLE = 5;
/** The first word of `v1-list-orders` is the second. */
const VERSION_BYTES_MAX = 4;

const HYPHEN = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const DOT = 0x2e;
const AT = 0x40;
const ID = [0x3a, 0x69, 0x64]; // :id

export class RouteTemplate {
  /** The bytes of the route that was made last; valid until the next `make()`. */
  readonly bytes = new Uint8Array(ROUTE_BYTES_MAX);
  length = 0;
  /** Per segment of the path whose route was made last: index into REASONS_FOR_ID. */
  readonly reasons = new Uint8Array(PATH_SEGMENTS_MAX);

  /** Makes the route of a path that is one (`path.isPath`). */
  make(path: RequestPath): void {
    this.length = 0;
    this.reasons.fill(0);
    const last = path.length - 1;
    const isFile = last >= 0 && !path.hasTrailingSlash && !path.isCut;
    const dot = isFile ? extensionAt(path, last) : -1;
    const extension = dot >= 0 ? meaningOf(path.bytes, dot + 1, path.ends[last] ?? 0) : 0;
    const isStatic = (extension & STATIC_EXTENSION) !== 0;
    const segments = isStatic ? last : path.length;
    const most = isStatic ? STATIC_FOLDERS_MAX : SEGMENTS_MAX;
    /** Meanings of the segment before, and of all before. */
    let folder = 0;
    let folders = 0;
    for (let i = 0; i < segments && i < most; i++) {
      const end = i === last && dot >= 0 ? dot : (path.ends[i] ?? 0);
      const isPage = i === last && (extension & PAGE_EXTENSION) !== 0;
      const reason = reasonForId(path, i, end, folder, isPage ? folders | IS_PAGE : 0);
      this.reasons[i] = reason;
      if (!this.#segment(path, i, end, reason > 0)) return;
      folder = meaningOf(path.bytes, path.starts[i] ?? 0, path.ends[i] ?? 0);
      folders |= folder;
    }
    if (isStatic) this.#rest(path, dot, path.ends[last] ?? 0);
    else if (path.isCut || segments > most) this.#rest(path, 0, 0);
    else if (this.length === 0) this.#put(SLASH);
  }

  /** False when there is no room for it and the route has been ended. */
  #segment(path: RequestPath, i: number, stemEnd: number, isId: boolean): boolean {
    const start = path.starts[i] ?? 0;
    const end = path.ends[i] ?? 0;
    const hasExtension = stemEnd < end;
    const bytes = isId ? ID.length + (end - stemEnd) : end - start;
    // Two bytes stay free for the end of a route that does not fit.
    if (this.length + 1 + bytes > ROUTE_BYTES_MAX - 2) {
      this.#rest(path, 0, 0);
      return false;
    }
    this.#put(SLASH);
    if (isId) {
      for (const byte of ID) this.#put(byte);
      if (hasExtension) this.#copy(path, stemEnd, end);
    } else this.#copy(path, start, end);
    return true;
  }

  /** `/*` and an extension. */
  #rest(path: RequestPath, from: number, to: number): void {
    this.#put(SLASH);
    this.#put(STAR);
    if (this.length + to - from <= ROUTE_BYTES_MAX) this.#copy(path, from, to, 0x20);
  }

  #copy(path: RequestPath, from: number, to: number, lower: number = 0): void {
    for (let at = from; at < to; at++) this.#put((path.bytes[at] ?? 0) | lower);
  }

  #put(byte: number): void {
    this.bytes[this.length++] = byte;
  }
}

/**
 * Index into REASONS_FOR_ID. `folder` is what the segment before means; `page`, for a page, IS_PAGE and
 * what all before mean.
 */
function reasonForId(
  path: RequestPath,
  i: number,
  end: number,
  folder: number,
  page: number,
): number {
  const { bytes } = path;
  const start = path.starts[i] ?? 0;
  const wholeEnd = path.ends[i] ?? 0;
  const meaning = meaningOf(bytes, start, wholeEnd) | meaningOf(bytes, start, end);
  if ((meaning & PROGRAM_NAME) !== 0) return 0;
  if (i === 0 && end === wholeEnd && isLocale(bytes, start, end)) return 0;
  const isByForm = isVariable(bytes, start, end);
  if (isByForm && !isTitleOfLast()) return BY_FORM;
  const words = wordsOfLast();
  const isPermalink =
    path.hasTrailingSlash && i === path.length - 1 && words >= PERMALINK_WORDS_MIN;
  if ((folder & NAME_FOLDER) !== 0 && !isByForm && !isPermalink) {
    return (meaning & NOT_A_NAME) === 0 ? NAMED : 0;
  }
  const mayBeTitle = isPermalink || page !== 0 || ((folder | page) & TITLE_FOLDER) !== 0;
  if (words > 1 && !mayBeTitle && isDoing(bytes, start, end)) return 0;
  if (isByForm || isPermalink) return isByForm ? BY_FORM : PERMALINK;
  return titleReason(folder, page, words);
}

function titleReason(folder: number, page: number, words: number): number {
  if (((folder | page) & SLUG_FOLDER) !== 0) return words >= SLUG_WORDS_MIN ? SLUG : 0;
  return page !== 0 && words >= PAGE_TITLE_WORDS_MIN ? PAGE_TITLE : 0;
}

/** `add-to-cart`, `v1-list-orders`, `my-account`: its first word says what is done. */
function isDoing(bytes: Uint8Array, start: number, end: number): boolean {
  let from = start;
  let at = bytes.indexOf(HYPHEN, from);
  const isVersion = ((bytes[from] ?? 0) | 0x20) === 0x76 && at - from <= VERSION_BYTES_MAX;
  const digit = bytes[from + 1] ?? 0;
  if (isVersion && at > from + 1 && digit >= 0x30 && digit <= 0x39) {
    from = at + 1;
    at = bytes.indexOf(HYPHEN, from);
  }
  return at > from && at < end && (meaningOf(bytes, from, at) & DOING) !== 0;
}

/** Where the extension of a segment begins, with its dot; -1 when it has none, as an e-mail address. */
function extensionAt(path: RequestPath, segment: number): number {
  const start = path.starts[segment] ?? 0;
  const end = path.ends[segment] ?? 0;
  let hasLetter = false;
  for (let at = end - 1; at > start && end - at <= EXTENSION_BYTES_MAX + 1; at--) {
    const byte = path.bytes[at] ?? 0;
    if (byte === DOT) return hasLetter && !holds(path.bytes, start, at, AT) ? at : -1;
    const lower = byte | 0x20;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    if (isLetter) hasLetter = true;
    else if (byte < 0x30 || byte > 0x39) return -1;
  }
  return -1;
}

function holds(bytes: Uint8Array, start: number, end: number, wanted: number): boolean {
  const at = bytes.indexOf(wanted, start);
  return at >= 0 && at < end;
}
