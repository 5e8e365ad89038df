import { rename, rm } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { Notify } from '../notice/notice.ts';
import type { PointGroup } from '../points/point-sink.ts';
import { errorCode } from '../text/error-code.ts';
import type { Span, Summary } from '../summary/model.ts';
import type { Narrowing } from '../summary/merged-points.ts';
import { readSummary } from './reading.ts';
import { RowWriter } from './row-writer.ts';
import { openDatabase } from './sqlite.ts';
import { createTablesSql, quoted, TABLES } from './tables.ts';
import { thin, THINNED_SQL, ThinnedUntil } from './thinning.ts';

/**
 * The windows of the last days in SQLite, for whoever has no database to look at: the page, the report and
 * the live table read it.
 *
 * Owns `history.db`. Points of a commit are one transaction, ended before the checkpoint moves on; rows
 * replace those with their key. So after a crash at any moment the windows that are handed over again
 * overwrite themselves, as in InfluxDB.
 *
 * Nothing that happens here stops the meter: what cannot be written is missing here and nowhere else, and a
 * file that is damaged, foreign or of another version is set aside.
 */
export interface HistoryOptions {
  readonly path: string;
  /** How long windows are kept. */
  readonly keepMs: number;
  readonly maxBytes: number;
  /** No line changes a window that is older. */
  readonly latenessS: number;
  readonly clock: Clock;
  readonly notify: Notify;
}

/** "ngxm": says that a file of SQLite is ours. */
const APPLICATION_ID = 0x6e67786d;
/** Raised with a change of the tables that is not told by their text. */
const VERSION = 1;
/** Thinning and forgetting, once in so many commits. */
const TIDY_COMMITS = 30;
/** So much goes at a time when the file is too large: a part of its time. */
const FORGET_SHARE = 0.1;
const PAGE_BYTES = 4096;

export class History {
  readonly #options: HistoryOptions;
  #database: DatabaseSync | undefined;
  #writer: RowWriter | undefined;
  #thinned = new ThinnedUntil();
  #isOpenTransaction = false;
  #commits = 0;
  #hasTrouble = false;

  private constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Never rejects: without a usable file there is a notice, and a history that keeps nothing. */
  static async open(options: HistoryOptions): Promise<History> {
    const history = new History(options);
    try {
      await history.#open();
    } catch (error) {
      await history.#setAside(error);
    }
    return history;
  }

