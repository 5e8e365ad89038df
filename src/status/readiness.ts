import type { LogFigures, MeterStatus } from './meter-status.ts';

/** Why the meter is not ready: code, where, and a sentence that says what to do. */
export interface Unready {
  /** A closed kebab-case word. */
  readonly code:
    | 'loop-stuck'
    | 'no-log'
    | 'log-trouble'
    | 'catching-up'
    | 'lines-unparsed'
    | 'spool-full'
    | 'state-unwritable'
    | 'write-untried'
    | 'write-retrying'
    | 'write-blocked';
  readonly subject?: string;
  readonly message: string;
}

/** A loop that has not turned for so long hangs; every wait in it is far shorter. */
export const LOOP_STUCK_MS = 30_000;

/** A log that always has something unread is kept up with while its lines are no older than this when read. */
const FRESH_LAG_MS = 10_000;

export function isAlive(status: MeterStatus): boolean {
  return status.sinceTurnMs < LOOP_STUCK_MS;
}

/** Every reason at once; empty means ready. */
export function unreadyReasons(status: MeterStatus): Unready[] {
  const reasons: Unready[] = [];
  if (!isAlive(status)) {
    const seconds = Math.round(status.sinceTurnMs / 1000);
    const message = `The loop has not turned for ${seconds} s; the process should be restarted.`;
    reasons.push({ code: 'loop-stuck', message });
  }
  reasons.push(...logReasons(status), ...storageReasons(status));
  const { writer } = status;
  if (writer?.state === 'retrying' || writer?.state === 'blocked') {
    const since = new Date(writer.sinceMs ?? status.nowMs).toISOString();
    const reason = writer.reason ?? 'the database does not take points';
    const advice =
      writer.state === 'blocked'
        ? 'Points are kept and tried again slowly; look at the INFLUX_… settings and the database.'
        : 'Points are kept and tried again.';
    const message = `Not writing since ${since}: ${reason}. ${advice}`;
    reasons.push({ code: `write-${writer.state}`, subject: writer.target, message });
  }
  if (writer?.state === 'idle' && !writer.isProven) {
    const message = 'The database has not taken any points yet, nor said that it would.';
    reasons.push({ code: 'write-untried', subject: writer.target, message });
  }
  return reasons;
}

function logReasons(status: MeterStatus): Unready[] {
  const reasons: Unready[] = [];
  for (const { address, trouble } of status.receivers) {
    if (trouble !== undefined) {
      reasons.push({ code: 'log-trouble', subject: address, message: trouble });
    }
  }
  for (const { folder, trouble } of status.folders) {
    reasons.push({ code: 'log-trouble', subject: folder, message: trouble });
  }
  // Whoever waits for messages knows its logs once the first has come.
  if (status.logs.length + status.receivers.length + status.folders.length === 0) {
    const message = 'No log has been found yet; look at LOG_PATHS and the mounted folders.';
    return [{ code: 'no-log', message }];
  }
  for (const log of status.logs) {
    if (log.trouble !== undefined) {
      reasons.push({ code: 'log-trouble', subject: log.path, message: log.trouble });
    } else if (isBehind(log)) {
      const message = `Catching up: ${log.unreadBytes} bytes have not been read yet.`;
      reasons.push({ code: 'catching-up', subject: log.path, message });
    }
    if (log.unparsedLike !== undefined) {
      const message =
        'No line fits the log format: nothing of this log is counted. With x for letters and 9 for ' +
        `digits its lines look like this: ${log.unparsedLike} Set LOG_FORMAT to the log_format of ` +
        'nginx.conf; `nginx-meter check FILE` shows where lines stop matching.';
      reasons.push({ code: 'lines-unparsed', subject: log.path, message });
    }
  }
  return reasons;
}

function isBehind({ caughtUp, watermarkMs, lagMs }: LogFigures): boolean {
  return !caughtUp && (watermarkMs === undefined || lagMs > FRESH_LAG_MS);
}

function storageReasons(status: MeterStatus): Unready[] {
  const reasons: Unready[] = [];
  if (status.spool.isFull) {
    const message =
      'Reading has stopped because the spool is full (SPOOL_MAX_BYTES); it goes on when points have been sent.';
    reasons.push({ code: 'spool-full', message });
  }
  if (status.stateTrouble !== undefined) {
    const message = `The state cannot be saved: ${status.stateTrouble}. Make STATE_DIR writable, or give it room.`;
    reasons.push({ code: 'state-unwritable', message });
  }
  return reasons;
}
