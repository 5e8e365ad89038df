import { parseDurationMs } from '../config/units.ts';
import type { Narrowing } from '../summary/merged-points.ts';
import type { Span } from '../summary/model.ts';

/** What `/api/summary` is asked for. */
export interface SummaryQuery {
  readonly span: Span;
  readonly narrowing: Narrowing;
  /** Rows of each list. */
  readonly top: number;
}

const NAMES = ['range', 'from', 'until', 'log', 'site', 'top'];
const RANGE_DEFAULT = '1h';
const TOP_DEFAULT = 10;
const TOP_MAX = 100;
const TAG_CHARACTERS_MAX = 300;
const MINUTE_S = 60;
const RANGE_MAX_S = 400 * 86_400;
/** The end of the year 9999. */
const EPOCH_MAX_S = 253_402_300_799;

/**
 * The query, or a sentence that says what is wrong with it. A range ends with the last whole window, so
 * that all who look at the same time ask for the same.
 */
export function readSummaryQuery(
  params: URLSearchParams,
  nowS: number,
  windowS: number,
): SummaryQuery | string {
  for (const name of params.keys()) {
    if (!NAMES.includes(name)) return `There is no parameter of this name; there are ${listed()}.`;
    if (params.getAll(name).length > 1) return `${name} stands there twice; give it once.`;
  }
  const span = spanOf(params, Math.floor(nowS / windowS) * windowS);
  if (typeof span === 'string') return span;
  const topText = params.get('top') ?? String(TOP_DEFAULT);
  const top = /^\d{1,3}$/.test(topText) ? Number(topText) : 0;
  if (top < 1 || top > TOP_MAX) return `top is a whole number from 1 to ${TOP_MAX}.`;
  const log = params.get('log') ?? undefined;
  const site = params.get('site') ?? undefined;
  for (const [name, value] of Object.entries({ log, site })) {
    if (value === '') return `${name} is empty; leave it out for all.`;
    if ((value?.length ?? 0) > TAG_CHARACTERS_MAX)
      return `${name} is longer than ${TAG_CHARACTERS_MAX} characters, which no ${name} is.`;
  }
  return { span, narrowing: { log, site }, top };
}

function listed(): string {
  return `${NAMES.slice(0, -1).join(', ')} and ${NAMES.at(-1)}`;
}

function spanOf(params: URLSearchParams, nowS: number): Span | string {
  const from = params.get('from');
  const until = params.get('until');
  const range = params.get('range');
  if (from === null && until === null) return rangeOf(range ?? RANGE_DEFAULT, nowS);
  if (range !== null) return 'Give either range, or from and until.';
  if (from === null) return 'from is missing: until is the end of a span, from its beginning.';
  const fromS = timeOf(from);
  const untilS = until === null ? nowS : timeOf(until);
  if (fromS === undefined || untilS === undefined)
    return 'from and until are epoch seconds, or times like 2026-01-02T03:04:05Z.';
  if (untilS <= fromS) return 'from is before until; these are the other way round, or the same.';
  if (untilS - fromS > RANGE_MAX_S) return 'The span is longer than 400 days.';
  return { fromS, untilS };
}

function rangeOf(text: string, nowS: number): Span | string {
  const seconds = Math.round((parseDurationMs(text) ?? 0) / 1000);
  return seconds < MINUTE_S || seconds > RANGE_MAX_S
    ? 'range is a duration from 1m to 400d, such as 15m, 6h or 7d.'
    : { fromS: nowS - seconds, untilS: nowS };
}

function timeOf(text: string): number | undefined {
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const seconds = /^\d{1,12}$/.test(text)
    ? Number(text)
    : isIso
      ? Math.floor(Date.parse(text) / 1000)
      : Number.NaN;
  return seconds >= 0 && seconds <= EPOCH_MAX_S ? seconds : undefined;
}