  async #open(): Promise<void> {
    const database = await openDatabase(this.#options.path);
    try {
      const { maxBytes } = this.#options;
      database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY',
      );
      database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
      prepareTables(database);
      this.#thinned = new ThinnedUntil(database);
      this.#writer = new RowWriter(
        database,
        (log, { every }, timeS) => log === undefined || timeS >= this.#thinned.of(log, every),
      );
      this.#database = database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  async #setAside(cause: unknown): Promise<void> {
    const { path, notify } = this.#options;
    const aside = `${path}.set-aside`;
    notify({
      code: 'history-set-aside',
      subject: path,
      message:
        `The history cannot be read: ${errorCode(cause)}. It is kept as ${aside}, and a new one ` +
        'begins. The points of the database are not touched by this.',
    });
    try {
      for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
      await rename(path, aside).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
      await this.#open();
    } catch (error) {
      this.#tellTrouble(error);
    }
  }

  /** Takes points; they are durable with the next `commit()`. */
  put(groups: Iterable<PointGroup>): void {
    const database = this.#database;
    const writer = this.#writer;
    if (database === undefined || writer === undefined) return;
    this.#guard(() => {
      if (!this.#isOpenTransaction) database.exec('BEGIN');
      this.#isOpenTransaction = true;
      for (const group of groups) group(writer);
    });
  }

  commit(): void {
    const database = this.#database;
    if (database === undefined) return;
    this.#guard(() => {
      if (this.#isOpenTransaction) database.exec('COMMIT');
      this.#isOpenTransaction = false;
      if (++this.#commits % TIDY_COMMITS === 1) this.#tidy(database);
      this.#tellRecovered();
    });
  }

  /** What is too old goes, and what is old is put together. */
  #tidy(database: DatabaseSync): void {
    const { keepMs, clock, latenessS, maxBytes } = this.#options;
    const nowS = Math.floor(clock.now() / 1000);
    database.exec('BEGIN');
    this.#isOpenTransaction = true;
    this.#forgetBefore(database, nowS - keepMs / 1000);
    const logs = database.prepare('SELECT DISTINCT "log" FROM "access_log_lines"').all();
    for (const { log } of logs) thin(database, String(log), nowS, latenessS);
    database.exec('COMMIT');
    this.#isOpenTransaction = false;
    this.#thinned = new ThinnedUntil(database);
    if (usedBytes(database) > 0.9 * maxBytes) this.#forgetSome(database);
  }

  #forgetBefore(database: DatabaseSync, timeS: number): void {
    for (const { name } of TABLES)
      database.prepare(`DELETE FROM ${quoted(name)} WHERE "time" < ?`).run(Math.floor(timeS));
  }

  /** The oldest part of what there is. */
  #forgetSome(database: DatabaseSync): void {
    const row = database
      .prepare('SELECT MIN("time") AS fromS, MAX("time") AS untilS FROM "access_log_lines"')
      .get();
    const fromS = Number(row?.['fromS'] ?? 0);
    const untilS = Number(row?.['untilS'] ?? 0);
    this.#forgetBefore(database, fromS + Math.max(60, FORGET_SHARE * (untilS - fromS)));
  }

  /** Runs what writes. After a failure nothing of the transaction is there. */
  #guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#rollBack();
      if (isFull(error) && this.#database !== undefined) {
        try {
          this.#forgetSome(this.#database);
          return;
        } catch (second) {
          this.#tellTrouble(second);
          return;
        }
      }
      this.#tellTrouble(error);
    }
  }

  #rollBack(): void {
    this.#isOpenTransaction = false;
    try {
      this.#database?.exec('ROLLBACK');
    } catch {
      // There was none to take back.
    }
  }

  #tellTrouble(error: unknown): void {
    this.#hasTrouble = true;
    this.#options.notify({
      code: 'history-unwritable',
      subject: this.#options.path,
      message:
        `The history cannot be written (${error instanceof Error ? error.message : String(error)}): ` +
        'the page and the report lack this time. Points go to the database all the same. Give ' +
        'STATE_DIR room and write permission.',
    });
  }

  #tellRecovered(): void {
    if (!this.#hasTrouble) return;
    this.#hasTrouble = false;
    this.#options.notify({
      code: 'history-writable',
      subject: this.#options.path,
      message: 'The history is written again.',
    });
  }

  /** What the windows of a span say. Throws what SQLite throws. */
  summary(span: Span, narrowing: Narrowing, top: number): Summary | undefined {
    return this.#database === undefined
      ? undefined
      : readSummary(this.#database, span, narrowing, top);
  }

  close(): void {
    this.commit();
    this.#database?.close();
    this.#database = undefined;
    this.#writer = undefined;
  }
}

/** Makes the tables in a new file. Throws where the file is not ours, or of another version. */
function prepareTables(database: DatabaseSync): void {
  const sql = `${createTablesSql()}\n${THINNED_SQL}`;
  const id = pragma(database, 'application_id');
  const hasTables = database.prepare('SELECT name FROM sqlite_master LIMIT 1').get() !== undefined;
  if (!hasTables) {
    database.exec(
      `BEGIN; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}; ${sql} ` +
        'CREATE TABLE form (sql TEXT NOT NULL); COMMIT',
    );
    database.prepare('INSERT INTO form VALUES (?)').run(sql);
    return;
  }
  if (id !== APPLICATION_ID) throw new Error('it is no history of nginx-meter');
  if (pragma(database, 'user_version') !== VERSION) throw new Error('it is of another version');
  const form = database.prepare('SELECT sql FROM form').get();
  if (form?.['sql'] !== sql) throw new Error('it is of another version');
}

function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name] ?? 0);
}

function usedBytes(database: DatabaseSync): number {
  const pages = pragma(database, 'page_count') - pragma(database, 'freelist_count');
  return pages * pragma(database, 'page_size');
}

/** SQLITE_FULL: the file has as many pages as it may have, or the disk is full. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 13;
}
