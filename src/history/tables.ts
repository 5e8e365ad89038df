/**
 * The tables of the history: one a measurement, with the columns of the schema, so that `sqlite3
 * history.db` answers questions too. Columns are named like tags and fields, and `time` is the start of
 * the window in epoch seconds. The tags `host` and those of TAGS are the same in every row and left out.
 */
import { MEASUREMENTS, type FieldSchema, type MeasurementSchema } from '../points/schema.ts';

export interface Table {
  readonly name: string;
  /** Whose windows its rows are. */
  readonly every: MeasurementSchema['every'];
  readonly tags: readonly string[];
  readonly fields: readonly FieldSchema[];
}

function tableOf({ name, every, tags, fields }: MeasurementSchema): Table {
  return { name, every, tags: tags.map((tag) => tag.name).filter((tag) => tag !== 'host'), fields };
}

export const TABLES: readonly Table[] = MEASUREMENTS.map(tableOf);
export const TOP_TABLE = 'access_log_top';

const SQL_TYPES = { integer: 'INTEGER', float: 'REAL', string: 'TEXT' } as const;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** What SQL makes of the text of the tables; a file with another text is of another version. */
export function createTablesSql(): string {
  return TABLES.map(({ name, tags, fields }) => {
    const columns = [
      '"time" INTEGER NOT NULL',
      ...tags.map((tag) => `${quoted(tag)} TEXT NOT NULL`),
      ...fields.map((field) => `${quoted(field.name)} ${SQL_TYPES[field.type]}`),
    ];
    const key = ['time', ...tags].map(quoted).join(', ');
    return `CREATE TABLE ${quoted(name)} (${columns.join(', ')}, PRIMARY KEY (${key})) WITHOUT ROWID;`;
  }).join('\n');
}

/** The fields of rows put together: sums, greatest values, and nothing of what is a window's own. */
export function mergedColumns({
  fields,
}: Table): readonly (readonly [name: string, sql: string])[] {
  return fields.flatMap(({ name, merge }) => {
    if (merge === 'own') return [];
    const column = quoted(name);
    return [[name, merge === 'max' ? `MAX(${column})` : `SUM(${column})`] as const];
  });
}
