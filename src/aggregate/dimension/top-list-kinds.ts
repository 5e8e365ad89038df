import type { KeyColumn } from '../../request/keys/top-key.ts';
import type { RowDimensions } from '../../request/row-dimensions.ts';

/** A top list: a row of this table, a row of the schema and a panel. */
export interface TopListKind {
  /** The tag `dim`. */
  readonly dim: string;
  /** Up to so many different keys in a window the figures are exact; a power of two. */
  readonly slots: number;
  /** What is counted; undefined: nothing, by the settings. */
  readonly keys: (rows: RowDimensions) => KeyColumn | undefined;
  /** Only requests with this status. */
  readonly status?: number;
}

/** Of candidates and of the slots of top lists so many times as many; and keys to hand over of a list. */
export interface DimensionSizes {
  /** A power of two. */
  readonly scale: number;
  readonly ranks: number;
}

export const TOP_LISTS: readonly TopListKind[] = [
  { dim: 'ip', slots: 512, keys: ({ clients, hasClients }) => (hasClients ? clients : undefined) },
  { dim: 'url', slots: 512, keys: ({ urls }) => urls },
  { dim: 'referer', slots: 256, keys: ({ referers }) => referers },
  { dim: 'ua', slots: 256, keys: ({ agents }) => agents },
  { dim: 'notfound', slots: 256, keys: ({ urls }) => urls, status: 404 },
];
