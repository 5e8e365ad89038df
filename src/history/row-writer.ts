import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PointSink } from '../points/point-sink.ts';
import { quoted, type Table, TABLES } from './tables.ts';

type Value = string | number | null;

interface Inserting {
  readonly table: Table;
  readonly statement: StatementSync;
  /** Where a column stands among the values. */
  readonly columns: ReadonlyMap<string, number>;
  readonly values: Value[];
}

/**
 * Takes points and puts each into its table, in place of the row with its key. `isWanted` says whether the
 * row of a log at a time is still kept as it comes.
 */
export class RowWriter implements PointSink {
  readonly #insertions: ReadonlyMap<string, Inserting>;
  readonly #isWanted: (log: string | undefined, table: Table, timeS: number) => boolean;
  #current: Inserting | undefined;
  #log: string | undefined;

  constructor(
    database: DatabaseSync,
    isWanted: (log: string | undefined, table: Table, timeS: number) => boolean,
  ) {
    this.#insertions = new Map(TABLES.map((table) => [table.name, insertionOf(database, table)]));
    this.#isWanted = isWanted;
  }

  beginPoint(measurement: string, own: Readonly<Record<string, string>>): void {
    this.#current = this.#insertions.get(measurement);
    this.#log = own['log'];
    this.#current?.values.fill(null);
    for (const [name, value] of Object.entries(own)) this.#put(name, value);
  }

  integer(name: string, value: number): void {
    this.#put(name, value);
  }

  float(name: string, value: number): void {
    this.#put(name, value);
  }

  string(name: string, value: string): void {
    this.#put(name, value);
  }

  #put(name: string, value: Value): void {
    const column = this.#current?.columns.get(name);
    if (column !== undefined && this.#current !== undefined) this.#current.values[column] = value;
  }

  /** Throws what SQLite throws, such as a disk that is full. */
  endPoint(timestampS: number): void {
    if (this.#current === undefined || !this.#isWanted(this.#log, this.#current.table, timestampS))
      return;
    this.#current.values[0] = timestampS;
    this.#current.statement.run(...this.#current.values);
  }
}

function insertionOf(database: DatabaseSync, table: Table): Inserting {
  const { name, tags, fields } = table;
  const columns = ['time', ...tags, ...fields.map((field) => field.name)];
  const sql =
    `INSERT OR REPLACE INTO ${quoted(name)} (${columns.map(quoted).join(', ')}) ` +
    `VALUES (${columns.map(() => '?').join(', ')})`;
  return {
    table,
    statement: database.prepare(sql),
    columns: new Map(columns.map((column, i) => [column, i])),
    values: columns.map(() => null),
  };
}
