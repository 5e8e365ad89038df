import type { DueMode } from '../aggregate/time/due-windows.ts';
import type { LogStatus } from '../source/line-source.ts';

/** Nothing unread at the last look, and nothing that keeps it from being read. */
export function isQuiet(status: LogStatus): boolean {
  return status.caughtUp && (status.trouble === undefined || status.isAbsent === true);
}

/**
 * How the windows of a log are taken. `hasCaughtUp`: it was quiet at least once since the start;
 * `isCaughtUp`: a look after the clock was read has found nothing in any log.
 */
export function dueMode(status: LogStatus, hasCaughtUp: boolean, isCaughtUp: boolean): DueMode {
  if (!hasCaughtUp) return 'catching-up';
  return isCaughtUp && isQuiet(status) ? 'caught-up' : 'live';
}

/** Several files may feed one log; its state is that of all of them. */
export function byLog(statuses: readonly LogStatus[]): ReadonlyMap<string, LogStatus> {
  const merged = new Map<string, LogStatus>();
  for (const status of statuses) {
    const other = merged.get(status.log);
    merged.set(status.log, other === undefined ? status : merge(other, status));
  }
  return merged;
}

function merge(a: LogStatus, b: LogStatus): LogStatus {
  const trouble = a.trouble ?? b.trouble;
  const isAbsent = [a, b].every((one) => one.trouble === undefined || one.isAbsent === true);
  return {
    log: a.log,
    path: a.path,
    unreadBytes: a.unreadBytes + b.unreadBytes,
    caughtUp: a.caughtUp && b.caughtUp,
    rotations: a.rotations + b.rotations,
    truncations: a.truncations + b.truncations,
    ...(trouble === undefined ? {} : { trouble, isAbsent }),
  };
}
