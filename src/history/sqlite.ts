import type { DatabaseSync } from 'node:sqlite';

/**
 * SQLite that comes with Node. Node says on standard error that it is experimental each time a process
 * loads it; what it can do here is held by tests, so that line is left out.
 */
export async function openDatabase(path: string, readOnly = false): Promise<DatabaseSync> {
  const original = process.emitWarning.bind(process);
  process.emitWarning = (): void => {};
  try {
    const { DatabaseSync: Database } = await import('node:sqlite');
    return new Database(path, { readOnly });
  } finally {
    process.emitWarning = original;
  }
}
