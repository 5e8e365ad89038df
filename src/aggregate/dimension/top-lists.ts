/**
 * The top lists of the windows of one log. Those of a window that is over serve the next one: they are
 * most of a window's memory, and what is thrown away once a minute lies about until V8 looks through
 * its whole heap, which on a long backfill were 20 MB more.
 *
 * Owns the lists that nobody has taken, at most SPARE_MAX sets; whoever takes a set owns it until he
 * gives it back.
 */
import { SiteTopList } from './site-top-list.ts';
import { TOP_LISTS } from './top-list-kinds.ts';

/** While reading on, as many windows as this open and close in turn. */
const SPARE_MAX = 2;

export class TopLists {
  readonly #spare: (readonly SiteTopList[])[] = [];

  /** One list for each of TOP_LISTS, empty. */
  take(): readonly SiteTopList[] {
    return this.#spare.pop() ?? TOP_LISTS.map((kind) => new SiteTopList(kind));
  }

  give(lists: readonly SiteTopList[]): void {
    if (this.#spare.length === SPARE_MAX) return;
    for (const list of lists) list.clear();
    this.#spare.push(lists);
  }
}
