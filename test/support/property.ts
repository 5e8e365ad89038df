import fc from 'fast-check';

/**
 * fast-check, and the one place that says how often a property is tried: a hundred times at a desk, a
 * thousand times where CI is set, PROPERTY_RUNS times where that is.
 */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? (isSet(process.env['CI']) ? 1000 : 100));
const RUNS_MIN = 5;

fc.configureGlobal({ numRuns: RUNS });

/** `numRuns` of a property whose run takes about `times` as long as most: it plays a whole history, say. */
export function runsOfSlow(times: number): number {
  return Math.max(RUNS_MIN, Math.ceil(RUNS / times));
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== 'false';
}

export { fc };
