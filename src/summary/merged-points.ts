/**
 * Points of a span of time merged by the rules of the schema: sums where values add up, the greatest
 * where they do not. It is what both origins of a summary have in common: the history merges its rows so,
 * and what was read from files is given as points.
 *
 * Owns a row of figures per key, and per key of a top list. The number of keys is bounded by the limits
 * of whoever made the points (sites, routes, …), top lists by TOP_KEYS_MAX.
 */
import { MEASUREMENTS, type MeasurementSchema } from '../points/schema.ts';
import type { PointSink } from '../points/point-sink.ts';

/** Of one measurement and one set of tags. */
export interface MergedRow {
  readonly tags: Readonly<Record<string, string>>;
  /** By name: fields that can be merged; a field that no point had is missing. */
  readonly fields: Readonly<Record<string, number>>;
}

export interface MergedKey {
  readonly dim: string;
  readonly site: string;
  readonly key: string;
  readonly count: number;
  readonly errors: number;
  readonly traffic: number;
}

/** What a summary is narrowed to; undefined: everything. */
export interface Narrowing {
  readonly log?: string | undefined;
  readonly site?: string | undefined;
}

interface Row {
  readonly tags: Readonly<Record<string, string>>;
  readonly values: Float64Array;
  /** 1 where any point had the field. */
  readonly has: Uint8Array;
}

interface Table {
  readonly schema: MeasurementSchema;
  readonly columns: ReadonlyMap<string, number>;
  readonly isMax: readonly boolean[];
  readonly rows: Map<string, Row>;
}

/** Different keys of top lists that are told apart, over all lists. */
const TOP_KEYS_MAX = 200_000;
const TOP = 'access_log_top';
/** Tags that say where a point comes from or in which order it stands, not what it is about. */
const DROPPED = new Set(['host', 'rank']);

function tableOf(schema: MeasurementSchema): Table {
  const merged = schema.fields.filter(({ merge }) => merge !== 'own');
  return {
    schema,
    columns: new Map(merged.map(({ name }, i) => [name, i])),
    isMax: merged.map(({ merge }) => merge === 'max'),
    rows: new Map(),
  };
}

export class MergedPoints implements PointSink {
  /** Keys of top lists that were left out because there are too many. */
  topKeysLeftOut = 0;
  readonly #narrowing: Narrowing;
  readonly #tables = new Map(MEASUREMENTS.map((schema) => [schema.name, tableOf(schema)]));
  readonly #tops = new Map<string, { -readonly [K in keyof MergedKey]: MergedKey[K] }>();
  #table: Table | undefined;
  #row: Row | undefined;
  /** The point of a top list that is being read. */
  #top = { dim: '', site: '', key: '', count: 0, errors: 0, traffic: 0 };

  constructor(narrowing: Narrowing = {}) {
    this.#narrowing = narrowing;
  }

  beginPoint(measurement: string, own: Readonly<Record<string, string>>): void {
    const { log, site } = this.#narrowing;
    this.#table = undefined;
    this.#row = undefined;
    if (log !== undefined && own['log'] !== undefined && own['log'] !== log) return;
    if (site !== undefined && own['site'] !== undefined && own['site'] !== site) return;
    this.#table = this.#tables.get(measurement);
    if (measurement === TOP) {
      const { dim = '', site: of = '' } = own;
      this.#top = { dim, site: of, key: '', count: 0, errors: 0, traffic: 0 };
    } else if (this.#table !== undefined) {
      this.#row = rowOf(this.#table, own);
    }
  }

  integer(name: string, value: number): void {
    const table = this.#table;
    if (table === undefined) return;
    if (table.schema.name === TOP) {
      if (name === 'count' || name === 'errors' || name === 'traffic') this.#top[name] = value;
      return;
    }
    const column = table.columns.get(name);
    const row = this.#row;
    if (column === undefined || row === undefined) return;
    const before = row.values[column] ?? 0;
    row.values[column] = table.isMax[column] === true ? Math.max(before, value) : before + value;
    row.has[column] = 1;
  }

  float(): void {
    // Ratios are the window's own and are never merged.
  }

  string(name: string, value: string): void {
    if (this.#table?.schema.name === TOP && name === 'key') this.#top.key = value;
  }

  endPoint(): void {
    const { dim, site, key, count, errors, traffic } = this.#top;
    if (this.#table?.schema.name !== TOP || count === 0) return;
    const id = `${dim}\u0000${site}\u0000${key}`;
    const known = this.#tops.get(id);
    if (known !== undefined) {
      known.count += count;
      known.errors += errors;
      known.traffic += traffic;
    } else if (this.#tops.size < TOP_KEYS_MAX) this.#tops.set(id, { ...this.#top });
    else this.topKeysLeftOut++;
  }

  /** The merged rows of a measurement, in no order. */
  rows(measurement: string): MergedRow[] {
    const table = this.#tables.get(measurement);
    if (table === undefined) return [];
    return Array.from(table.rows.values(), ({ tags, values, has }) => ({
      tags,
      fields: Object.fromEntries(
        Array.from(table.columns).flatMap(([name, i]) =>
          has[i] === 1 ? [[name, values[i] ?? 0]] : [],
        ),
      ),
    }));
  }

  /** The keys of the top lists, in no order. */
  get tops(): readonly MergedKey[] {
    return [...this.#tops.values()];
  }
}

function rowOf(table: Table, own: Readonly<Record<string, string>>): Row {
  const kept = Object.entries(own).filter(([name]) => !DROPPED.has(name));
  const id = kept.map(([, value]) => value).join('\u0000');
  let row = table.rows.get(id);
  if (row === undefined) {
    const { size } = table.columns;
    row = {
      tags: Object.fromEntries(kept),
      values: new Float64Array(size),
      has: new Uint8Array(size),
    };
    table.rows.set(id, row);
  }
  return row;
}
