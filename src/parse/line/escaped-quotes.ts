const BACKSLASH = 0x5c;

/**
 * Apache, and nginx with escape=json, write a quote in a value as `\"`; nginx else writes `\x22`. Copies those of the quotes
 * `[first, last)` of a line that begins at `start` to `into` that no backslash escapes, and returns
 * how many they are; at most as many as `into` has room for.
 */
export function copyUnescapedQuotes(
  bytes: Uint8Array,
  start: number,
  quotes: Int32Array,
  first: number,
  last: number,
  into: Int32Array,
): number {
  let count = 0;
  for (let q = first; q < last && count < into.length; q++) {
    const quote = quotes[q] ?? 0;
    let p = quote;
    while (p > start && bytes[p - 1] === BACKSLASH) p--;
    // A backslash that is itself escaped does not escape the quote.
    if ((quote - p) % 2 === 0) into[count++] = quote;
  }
  return count;
}
