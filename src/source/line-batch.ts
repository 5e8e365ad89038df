/**
 * What the follow stage hands to the parse stage: complete lines of one log.
 *
 * Ownership: `bytes` is the follower's read buffer, borrowed until the next call of
 * `LineSource.next()`; whoever keeps something copies it.
 */
export interface LineBatch {
  /** Name of the configured log the lines belong to (tag `log`). */
  readonly log: string;
  /** Where the bytes come from, for messages: a path. */
  readonly path: string;
  /** `path` of the LogStatus they count for, when that is another: the bytes may be in a rotated file of it. */
  readonly source?: string;
  readonly bytes: Uint8Array;
  /** `bytes[start, end)` holds complete lines only; every one of them ends with LF (0x0A). */
  readonly start: number;
  readonly end: number;
  /** Lines longer than the limit that were passed over between the last batch and this one. */
  readonly overlongLines: number;
  /** Bytes of those over-long lines, LF included. */
  readonly overlongBytes: number;
  /**
   * True for lines of the rotated predecessor that are read only to complete the first window after
   * a start without a checkpoint: a window that holds nothing but such lines is not written.
   */
  readonly before: boolean;
  /**
   * True on the first batch of a log whose beginning was rotated away and cannot be found: the
   * window of its first line is left alone, so that a part never overwrites the whole.
   */
  readonly headLost: boolean;
}
