import { AGENT_CLASSES } from '../../request/agent-class.ts';
import { CACHE_STATES, METHODS, PROTOCOLS, TLS_VERSIONS } from '../../request/closed-set.ts';
import { COUNTRY_CODES, countryOf } from '../../request/client/country.ts';
import {
  FILLS_AGENT,
  FILLS_CACHE,
  FILLS_COUNTRY,
  FILLS_METHOD,
  FILLS_PROTOCOL,
  FILLS_TLS,
} from '../../request/dimension-columns.ts';
import type { PropertyTotals } from './sealed-dimensions.ts';
import { NO_VALUE } from '../../text/tag-value.ts';
import { ValueCells, type KeptInWindow, type ValueCellsSnapshot } from './value-cells.ts';

/**
 * Requests of one site in one window by their properties: status, method, protocol, … Most of them have
 * a closed list of values, so a client or an upstream cannot make more of them, and are a bare row of
 * numbers. Statuses and countries are told apart one by one (value-cells.ts), and which of them are
 * written by themselves is chosen for the whole log (kept-values.ts).
 */

/** nginx writes three digits. */
export const STATUSES = 1000;
/** Two letters, and none. */
export const COUNTRIES = COUNTRY_CODES;
/** Of these properties, values of one log with a series of their own. */
export const KEPT_VALUES_MAX = 50;
const OTHER = 'other';

interface Property {
  readonly dim: string;
  readonly values: readonly string[];
  /** The FILLS_* bit without which the property is left out; 0: every format has it. */
  readonly fills: number;
}

const PROPERTIES: readonly Property[] = [
  { dim: 'method', values: METHODS.values, fills: FILLS_METHOD },
  { dim: 'proto', values: PROTOCOLS.values, fills: FILLS_PROTOCOL },
  { dim: 'cache', values: CACHE_STATES.values, fills: FILLS_CACHE },
  { dim: 'tls', values: TLS_VERSIONS.values, fills: FILLS_TLS },
  { dim: 'agent', values: AGENT_CLASSES, fills: FILLS_AGENT },
];

const COLUMNS = 3; // count, traffic, errors
const firstCells = PROPERTIES.map((_, i) =>
  PROPERTIES.slice(0, i).reduce((cells, { values }) => cells + COLUMNS * values.length, 0),
);
const [METHOD_AT = 0, PROTOCOL_AT = 0, CACHE_AT = 0, TLS_AT = 0, AGENT_AT = 0] = firstCells;
const CELLS = PROPERTIES.reduce((cells, { values }) => cells + COLUMNS * values.length, 0);
export type PropertyTableSnapshot = readonly [
  cells: readonly number[],
  statuses: ValueCellsSnapshot,
  countries: ValueCellsSnapshot,
];

export class PropertyTable {
  /** By status, all requests. */
  readonly statuses = new ValueCells(STATUSES);
  /** By country, those of which it is known. */
  readonly countries = new ValueCells(COUNTRIES);
  readonly #cells = new Float64Array(CELLS);

  /** Counts a request by the indexes of its values; `errors` is 1 or 0. */
  add(
    method: number,
    protocol: number,
    cache: number,
    tls: number,
    agentClass: number,
    errors: number,
    traffic: number,
  ): void {
    this.#add(METHOD_AT + COLUMNS * method, errors, traffic);
    this.#add(PROTOCOL_AT + COLUMNS * protocol, errors, traffic);
    this.#add(CACHE_AT + COLUMNS * cache, errors, traffic);
    this.#add(TLS_AT + COLUMNS * tls, errors, traffic);
    this.#add(AGENT_AT + COLUMNS * agentClass, errors, traffic);
  }

  #add(at: number, errors: number, traffic: number): void {
    const cells = this.#cells;
    cells[at] = (cells[at] ?? 0) + 1;
    cells[at + 1] = (cells[at + 1] ?? 0) + traffic;
    cells[at + 2] = (cells[at + 2] ?? 0) + errors;
  }

  /** The values that occurred, of the properties that the format fills. */
  totals(
    site: string,
    filled: number,
    statuses: KeptInWindow,
    countries: KeptInWindow,
  ): PropertyTotals[] {
    const totals = this.#statusTotals(site, statuses);
    if ((filled & FILLS_COUNTRY) !== 0) totals.push(...this.#countryTotals(site, countries));
    PROPERTIES.forEach(({ dim, values, fills }, i) => {
      if ((filled & fills) !== fills) return;
      values.forEach((value, j) => {
        const at = (firstCells[i] ?? 0) + COLUMNS * j;
        const [count = 0, traffic = 0, errors = 0] = this.#cells.subarray(at, at + COLUMNS);
        if (count > 0) totals.push({ site, dim, value, count, traffic, errors });
      });
    });
    return totals;
  }

  #statusTotals(site: string, kept: KeptInWindow): PropertyTotals[] {
    return this.statuses.totals(kept).map(({ value, ...figures }) => ({
      site,
      dim: 'status',
      value: value < 0 ? OTHER : String(value).padStart(3, '0'),
      ...figures,
    }));
  }

  #countryTotals(site: string, kept: KeptInWindow): PropertyTotals[] {
    const known = this.countries.totals(kept).map(({ value, ...figures }) => ({
      site,
      dim: 'country',
      value: value < 0 ? OTHER : countryOf(value),
      ...figures,
    }));
    const all = this.statuses.sum();
    const sum = this.countries.sum();
    const unknown = {
      count: all.count - sum.count,
      traffic: all.traffic - sum.traffic,
      errors: all.errors - sum.errors,
    };
    if (unknown.count === 0) return known;
    return [...known, { site, dim: 'country', value: NO_VALUE, ...unknown }];
  }

  snapshot(): PropertyTableSnapshot {
    return [this.#sparse(), this.statuses.snapshot(), this.countries.snapshot()];
  }

  /** [cell, value, …] without zeros. */
  #sparse(): number[] {
    const sparse: number[] = [];
    this.#cells.forEach((value, cell) => {
      if (value !== 0) sparse.push(cell, value);
    });
    return sparse;
  }

  static restore([sparse, statuses, countries]: PropertyTableSnapshot): PropertyTable {
    const table = new PropertyTable();
    table.statuses.restore(statuses);
    table.countries.restore(countries);
    for (let i = 0; i + 1 < sparse.length; i += 2) {
      table.#cells[sparse[i] ?? 0] = sparse[i + 1] ?? 0;
    }
    return table;
  }
}
