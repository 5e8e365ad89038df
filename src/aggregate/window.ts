import { NO_GAUGES, type Gauges } from './gauges.ts';
import type { AgentTotals, SealedWindow } from './sealed-window.ts';
import { Series, type SeriesSnapshot } from './series.ts';
import type { TrafficTotals } from './traffic-totals.ts';
import type { SiteTable } from './site/site-table.ts';
import { NO_SITE, OTHER_SITE, type Site } from './site/site.ts';
import { FAMILY_BYTES_IN, FAMILY_SITE, FAMILY_TIME } from '../parse/record-batch.ts';

/**
 * One tumbling window [start, start + length) of one log: what was counted in it, by site, and the
 * accounting of the lines that belong to it. A line that has no event time of its own (unparsed) or
 * comes too late for its own window is accounted for in the newest window at its place in the stream.
 */

/** Set beside the FAMILY_* bits when the format of the log is known at all; without it there is no `access_log` point. */
export const FAMILY_KNOWN = 128;

export interface WindowSnapshot {
  readonly startS: number;
  readonly families: number;
  readonly isDirty: boolean;
  readonly isOwn: boolean;
  readonly agent: readonly [
    counted: number,
    unparsed: number,
    late: number,
    filtered: number,
    bytes: number,
  ];
  readonly gauges: Gauges;
  readonly series: readonly (readonly [site: string, totals: SeriesSnapshot])[];
}

export class Window {
  readonly startS: number;
  /** Which FAMILY_* fields the formats of its lines could fill. */
  families = 0;
  /** Changed since it was last handed over. */
  isDirty = false;
  /** Holds a line that was read to be counted, not only lines of a rotated predecessor. */
  isOwn = false;
  counted = 0;
  unparsed = 0;
  late = 0;
  filtered = 0;
  bytes = 0;
  gauges: Gauges = NO_GAUGES;
  readonly #series = new Map<Site, Series>();

  constructor(startS: number) {
    this.startS = startS;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  get lines(): number {
    return this.counted + this.unparsed + this.late + this.filtered;
  }

  /** Notes lines of so many bytes; from now on it owes the database a point if one of them is its own. */
  touch(bytes: number, isOwn: boolean): void {
    this.bytes += bytes;
    this.isDirty = true;
    this.isOwn ||= isOwn;
  }

  seriesOf(site: Site): Series {
    return this.#series.get(site) ?? this.#newSeries(site);
  }

  #newSeries(site: Site): Series {
    // The same name may come back as another object (a place given away and taken again); two series
    // of one name would be two points with one key, and one of them would be lost.
    for (const [other, series] of this.#series) {
      if (other.name === site.name) {
        this.#series.set(site, series);
        return series;
      }
    }
    const series = new Series();
    this.#series.set(site, series);
    return series;
  }

  /** The window as it stands, with points of zeros for the sites in `sites` that it does not hold. */
  seal(log: string, windowS: number, sites: SiteTable): SealedWindow {
    const hasBytesIn = (this.families & FAMILY_BYTES_IN) !== 0;
    const hasLatency = (this.families & FAMILY_TIME) !== 0;
    const byName = new Map<string, Series>();
    for (const [site, series] of this.#series) byName.set(site.name, series);
    for (const site of this.#owed(windowS, sites)) {
      if (!byName.has(site.name)) byName.set(site.name, new Series());
    }
    return {
      log,
      startS: this.startS,
      windowS,
      sites: Array.from(byName, ([name, series]) => series.seal(name, hasBytesIn, hasLatency)),
      agent: this.#agent(),
    };
  }

  /** Adds what was counted here, by site. */
  addTo(traffic: TrafficTotals): void {
    for (const [site, series] of this.#series) traffic.addSite(series.seal(site.name, false, true));
  }

  /** Gives the sites their labels, in the order in which they came. */
  admitTo(traffic: TrafficTotals): void {
    for (const site of this.#series.keys()) traffic.admit(site.name);
  }

  #owed(windowS: number, sites: SiteTable): Iterable<Site> {
    if ((this.families & FAMILY_KNOWN) === 0) return [];
    return (this.families & FAMILY_SITE) === 0 ? [NO_SITE] : sites.owedBy(this.startS, windowS);
  }

  #agent(): AgentTotals {
    const { lines, counted, unparsed, late, filtered, bytes } = this;
    return { lines, counted, unparsed, late, filtered, bytes, ...this.gauges };
  }

  snapshot(): WindowSnapshot {
    const names = new Map<string, Series>();
    for (const [site, series] of this.#series) names.set(site.name, series);
    return {
      startS: this.startS,
      families: this.families,
      isDirty: this.isDirty,
      isOwn: this.isOwn,
      agent: [this.counted, this.unparsed, this.late, this.filtered, this.bytes],
      gauges: this.gauges,
      series: Array.from(names, ([name, series]) => [name, series.snapshot()] as const),
    };
  }

  static restore(snapshot: WindowSnapshot, sites: SiteTable): Window {
    const window = new Window(snapshot.startS);
    window.families = snapshot.families;
    window.isDirty = snapshot.isDirty;
    window.isOwn = snapshot.isOwn;
    [window.counted, window.unparsed, window.late, window.filtered, window.bytes] = snapshot.agent;
    window.gauges = snapshot.gauges;
    for (const [name, totals] of snapshot.series) {
      const site = name === OTHER_SITE.name ? OTHER_SITE : sites.named(name);
      window.#series.set(site, Series.restore(totals));
    }
    return window;
  }
}
