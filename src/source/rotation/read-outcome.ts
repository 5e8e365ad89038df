/** What a look at the file of a generation can end with. */
import type { Frame } from '../line-frame.ts';

export type ReadOutcome =
  | { readonly kind: 'lines'; readonly frame: Frame; readonly before: boolean }
  /** Nothing complete to read now. */
  | { readonly kind: 'idle' }
  /** The file holds another content now than that of this generation. */
  | { readonly kind: 'replaced' }
  /** No such file at the last known path. */
  | { readonly kind: 'elsewhere' };

/** What one glance at the open file shows. */
export type Glance =
  /** Nothing has happened to it since the last one. */
  | { readonly kind: 'same' }
  /** Lines were added; `isAll`: there were no more at this moment. */
  | { readonly kind: 'lines'; readonly frame: Frame; readonly isAll: boolean }
  /** Anything else: to be looked at with care. */
  | { readonly kind: 'unclear' };
