import { DatabaseSync } from 'node:sqlite';
import type { KeptTruth } from './kept-truth.ts';

const FIELDS = ['count', 'traffic', 'errors', 'c2xx', 'c5xx', 'rt_count', 'rt_sum'] as const;

/** What the history of a stopped meter says of a log beside the truth, added up over its windows. */
export function compareWithHistory(truth: KeptTruth, path: string, log: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const sums = FIELDS.map((name) => `COALESCE(SUM("${name}"), 0) AS "${name}"`).join(', ');
    const row = database.prepare(`SELECT ${sums} FROM "access_log" WHERE "log" = ?`).get(log);
    return FIELDS.flatMap((name) => {
      let wanted = 0;
      for (const window of truth.windows.values()) wanted += window[name] ?? 0;
      const kept = Number(row?.[name]);
      return kept === wanted ? [] : [`history of ${log}: ${name} is ${kept} for ${wanted}`];
    });
  } finally {
    database.close();
  }
}
