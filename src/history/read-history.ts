import { access } from 'node:fs/promises';
import type { Narrowing } from '../summary/merged-points.ts';
import type { Span, Summary } from '../summary/model.ts';
import { errorCode } from '../text/error-code.ts';
import { readSummary } from './reading.ts';
import { openDatabase } from './sqlite.ts';

/**
 * A summary of a history that another process may be writing. Throws an error whose message is a sentence
 * with the remedy where there is no history, or none that can be read.
 */
export async function readHistory(
  path: string,
  span: Span,
  narrowing: Narrowing,
  top: number,
): Promise<Summary> {
  try {
    await access(path);
  } catch (error) {
    throw new Error(
      `There is no history at ${path} (${errorCode(error)}). A running meter keeps one: set STATE_DIR as ` +
        'it is set there, and see that HISTORY is not off. To read log files, name them: nginx-meter report FILE.',
      { cause: error },
    );
  }
  const database = await openDatabase(path, true);
  try {
    return readSummary(database, span, narrowing, top);
  } catch (error) {
    throw new Error(`The history ${path} cannot be read: ${errorCode(error)}.`, { cause: error });
  } finally {
    database.close();
  }
}
