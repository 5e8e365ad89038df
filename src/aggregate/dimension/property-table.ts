import { COUNTRY_CODES, countryOf } from '../../request/client/country.ts';
import { FILLS_COUNTRY } from '../../request/dimension-columns.ts';
import { PROPERTIES, propertyOf } from '../../request/properties.ts';
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

const COLUMNS = 3; // count, traffic, errors
/** By property: its first cell. */
const FIRST_CELLS = PROPERTIES.map((_, i) =>
  PROPERTIES.slice(0, i).reduce((cells, { values }) => cells + COLUMNS * values.length, 0),
);
const CELLS = PROPERTIES.reduce((cells, { values }) => cells + COLUMNS * values.length, 0);

/** By name, so that it outlives a change of the table: [dim, [value, count, traffic, errors, …]]. */
type PropertySnapshot = readonly [dim: string, values: readonly (string | number)[]];
export type PropertyTableSnapshot = readonly [
  properties: readonly PropertySnapshot[],
  statuses: ValueCellsSnapshot,
  countries: ValueCellsSnapshot,
];

export class PropertyTable {
  /** By status, all requests. */
  readonly statuses = new ValueCells(STATUSES);
  /** By country, those of which it is known. */
  readonly countries = new ValueCells(COUNTRIES);
  readonly #cells = new Float64Array(CELLS);

  /**
   * Counts a request: `columns` has, by property, the index of its value at `at`; `errors` is 1 or 0.
   */
  add(columns: readonly Uint8Array[], at: number, errors: number, traffic: number): void {
    const cells = this.#cells;
    for (let i = 0; i < columns.length; i++) {
      const cell = FIRST_CELLS[i]! + COLUMNS * columns[i]![at]!;
      cells[cell]!++;
      cells[cell + 1]! += traffic;
      cells[cell + 2]! += errors;
    }
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
    PROPERTIES.forEach(({ dim }, i) => {
      if ((filled & (1 << i)) === 0) return;
      for (const figures of this.#occurred(i)) totals.push({ site, dim, ...figures });
    });
    return totals;
  }

  /** The values of a property that occurred. */
  #occurred(property: number) {
    return (PROPERTIES[property]?.values ?? []).flatMap((value, i) => {
      const at = (FIRST_CELLS[property] ?? 0) + COLUMNS * i;
      const [count = 0, traffic = 0, errors = 0] = this.#cells.subarray(at, at + COLUMNS);
      return count > 0 ? [{ value, count, traffic, errors }] : [];
    });
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
    const properties = PROPERTIES.map(
      ({ dim }, i): PropertySnapshot => [
        dim,
        this.#occurred(i).flatMap(({ value, count, traffic, errors }) => [
          value,
          count,
          traffic,
          errors,
        ]),
      ],
    );
    const occurred = properties.filter(([, values]) => values.length > 0);
    return [occurred, this.statuses.snapshot(), this.countries.snapshot()];
  }

  static restore([properties, statuses, countries]: PropertyTableSnapshot): PropertyTable {
    const table = new PropertyTable();
    table.statuses.restore(statuses);
    table.countries.restore(countries);
    for (const [dim, values] of properties) {
      const property = propertyOf(dim);
      for (let i = 0; i + COLUMNS < values.length; i += 1 + COLUMNS) {
        const value = PROPERTIES[property]?.values.indexOf(String(values[i])) ?? -1;
        if (value < 0) continue;
        const figures = values.slice(i + 1, i + 1 + COLUMNS).map(Number);
        table.#cells.set(figures, (FIRST_CELLS[property] ?? 0) + COLUMNS * value);
      }
    }
    return table;
  }
}
