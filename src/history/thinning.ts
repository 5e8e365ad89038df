import type { DatabaseSync } from 'node:sqlite';
import { mergedColumns, quoted, type Table, TABLES, TOP_TABLE } from './tables.ts';

/**
 * What is old is kept in longer windows: rows of a log are put together once they are older than a level
 * says. How far a log has been thinned stands in the table `thinned`: rows of that time that come again,
 * because a crash made the meter read again, are there already and are not wanted.
 */
interface Level {
  readonly every: Table['every'];
  readonly stepS: number;
  readonly ageS: number;
}

const HOUR_S = 3600;
/** Dimensions are most of the rows, and a day of them is asked for at once. */
const LEVELS: readonly Level[] = [
  { every: 'WINDOW', stepS: 60, ageS: 2 * HOUR_S },
  { every: 'WINDOW', stepS: 600, ageS: 48 * HOUR_S },
  { every: 'DIMENSION_WINDOW', stepS: 600, ageS: 2 * HOUR_S },
];
/** Keys of a top list that are kept of the windows put together. */
const RANKS = 10;

export const THINNED_SQL =
  'CREATE TABLE thinned (log TEXT NOT NULL, every TEXT NOT NULL, step INTEGER NOT NULL, ' +
  'untilS INTEGER NOT NULL, PRIMARY KEY (log, every, step)) WITHOUT ROWID;';

/** Up to which time the rows of a log are thinned. */
export class ThinnedUntil {
  readonly #untilS = new Map<string, number>();

  constructor(database?: DatabaseSync) {
    const rows = database
      ?.prepare('SELECT log, every, MAX(untilS) AS untilS FROM thinned GROUP BY log, every')
      .all();
    for (const { log, every, untilS } of rows ?? [])
      this.#untilS.set(`${String(every)} ${String(log)}`, Number(untilS));
  }

  of(log: string, every: Table['every']): number {
    return this.#untilS.get(`${every} ${log}`) ?? 0;
  }
}

/**
 * Puts the rows of a log together whose time is before `nowS` by the age of a level. Call it in a
 * transaction. `latenessS`: windows that lines may still change are left as they are.
 */
export function thin(database: DatabaseSync, log: string, nowS: number, latenessS: number): void {
  for (const { every, stepS, ageS } of LEVELS) {
    const untilS = Math.floor((nowS - Math.max(ageS, latenessS + HOUR_S)) / stepS) * stepS;
    const before = database
      .prepare('SELECT untilS FROM thinned WHERE log = ? AND every = ? AND step = ?')
      .get(log, every, stepS);
    const fromS = before === undefined ? 0 : Number(before['untilS']);
    if (untilS <= fromS) continue;
    for (const table of TABLES)
      if (table.every === every && table.tags.includes('log'))
        thinTable(database, table, log, stepS, fromS, untilS);
    database
      .prepare('INSERT OR REPLACE INTO thinned VALUES (?, ?, ?, ?)')
      .run(log, every, stepS, untilS);
  }
}

function thinTable(
  database: DatabaseSync,
  table: Table,
  log: string,
  stepS: number,
  fromS: number,
  untilS: number,
): void {
  const name = quoted(table.name);
  const where = 'WHERE "log" = ? AND "time" >= ? AND "time" < ?';
  const range = [log, fromS, untilS];
  const select =
    table.name === TOP_TABLE ? topSelect(stepS, where) : rowSelect(table, stepS, where);
  database.exec('DROP TABLE IF EXISTS temp.together');
  database.prepare(`CREATE TEMP TABLE together AS ${select.sql}`).run(...range);
  database.prepare(`DELETE FROM ${name} ${where}`).run(...range);
  const columns = select.columns.map(quoted).join(', ');
  database.exec(`INSERT OR REPLACE INTO ${name} (${columns}) SELECT ${columns} FROM temp.together`);
  database.exec('DROP TABLE temp.together');
}

interface Select {
  readonly sql: string;
  readonly columns: readonly string[];
}

function rowSelect(table: Table, stepS: number, where: string): Select {
  const step = `("time" / ${stepS}) * ${stepS}`;
  const tags = table.tags.map(quoted);
  const merged = mergedColumns(table);
  const fields = merged.map(([name, sql]) => `${sql} AS ${quoted(name)}`);
  return {
    sql:
      `SELECT ${[`${step} AS "time"`, ...tags, ...fields].join(', ')} FROM ${quoted(table.name)} ` +
      `${where} GROUP BY ${[step, ...tags].join(', ')}`,
    columns: ['time', ...table.tags, ...merged.map(([name]) => name)],
  };
}

/** Keys of a list are added up, and the first of them keep a rank. */
function topSelect(stepS: number, where: string): Select {
  const step = `("time" / ${stepS}) * ${stepS}`;
  const sums =
    `SELECT ${step} AS "time", "log", "site", "dim", "key", SUM("count") AS "count", ` +
    `SUM("errors") AS "errors", SUM("traffic") AS "traffic" FROM "${TOP_TABLE}" ${where} ` +
    `AND "count" > 0 GROUP BY ${step}, "log", "site", "dim", "key"`;
  const ranked =
    `SELECT *, ROW_NUMBER() OVER (PARTITION BY "time", "log", "site", "dim" ` +
    `ORDER BY "count" DESC, "key") AS place FROM (${sums})`;
  return {
    sql:
      `SELECT "time", "log", "site", "dim", printf('%02d', place) AS "rank", "key", "count", ` +
      `"errors", "traffic" FROM (${ranked}) WHERE place <= ${RANKS}`,
    columns: ['time', 'log', 'site', 'dim', 'rank', 'key', 'count', 'errors', 'traffic'],
  };
}
