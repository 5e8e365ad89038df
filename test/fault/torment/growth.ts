/** One look at the process. */
export interface Sample {
  /** Since the beginning, seconds. */
  readonly atS: number;
  readonly rssMb: number;
  readonly descriptors: number;
}

export interface Growth {
  /** Of the second half of the time, by the line of least squares; MB and descriptors in an hour. */
  readonly rssMbPerHour: number;
  readonly descriptorsPerHour: number;
  /** What that comes to over the second half itself. */
  readonly rssMb: number;
  readonly descriptors: number;
}

/** How much it has grown once it has warmed up. */
export function growthOf(samples: readonly Sample[]): Growth {
  const half = samples.slice(Math.floor(samples.length / 2));
  const spanS = (half.at(-1)?.atS ?? 0) - (half[0]?.atS ?? 0);
  const rssPerS = slope(half.map(({ atS, rssMb }) => [atS, rssMb]));
  const descriptorsPerS = slope(half.map(({ atS, descriptors }) => [atS, descriptors]));
  return {
    rssMbPerHour: rssPerS * 3600,
    descriptorsPerHour: descriptorsPerS * 3600,
    rssMb: rssPerS * spanS,
    descriptors: descriptorsPerS * spanS,
  };
}

function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const across = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const along = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return along === 0 ? 0 : across / along;
}
