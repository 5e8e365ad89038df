import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { History } from '../history/history.ts';
import type { Notify } from '../notice/notice.ts';

/** The history that HISTORY asks for; SQLite is loaded only then. */
export async function openHistory(
  { historyMs, historyMaxBytes, stateDir, latenessMs }: Config,
  clock: Clock,
  notify: Notify,
): Promise<History | undefined> {
  if (historyMs === undefined) return undefined;
  const { History: Kept } = await import('../history/history.ts');
  return Kept.open({
    path: join(stateDir, 'history.db'),
    keepMs: historyMs,
    maxBytes: historyMaxBytes,
    latenessS: Math.ceil(latenessMs / 1000),
    clock,
    notify,
  });
}
