/**
 * The top lists of the windows of one log. The lists of a window that is over are used again for
 * the next one: they are most of a window's memory, and lists thrown away once a minute stay until
 * V8 collects its whole heap, 20 MB more on a long backfill.
 *
 * Owns the lists that nobody has taken, at most SPARE_MAX sets; whoever takes a set owns it until
 * it is given back.
 */
import type { DimensionSizes } from './top-list-kinds.ts';
import { SiteTopList } from './site-top-list.ts';
import { TOP_LISTS } from './top-list-kinds.ts';

/** While reading on, as many windows as this open and close in turn. */
const SPARE_MAX = 2;

export class TopLists {
  readonly #sizes: DimensionSizes | undefined;
  readonly #spare: (readonly SiteTopList[])[] = [];

  constructor(sizes?: DimensionSizes) {
    this.#sizes = sizes;
  }

  /** One list for each of TOP_LISTS, empty. */
  take(): readonly SiteTopList[] {
    return this.#spare.pop() ?? TOP_LISTS.map((kind) => new SiteTopList(kind, this.#sizes));
  }

  give(lists: readonly SiteTopList[]): void {
    if (this.#spare.length === SPARE_MAX) return;
    for (const list of lists) list.clear();
    this.#spare.push(lists);
  }
}
