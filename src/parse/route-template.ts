/**
 * Makes the route of a path: its own words with `:id` for what is variable, so that all requests to
 * one endpoint have one name. Depends on the path alone.
 *
 * `/users/42/orders/` → `/users/:id/orders`; `/assets/css/main.3f9a1c2b.css` → `/assets/css/*.css`;
 * `/2024/05/17/a-title-of-five-words.html` → `/:id/:id/:id/:id.html`.
 */
import type { RequestPath } from './request-path.ts';
import { isLocale, isVariable, wordsOf } from './segment-class.ts';

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
const EXTENSION_BYTES_MAX = 6;

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/u));

/** Files that are served as they lie there: one route for each folder and extension. */
const STATIC_EXTENSIONS = words(
  `css js mjs cjs map wasm png jpg jpeg gif svg svgz ico webp avif bmp tif tiff jxl heic woff woff2
   ttf otf eot mp3 ogg oga opus wav flac aac m4a mp4 m4v webm ogv mov avi mkv m3u8 ts m4s vtt srt
   swf pdf doc docx xls xlsx ppt pptx odt ods epub zip gz tgz bz2 xz zst 7z rar tar jar war apk ipa
   exe msi dmg deb rpm iso img bin dll scss less`,
);
const PAGE_EXTENSIONS = words('html htm xhtml shtml');
/** What stands behind these is a name, whatever it looks like, but for the words below. */
const NAME_FOLDERS = words(
  `tag tags user users u author authors profile profiles member members hashtag keyword keywords
   topic topics username usernames account accounts customer customers`,
);
const NOT_NAMES = words(
  `me self current login logout signin signout signup sign_in sign_out sign_up sign-in sign-out
   sign-up register password passwords reset new edit create update delete search all list settings
   preferences profile avatar count export import verify confirm invite token tokens auth session
   sessions oauth feed rss forgot forgot-password reset-password recover roles groups bulk batch
   index login.php index.php by-email by-name by-id by-username`,
);
/** What stands behind these is a slug as soon as it has two words. */
const SLUG_FOLDERS = words(
  `blog post posts article articles news story stories p product products item items shop store
   category categories product-category product-tag collection collections page pages wiki doc docs
   event events job jobs recipe recipes video videos book books movie movies photo photos gallery
   album albums question questions q thread threads forum forums c brand brands city location
   locations place places project projects company companies org orgs team teams hotel hotels
   course courses case-studies guide guides review reviews archive archives series playlist
   presentation presentations talk talks tutorial tutorials lesson lessons`,
);
const FOLDER_BYTES_MAX = 24;

const SLASH = 0x2f;
const STAR = 0x2a;
const DOT = 0x2e;
const AT = 0x40;
const ID = [0x3a, 0x69, 0x64]; // :id

export class RouteTemplate {
  /** The bytes of the route that was made last; valid until the next `make()`. */
  readonly bytes = new Uint8Array(ROUTE_BYTES_MAX);
  length = 0;

  /** Makes the route of a path that is one (`path.isPath`). */
  make(path: RequestPath): void {
    this.length = 0;
    const last = path.length - 1;
    const isFile = last >= 0 && !path.hasTrailingSlash && !path.isCut;
    const dot = isFile ? extensionAt(path, last) : -1;
    const isStatic = dot >= 0 && STATIC_EXTENSIONS.has(extensionOf(path, last, dot));
    const segments = isStatic ? last : path.length;
    const most = isStatic ? STATIC_FOLDERS_MAX : SEGMENTS_MAX;
    let folder = '';
    let isContent = false;
    for (let i = 0; i < segments && i < most; i++) {
      const end = i === last && dot >= 0 ? dot : (path.ends[i] ?? 0);
      const isId = isSegmentVariable(path, i, end, folder, isContent);
      if (!this.#segment(path, i, end, isId)) return;
      folder = path.latin1(i, FOLDER_BYTES_MAX).toLowerCase();
      isContent ||= SLUG_FOLDERS.has(folder);
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

/** `folder` is the segment before; `isContent`: one of those before holds articles, goods and the like. */
function isSegmentVariable(
  path: RequestPath,
  i: number,
  end: number,
  folder: string,
  isContent: boolean,
): boolean {
  const { bytes } = path;
  const start = path.starts[i] ?? 0;
  const hasExtension = end < (path.ends[i] ?? 0);
  if (i === 0 && !hasExtension && isLocale(bytes, start, end)) return false;
  if (isVariable(bytes, start, end)) return true;
  const isPermalink = path.hasTrailingSlash && i === path.length - 1;
  if (isPermalink && wordsOf(bytes, start, end) >= PERMALINK_WORDS_MIN) return true;
  if (NAME_FOLDERS.has(folder)) {
    return !NOT_NAMES.has(path.latin1(i, FOLDER_BYTES_MAX).toLowerCase());
  }
  const isPage = hasExtension && PAGE_EXTENSIONS.has(extensionOf(path, i, end));
  const isSlug = SLUG_FOLDERS.has(folder) || (isContent && isPage);
  if (!isPage && !isSlug) return false;
  return wordsOf(bytes, start, end) >= (isSlug ? 2 : PAGE_TITLE_WORDS_MIN);
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

function extensionOf(path: RequestPath, segment: number, dot: number): string {
  const skipped = dot + 1 - (path.starts[segment] ?? 0);
  return path
    .latin1(segment, skipped + EXTENSION_BYTES_MAX)
    .slice(skipped)
    .toLowerCase();
}
