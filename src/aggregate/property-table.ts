import { AGENT_CLASSES } from '../parse/agent-class.ts';
import { CACHE_STATES, METHODS, PROTOCOLS, TLS_VERSIONS } from '../parse/closed-set.ts';
import {
  FILLS_AGENT,
  FILLS_CACHE,
  FILLS_METHOD,
  FILLS_PROTOCOL,
  FILLS_TLS,
} from '../parse/fact-columns.ts';
import type { PropertyTotals } from './sealed-detail.ts';

/**
 * Requests of one site in one window by their properties: status, method, protocol, … Every property
 * has a closed list of values, so a client or an upstream cannot make more of them, and a table is a
 * bare row of numbers.
 */

/** Statuses that are told apart: those of the IANA registry, nginx's own, and those of Cloudflare. */
const STATUSES = [
  ...range(100, 103),
  ...range(200, 208),
  226,
  ...range(300, 308),
  ...range(400, 418),
  ...range(421, 426),
  428,
  429,
  431,
  444,
  451,
  ...range(494, 497),
  499,
  ...range(500, 508),
  510,
  511,
  ...range(520, 527),
  530,
];
const OTHER_STATUS = 'other';

interface Property {
  readonly dim: string;
  readonly values: readonly string[];
  /** The FILLS_* bit without which the property is left out; 0: every format has it. */
  readonly fills: number;
}

const PROPERTIES: readonly Property[] = [
  { dim: 'status', values: [...STATUSES.map(String), OTHER_STATUS], fills: 0 },
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
const [, METHOD_AT = 0, PROTOCOL_AT = 0, CACHE_AT = 0, TLS_AT = 0, AGENT_AT = 0] = firstCells;
const CELLS = PROPERTIES.reduce((cells, { values }) => cells + COLUMNS * values.length, 0);
const STATUSES_MAX = 1000;
const STATUS_CELL = new Int32Array(STATUSES_MAX).fill(COLUMNS * STATUSES.length);
STATUSES.forEach((status, i) => {
  STATUS_CELL[status] = COLUMNS * i;
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Whether the status shares a value with others. */
export function isFoldedStatus(status: number): boolean {
  return STATUS_CELL[status] === COLUMNS * STATUSES.length;
}

export class PropertyTable {
  readonly #cells = new Float64Array(CELLS);

  /** Counts a request by the indexes of its values; `errors` is 1 or 0. */
  add(
    status: number,
    method: number,
    protocol: number,
    cache: number,
    tls: number,
    agentClass: number,
    errors: number,
    traffic: number,
  ): void {
    this.#add(STATUS_CELL[status] ?? COLUMNS * STATUSES.length, errors, traffic);
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
  seal(site: string, filled: number): PropertyTotals[] {
    const totals: PropertyTotals[] = [];
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

  /** [cell, value, …] without zeros. */
  snapshot(): number[] {
    const sparse: number[] = [];
    this.#cells.forEach((value, cell) => {
      if (value !== 0) sparse.push(cell, value);
    });
    return sparse;
  }

  static restore(sparse: readonly number[]): PropertyTable {
    const table = new PropertyTable();
    for (let i = 0; i + 1 < sparse.length; i += 2) {
      table.#cells[sparse[i] ?? 0] = sparse[i + 1] ?? 0;
    }
    return table;
  }
}
