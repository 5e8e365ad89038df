/** Finds what somebody probably meant: for unknown settings, commands and flags. */

/**
 * Number of letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`
 * (optimal string alignment). Infinity when it is more than `distanceMax`, and for words longer than
 * 64 letters, which are no typing slips.
 */
export function editDistance(a: string, b: string, distanceMax = Infinity): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  if (Math.abs(a.length - b.length) > distanceMax) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  let leastOfLast = 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let leastOfRow = i;
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replace, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
      leastOfRow = Math.min(leastOfRow, least);
    }
    // What follows comes from these two rows and is never less.
    if (leastOfRow > distanceMax && leastOfLast > distanceMax) return Infinity;
    leastOfLast = leastOfRow;
    beforeLast = last;
    last = row;
  }
  const distance = last[b.length] ?? Infinity;
  return distance > distanceMax ? Infinity : distance;
}

/** The candidate with the least edit distance to `word` that is at most `distanceMax`, case aside. */
export function nearestWord(
  word: string,
  candidates: readonly string[],
  distanceMax: number,
): string | undefined {
  let nearest: string | undefined;
  let least = distanceMax;
  for (const candidate of candidates) {
    // At the start every variable is held against every setting, so most comparisons must end early.
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least || (distance === least && nearest === undefined)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}
