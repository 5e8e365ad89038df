/** The time in a line of an access log, in whatever place and form nginx can write one. */

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** `$time_local`, `$time_iso8601`, `$msec`. */
const TIMES =
  /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z))|\b(\d{10}\.\d{3})\b/;

/** Epoch milliseconds of the first line, or undefined when it holds no time. */
export function timeOfFirstLine(bytes: Uint8Array): number | undefined {
  const end = bytes.indexOf(0x0a);
  const line = Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('latin1');
  const found = TIMES.exec(line);
  if (found === null) return undefined;
  const [, day, month = '', year, time, zoneHours, zoneMinutes, iso, seconds] = found;
  if (seconds !== undefined) return Number(seconds) * 1000;
  const at = MONTHS.indexOf(month) / 3 + 1;
  const date = `${year}-${String(at).padStart(2, '0')}-${day}`;
  const ms = Date.parse(iso ?? `${date}T${time}${zoneHours}:${zoneMinutes}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** What is known of when a file was written. */
export interface Written {
  readonly mtimeMs: number;
  /** Time of the first line. */
  readonly beginMs: number | undefined;
}

/** Lines are written later than their time says, where nginx buffers them. */
const DISORDER_MS = 60_000;

/**
 * Oldest first: by the time of the last write. Where that contradicts the times of the first lines
 * somewhere, because files were copied or restored, the first lines decide everywhere.
 */
export function inOrderOfWriting<T>(files: readonly T[], of: (file: T) => Written): T[] {
  const byWrite = files.toSorted((one, other) => of(one).mtimeMs - of(other).mtimeMs);
  let latestMs = -Infinity;
  let isContradicted = false;
  for (const file of byWrite) {
    const { beginMs } = of(file);
    if (beginMs === undefined) continue;
    if (beginMs < latestMs - DISORDER_MS) isContradicted = true;
    latestMs = Math.max(latestMs, beginMs);
  }
  if (!isContradicted) return byWrite;
  const begin = (file: T) => of(file).beginMs ?? of(file).mtimeMs;
  return byWrite.toSorted((one, other) => begin(one) - begin(other));
}
