import { Dimensions } from '../aggregate/dimension/dimensions.ts';
import { boundOf } from '../aggregate/latency.ts';
import { FUTURE_MAX_S } from '../aggregate/log-windows.ts';
import { SiteTable } from '../aggregate/site/site-table.ts';
import { EventTime } from '../aggregate/time/event-time.ts';
import {
  PARSED,
  REASON_FUTURE,
  REASON_OVERLONG,
  REASON_TIME,
  REASONS,
  type RecordBatch,
} from '../parse/record-batch.ts';
import { encodeDimensions } from '../points/dimension-points.ts';
import type { RequestStage } from '../request/request-stage.ts';
import { buildSummary, type SummaryParts } from './build.ts';
import { MergedPoints } from './merged-points.ts';
import type { Gaps, Origin, Rows, Summary } from './model.ts';
import { Peak } from './peak.ts';
import { Timeline } from './timeline.ts';

/**
 * A summary made from parsed lines in one pass, whatever their order and their span. Where the running
 * meter has a window for each moment, there is one window of dimensions for all lines here, with larger
 * tables, so its lists are exact up to many more keys.
 *
 * Memory has a bound: the tables below, the timeline, and the days of the peak.
 */
export interface RowsSummaryOptions {
  readonly requests: RequestStage;
  readonly errorStatusMin: number;
  /** Epoch seconds: only lines of `[fromS, untilS)`. */
  readonly fromS?: number | undefined;
  readonly untilS?: number | undefined;
  /** Only lines of this site. */
  readonly site?: string | undefined;
  /** Epoch seconds; lines of more than a day later have no believable time. */
  readonly nowS: number;
}

/** Slots of the top lists and candidates are so many times those of a window of a minute. */
const SCALE = 64;
const ROUTES_MAX = 1000;
const SITES_MAX = 500;
/** Keys of a top list that are handed over. */
const RANKS = 1000;
/** One window for all times: it begins at 0, and every believable time lies in it. */
const FOR_EVER_S = 2 ** 40;
/** σ of the estimate of distinct clients of one site. */
const CLIENTS_ERROR = 0.016;
const TAGS = { host: '-', extra: {} };

export class RowsSummary {
  readonly #options: RowsSummaryOptions;
  readonly #timeline = new Timeline(1);
  readonly #peak = new Peak();
  readonly #sites = new SiteTable(SITES_MAX);
  readonly #dimensions: Dimensions;
  readonly #bySite = new Map<string, SiteFigures>();
  readonly #reasons = new Float64Array(REASONS.length);
  #counted = 0;
  #filtered = 0;
  #firstS = Infinity;
  #lastS = -Infinity;

