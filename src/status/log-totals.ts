import type { LogFigures } from './meter-status.ts';

/**
 * One entry per log: a glob with a name feeds several files into one log, and the status has an entry
 * for each of them. What belongs to a file is added up; the figures of the lines are the log's own
 * and stand in every entry, so they are taken once.
 */
export function totalsByLog(files: readonly LogFigures[]): LogFigures[] {
  const logs = new Map<string, LogFigures>();
  for (const file of files) {
    const other = logs.get(file.log);
    logs.set(file.log, other === undefined ? file : merge(other, file));
  }
  return [...logs.values()];
}

function merge(a: LogFigures, b: LogFigures): LogFigures {
  const trouble = a.trouble ?? b.trouble;
  return {
    ...a,
    unreadBytes: a.unreadBytes + b.unreadBytes,
    caughtUp: a.caughtUp && b.caughtUp,
    rotations: a.rotations + b.rotations,
    truncations: a.truncations + b.truncations,
    ...(trouble === undefined ? {} : { trouble }),
  };
}
