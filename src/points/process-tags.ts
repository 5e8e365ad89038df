/** The tags that every point of this process has. */
export interface ProcessTags {
  readonly host: string;
  /** From `TAGS`; a name of our own in here loses, see `isReservedTagName`. */
  readonly extra: Readonly<Record<string, string>>;
}