  constructor(options: RowsSummaryOptions) {
    this.#options = options;
    this.#dimensions = new Dimensions({
      log: '-',
      windowS: FOR_EVER_S,
      latenessS: 0,
      errorStatusMin: options.errorStatusMin,
      routesMax: ROUTES_MAX,
      rewrite: 'always',
      rows: options.requests.rows,
      sizes: { scale: SCALE, ranks: RANKS },
    });
  }

  /** Requests that are counted so far. */
  get counted(): number {
    return this.#counted;
  }

  /** Counts the rows of a batch. */
  add(records: RecordBatch): void {
    const { requests } = this.#options;
    requests.attach(records);
    this.#sites.isRaw = records.escape === 'none';
    for (let from = 0; from < records.length; ) {
      const until = requests.next(records, from);
      this.#addRows(records, from, until);
      from = until;
    }
  }

  addOverlong(lines: number): void {
    this.#reasons[REASON_OVERLONG]! += lines;
  }

  #addRows(records: RecordBatch, from: number, until: number): void {
    const { errorStatusMin, fromS = 0, untilS = Infinity, site: only, nowS } = this.#options;
    const { reason, ignored, timeS, status, bytesOut, requestMs, siteStart, siteEnd } = records;
    const timeline = this.#timeline;
    const dimensions = this.#dimensions;
    dimensions.begin(records);
    for (let i = from; i < until; i++) {
      const why = reason[i]!;
      if (why !== PARSED) {
        this.#reasons[why]!++;
        continue;
      }
      const atS = timeS[i]!;
      if (!(atS >= 0) || atS > nowS + FUTURE_MAX_S) {
        this.#reasons[atS >= 0 ? REASON_FUTURE : REASON_TIME]!++;
        continue;
      }
      if (atS < fromS || atS >= untilS) continue;
      if (ignored[i] === 1) {
        this.#filtered++;
        continue;
      }
      const { name } = this.#sites.siteOf(records.bytes, siteStart[i]!, siteEnd[i]!, atS);
      if (only !== undefined && name !== only) continue;
      const code = status[i]!;
      const traffic = bytesOut[i]!;
      const ms = requestMs[i]!;
      timeline.addRequest(atS, code, traffic, ms, ms < 0 ? 0 : boundOf(ms));
      this.#peak.add(atS, 1);
      if (atS < this.#firstS) this.#firstS = atS;
      if (atS > this.#lastS) this.#lastS = atS;
      const figures = this.#figuresOf(name);
      figures.count++;
      figures.traffic += traffic;
      if (code >= errorStatusMin) figures.errors++;
      dimensions.count(i, atS, name, true);
      this.#counted++;
    }
    dimensions.end();
  }

  #figuresOf(site: string): SiteFigures {
    let figures = this.#bySite.get(site);
    if (figures === undefined) {
      figures = { count: 0, errors: 0, traffic: 0 };
      this.#bySite.set(site, figures);
    }
    return figures;
  }

  /** What all lines so far say; call it once, at the end. */
  finish(origin: Origin, gaps: Omit<Gaps, 'unparsed'>, top: number): Summary {
    const merged = new MergedPoints();
    const accuracy = new Map<string, number>();
    let clients: SummaryParts['clients'];
    if (this.#counted > 0) {
      this.#dimensions.endInput(this.#lastS);
      const time = new EventTime(FOR_EVER_S, 0);
      for (const sealed of this.#dimensions.takeDue('last', time)) {
        encodeDimensions(sealed, TAGS, merged);
        for (const { dim, countError } of sealed.tops)
          accuracy.set(dim, Math.max(accuracy.get(dim) ?? 0, countError));
        const [own, ...others] = sealed.uniques;
        if (own !== undefined && others.length === 0)
          clients = { estimate: own.uniq, errorShare: CLIENTS_ERROR };
      }
    }
    for (const [site, figures] of this.#bySite) putSite(site, figures, merged);
    this.#putLines(merged);
    const { fromS, untilS } = this.#options;
    const isEmpty = this.#counted === 0;
    return buildSummary({
      origin,
      span: {
        fromS: fromS ?? (isEmpty ? 0 : this.#firstS),
        untilS: untilS ?? (isEmpty ? 0 : this.#lastS + 1),
      },
      timeline: this.#timeline,
      merged,
      peak: this.#peak.busiest,
      ...(clients === undefined ? {} : { clients }),
      gaps: { ...gaps, unparsed: this.#unparsed() },
      accuracy: (dim): Rows<unknown>['accuracy'] => {
        const tooGreatBy = accuracy.get(dim) ?? 0;
        return tooGreatBy === 0 ? 'exact' : { tooGreatBy };
      },
      top,
    });
  }

  #unparsed(): Gaps['unparsed'] {
    return Array.from(this.#reasons, (lines, i) => ({ reason: REASONS[i] ?? '', lines }))
      .filter(({ lines }) => lines > 0)
      .toSorted((a, b) => b.lines - a.lines);
  }

  #putLines(merged: MergedPoints): void {
    const unparsed = this.#reasons.reduce((sum, lines) => sum + lines, 0);
    merged.beginPoint('access_log_lines', { log: '-' });
    merged.integer('lines', this.#counted + this.#filtered + unparsed);
    merged.integer('counted', this.#counted);
    merged.integer('unparsed', unparsed);
    merged.integer('filtered', this.#filtered);
    merged.endPoint();
  }
}

interface SiteFigures {
  count: number;
  errors: number;
  traffic: number;
}

function putSite(
  site: string,
  { count, errors, traffic }: SiteFigures,
  merged: MergedPoints,
): void {
  merged.beginPoint('access_log', { log: '-', site });
  merged.integer('count', count);
  merged.integer('errors', errors);
  merged.integer('traffic', traffic);
  merged.endPoint();
}
