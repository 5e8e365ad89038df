/** Finds what somebody probably meant: for unknown settings, commands and flags. */

/**
 * Number of letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`
 * (optimal string alignment). Words longer than 64 letters are no typing slips: Infinity.
 */
export function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replace, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? Infinity;
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
    // The lengths alone say that it is farther; at the start every variable is held against every setting.
    if (Math.abs(candidate.length - word.length) > least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least || (distance === least && nearest === undefined)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}
