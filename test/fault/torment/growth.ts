/** One look at the process. */
export interface Sample {
  /** Since the beginning, seconds. */
  readonly atS: number;
  readonly rssMb: number;
  /** In use after a collection. */
  readonly heapMb: number;
  readonly descriptors: number;
}

export interface Growth {
  /** Over the second half of the time, by the line of least squares. */
  readonly heapMb: number;
  readonly descriptors: number;
  /**
   * The highest of the last quarter over the highest before. Resident memory goes up and down with
   * the collector, so that a line through it says little.
   */
  readonly rssRatio: number;
}

/** How much it has grown once it has warmed up. */
export function growthOf(samples: readonly Sample[]): Growth {
  const half = samples.slice(Math.floor(samples.length / 2));
  const spanS = (half.at(-1)?.atS ?? 0) - (half[0]?.atS ?? 0);
  const over = (of: (sample: Sample) => number): number =>
    slope(half.map((sample) => [sample.atS, of(sample)])) * spanS;
  const last = Math.floor(samples.length * 0.75);
  const highest = (some: readonly Sample[]): number => Math.max(...some.map(({ rssMb }) => rssMb));
  return {
    heapMb: over(({ heapMb }) => heapMb),
    descriptors: over(({ descriptors }) => descriptors),
    rssRatio: highest(samples.slice(last)) / highest(samples.slice(0, last)),
  };
}

function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const across = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const along = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return along === 0 ? 0 : across / along;
}
