/**
 * Words that tell in a path what stands beside them. Found by a hash of their bytes, in either case,
 * without making a string; a word that shares a hash with one of these is taken for it, always, so
 * that a route keeps its meaning.
 */

/** Files that are served as they lie there: one route for each folder and extension. */
export const STATIC_EXTENSION = 1;
export const PAGE_EXTENSION = 2;
/** What stands behind these is a name, whatever it looks like, unless it is NOT_A_NAME. */
export const NAME_FOLDER = 4;
export const NOT_A_NAME = 8;
/** What stands behind these is a slug as soon as it has two words. */
export const SLUG_FOLDER = 16;

/** A file or folder that a program has by this name wherever it is installed. */
export const PROGRAM_NAME = 32;
/** Begins the name of something to be done: what follows in kebab case is no title. */
export const DOING = 64;
/** Stands before titles alone, so that what begins with a word of doing may be one. */
export const TITLE_FOLDER = 128;

const WORD_BYTES_MAX = 24;
const meanings = new Map<number, number>();

function mark(meaning: number, list: string): void {
  for (const word of list.split(/\s+/u)) {
    const hash = hashOf(Buffer.from(word), 0, word.length);
    meanings.set(hash, (meanings.get(hash) ?? 0) | meaning);
  }
}

/** What `bytes[start, end)` means: the sum of the constants above, 0 for a word not listed. */
export function meaningOf(bytes: Uint8Array, start: number, end: number): number {
  return end - start > WORD_BYTES_MAX ? 0 : (meanings.get(hashOf(bytes, start, end)) ?? 0);
}

/** FNV-1a; the bit that tells small letters from capitals is set in every byte. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ ((bytes[at] ?? 0) | 0x20), 0x01000193);
  }
  return hash;
}

mark(
  STATIC_EXTENSION,
  `css js mjs cjs map wasm png jpg jpeg gif svg svgz ico webp avif bmp tif tiff jxl heic woff woff2
   ttf otf eot mp3 ogg oga opus wav flac aac m4a mp4 m4v webm ogv mov avi mkv m3u8 ts m4s vtt srt
   swf pdf doc docx xls xlsx ppt pptx odt ods epub zip gz tgz bz2 xz zst 7z rar tar jar war apk ipa
   exe msi dmg deb rpm iso img bin dll scss less`,
);
mark(PAGE_EXTENSION, `html htm xhtml shtml`);
mark(
  NAME_FOLDER,
  `tag tags user users u author authors profile profiles member members hashtag keyword keywords
   topic topics username usernames account accounts customer customers`,
);
mark(
  NOT_A_NAME,
  `me self current login logout signin signout signup sign_in sign_out sign_up sign-in sign-out
   sign-up register password passwords reset new edit create update delete search all list settings
   preferences profile avatar count export import verify confirm invite token tokens auth session
   sessions oauth feed rss forgot forgot-password reset-password recover roles groups bulk batch
   index login.php index.php by-email by-name by-id by-username transactions orders invoices payments
   billing messages notifications followers following favorites bookmarks comments reviews posts
   activity history dashboard overview summary stats statistics permissions addresses devices
   subscriptions subscription status active pending online query lookup validate exists available`,
);
mark(
  PROGRAM_NAME,
  `wp-login wp-cron wp-json wp-admin wp-content wp-includes wp-comments-post wp-signup wp-activate
   wp-trackback wp-links-opml wp-mail wp-config wp-load wp-settings wp-blog-header xmlrpc admin-ajax
   admin-post async-upload load-styles load-scripts wp-sitemap sitemap_index phpmyadmin cgi-bin
   well-known .well-known server-status nginx_status stub_status remote.php status.php index.php
   robots.txt favicon.ico ads.txt security.txt humans.txt actuator graphql swagger-ui api-docs
   swagger.json openapi.json healthz readyz livez`,
);
mark(
  DOING,
  `get list add create update delete remove edit set fetch find search check send submit upload
   download export import sync verify validate confirm reset change forgot cancel approve reject
   assign process generate calculate start stop run load save view show print track register
   subscribe unsubscribe login logout sign checkout my mark move copy apply accept enable disable
   refresh resend request redeem restore retry share switch test transfer unlock lock manage
   authenticate authorize complete compute convert count clear close open describe detach attach
   execute insert invoke join leave link unlink merge notify patch post publish put query read
   receive rename replace report reserve resolve revoke rotate schedule select sort store tag trigger
   undo use wait write batch bulk is has can health admin user`,
);
mark(
  TITLE_FOLDER,
  `blog post posts article articles news story stories wiki guide guides tutorial tutorials lesson
   lessons recipe recipes question questions q thread threads forum forums talk talks presentation
   presentations case-studies review reviews archive archives event events help faq tips`,
);
mark(
  SLUG_FOLDER,
  `blog post posts article articles news story stories p product products item items shop store
   category categories product-category product-tag collection collections page pages wiki doc docs
   event events job jobs recipe recipes video videos book books movie movies photo photos gallery
   album albums question questions q thread threads forum forums c brand brands city location
   locations place places project projects company companies org orgs team teams hotel hotels
   course courses case-studies guide guides review reviews archive archives series playlist
   presentation presentations talk talks tutorial tutorials lesson lessons`,
);
