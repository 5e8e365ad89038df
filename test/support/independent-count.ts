/**
 * The truth for the integration tests: what the lines of a log add up to, window by window.
 *
 * Deliberately nothing of src/ is used and nothing is done as src/ does it: one regular expression
 * per line, Date.parse for the time, plain objects for the sums. Slow and simple.
 */
export interface WindowTruth {
  /** Start of the window, epoch seconds. */
  readonly startS: number;
  /** Group `site` of the pattern, `-` where it has none. */
  readonly site: string;
  count: number;
  traffic: number;
  errors: number;
  c1xx: number;
  c2xx: number;
  c3xx: number;
  c4xx: number;
  c5xx: number;
  c499: number;
  bytes_in: number;
  rt_count: number;
  /** Milliseconds. */
  rt_sum: number;
  rt_max: number;
}

export interface Truth {
  /** Sorted by start, then by site. */
  readonly windows: readonly WindowTruth[];
  /** Lines that the pattern does not match. */
  readonly unparsed: readonly string[];
}

/** Groups: time, status, bytes; optional rt, len, site. A quote in a value is always `\x22` in the log. */
export const COMBINED_PATTERN =
  /^\S+ - .* \[(?<time>\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "[^"]*" (?<status>\d{3}) (?<bytes>\d+|-) "[^"]*" "[^"]*"$/;

/** For TIMED_FORMAT of nginx.ts. */
export const TIMED_PATTERN =
  /^\S+ - .* \[(?<time>\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "[^"]*" (?<status>\d{3}) (?<bytes>\d+|-) "[^"]*" "[^"]*" rt=(?<rt>[0-9.]+|-) len=(?<len>\d+|-) ua="[^"]*" us="[^"]*" ut="[^"]*" site="(?<site>[^"]*)"$/;

export function countIndependently(
  lines: readonly string[],
  pattern: RegExp,
  options: { readonly windowS?: number; readonly errorStatusMin?: number } = {},
): Truth {
  const { windowS = 10, errorStatusMin = 400 } = options;
  const windows = new Map<string, WindowTruth>();
  const unparsed: string[] = [];
  for (const line of lines) {
    const groups = pattern.exec(line)?.groups;
    if (groups === undefined) {
      unparsed.push(line);
      continue;
    }
    const timeS = timeOf(groups['time'] ?? '');
    const startS = timeS - (timeS % windowS);
    const site = groups['site'] ?? '-';
    const key = `${startS} ${site}`;
    const window = windows.get(key) ?? emptyWindow(startS, site);
    windows.set(key, window);
    addTo(window, groups, errorStatusMin);
  }
  return {
    windows: [...windows.values()].sort(
      (a, b) => a.startS - b.startS || (a.site < b.site ? -1 : 1),
    ),
    unparsed,
  };
}

function addTo(
  window: WindowTruth,
  groups: Readonly<Record<string, string | undefined>>,
  errorStatusMin: number,
): void {
  const status = Number(groups['status']);
  window.count += 1;
  if (status >= errorStatusMin) window.errors += 1;
  if (status === 499) window.c499 += 1;
  const classes = ['c1xx', 'c2xx', 'c3xx', 'c4xx', 'c5xx'] as const;
  const name = classes[Math.floor(status / 100) - 1];
  if (name !== undefined) window[name] += 1;
  if (groups['bytes'] !== '-') window.traffic += Number(groups['bytes']);
  if (groups['len'] !== undefined && groups['len'] !== '-')
    window.bytes_in += Number(groups['len']);
  if (groups['rt'] !== undefined && groups['rt'] !== '-') {
    const ms = Math.round(Number(groups['rt']) * 1000);
    window.rt_count += 1;
    window.rt_sum += ms;
    window.rt_max = Math.max(window.rt_max, ms);
  }
}

/** `22/Nov/2026:21:10:00 +0100` in epoch seconds. */
function timeOf(text: string): number {
  const [day = '', month = '', rest = ''] = text.split('/');
  const [year = '', hours = '', minutes = '', tail = ''] = rest.split(':');
  const [seconds = '', zone = ''] = tail.split(' ');
  const zoneWithColon = `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${day} ${month} ${year} ${hours}:${minutes}:${seconds} ${zoneWithColon}`);
  if (Number.isNaN(ms)) throw new Error(`the pattern lets through a time that is none: ${text}`);
  return ms / 1000;
}

function emptyWindow(startS: number, site: string): WindowTruth {
  return {
    startS,
    site,
    count: 0,
    traffic: 0,
    errors: 0,
    c1xx: 0,
    c2xx: 0,
    c3xx: 0,
    c4xx: 0,
    c5xx: 0,
    c499: 0,
    bytes_in: 0,
    rt_count: 0,
    rt_sum: 0,
    rt_max: 0,
  };
}
