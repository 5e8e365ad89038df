import { existsSync, readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/** Complete lines of a file, as latin1 text: one character per byte. None when the file is missing. */
export function readLines(path: string): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'latin1').split('\n');
  lines.pop(); // what stands after the last line end is not a line yet
  return lines;
}

/** Waits until the files together hold exactly `count` lines; fails at once when there are more. */
export async function waitForLines(paths: readonly string[], count: number): Promise<string[]> {
  let lines: string[] = [];
  await waitUntil(
    `the log holds ${count} lines`,
    () => {
      lines = paths.flatMap(readLines);
      return lines.length >= count;
    },
    { detail: () => `it holds ${lines.length}` },
  );
  if (lines.length > count) throw new Error(`${lines.length} lines where ${count} were expected`);
  return lines;
}
