/**
 * The top lists of the windows of one log. Those of a window that is over serve the next one: they are
 * most of a window's memory, and what is thrown away once a minute lies about until V8 looks through
 * its whole heap, which on a long backfill were 20 MB more.
 *
 * Owns the lists that nobody has taken, at most SPARE_MAX sets; whoever takes a set owns it until he
 * gives it back.
 */
import { SiteTopList } from './site-top-list.ts';

/**
 * Dimension and slots of each list: up to so many different keys in a window the figures are exact. A
 * snapshot has the lists in this order.
 */
export const TOP_LISTS = [
  ['ip', 512],
  ['url', 512],
  ['referer', 256],
  ['ua', 256],
  ['notfound', 256],
] as const;

/** While reading on, as many windows as this open and close in turn. */
const SPARE_MAX = 2;

export class TopLists {
  readonly #spare: (readonly SiteTopList[])[] = [];

  /** One list for each of TOP_LISTS, empty. */
  take(): readonly SiteTopList[] {
    return this.#spare.pop() ?? TOP_LISTS.map(([dim, slots]) => new SiteTopList(dim, slots));
  }

  give(lists: readonly SiteTopList[]): void {
    if (this.#spare.length === SPARE_MAX) return;
    for (const list of lists) list.clear();
    this.#spare.push(lists);
  }
}
