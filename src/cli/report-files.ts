import { glob, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Logs in a folder: whatever has `access` or `.log` in its name, but no error log. */
const LOG_NAME = /access|\.log(?:$|[.\-_])/i;
const ERROR_LOG = /error/i;
const GLOB_SIGN = /[*?[]/;

/**
 * Words of the command line as files: a folder stands for the logs in it, and a pattern for what fits it,
 * where the shell has not put that there already. A word that stands for nothing stays, so that whoever
 * opens it says what is wrong.
 */
export async function expanded(words: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const word of words) {
    const facts = await stat(word).catch(() => undefined);
    let found: string[] = [];
    if (facts?.isDirectory() === true) found = await logsIn(word);
    else if (facts === undefined && GLOB_SIGN.test(word)) found = await matches(word);
    files.push(...(found.length === 0 ? [word] : found));
  }
  return files;
}

async function logsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && LOG_NAME.test(entry.name) && !ERROR_LOG.test(entry.name))
    .map(({ name }) => join(folder, name))
    .toSorted();
}

async function matches(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(pattern)) found.push(path);
  return found.toSorted();
}
