import type { Clock } from '../clock.ts';
import { endsOf, levelOf } from './codes.ts';
import type { Notice, Notify } from './notice.ts';

/**
 * Turns the stages' notices into log lines, so that a condition which is reported at every poll is
 * one line and then a count. Owns one entry per code and subject that was reported lately.
 *
 * An entry is logged at once when it is new. Repetitions are counted, and said with the next
 * repetition once a minute has passed; while a condition goes on and on the pauses grow to an hour.
 * A notice that ends others logs the recovery with the number of repetitions and forgets the entry. An
 * entry that was quiet for ten minutes is forgotten too: the same thing is news again then.
 * Repetitions of an entry that is forgotten without having been said are said at that moment, so no
 * count is lost.
 */

/** What it needs of a logger; pino's fits. */
export interface NoticeLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const SUMMARY_MIN_MS = 60_000;
const SUMMARY_MAX_MS = 3_600_000;
const FORGET_MS = 600_000;
/** Subjects are paths and targets of the configuration; the bound is for what nobody foresaw. */
const ENTRIES_MAX = 1000;

interface Entry {
  readonly sinceMs: number;
  notice: Notice;
  /** All repetitions, and those that no line has said yet. */
  repetitions: number;
  unsaid: number;
  saidMs: number;
  seenMs: number;
  pauseMs: number;
}

export interface Notifier {
  readonly notify: Notify;
  /** Says what was counted and not said; before the process ends. */
  readonly flush: () => void;
}

export function createNotifier(log: NoticeLog, clock: Pick<Clock, 'monotonicMs'>): Notifier {
  const entries = new Map<string, Entry>();
  let sweptMs = clock.monotonicMs();

  const forget = (key: string, entry: Entry) => {
    sayRepetitions(log, entry, clock.monotonicMs());
    entries.delete(key);
  };

  const sweep = (nowMs: number) => {
    sweptMs = nowMs;
    for (const [key, entry] of entries) if (nowMs - entry.seenMs >= FORGET_MS) forget(key, entry);
  };

  const end = (notice: Notice, nowMs: number): Readonly<Record<string, number>> => {
    let repetitions = 0;
    let sinceMs: number | undefined;
    for (const code of endsOf(notice)) {
      const key = keyOf(code, notice.subject);
      const entry = entries.get(key);
      if (entry === undefined) continue;
      repetitions += entry.repetitions + 1;
      sinceMs = Math.min(sinceMs ?? Infinity, entry.sinceMs);
      entries.delete(key);
    }
    if (sinceMs === undefined) return {};
    return { times: repetitions, lastedS: Math.round((nowMs - sinceMs) / 1000) };
  };

  const notify: Notify = (notice) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - sweptMs >= SUMMARY_MIN_MS) sweep(nowMs);
    const ended = end(notice, nowMs);
    const key = keyOf(notice.code, notice.subject);
    if (Object.keys(ended).length > 0) {
      // The end of a condition is always news, and whatever it reports anew begins afresh.
      entries.delete(key);
      say(log, notice, ended);
      return;
    }
    const entry = entries.get(key);
    if (entry === undefined) {
      if (entries.size >= ENTRIES_MAX) forgetOldest(entries, forget);
      entries.set(key, newEntry(notice, nowMs));
      say(log, notice, {});
      return;
    }
    entry.notice = notice;
    entry.repetitions++;
    entry.unsaid++;
    entry.seenMs = nowMs;
    if (nowMs - entry.saidMs >= entry.pauseMs) sayRepetitions(log, entry, nowMs);
  };

  const flush = () => {
    for (const entry of entries.values()) sayRepetitions(log, entry, clock.monotonicMs());
  };
  return { notify, flush };
}

/** No code has a space in it. */
function keyOf(code: string, subject: string | undefined): string {
  return `${code} ${subject ?? ''}`;
}

function newEntry(notice: Notice, nowMs: number): Entry {
  return {
    sinceMs: nowMs,
    notice,
    repetitions: 0,
    unsaid: 0,
    saidMs: nowMs,
    seenMs: nowMs,
    pauseMs: SUMMARY_MIN_MS,
  };
}

function forgetOldest(
  entries: ReadonlyMap<string, Entry>,
  forget: (key: string, entry: Entry) => void,
): void {
  for (const [key, entry] of entries) {
    forget(key, entry);
    return;
  }
}

function sayRepetitions(log: NoticeLog, entry: Entry, nowMs: number): void {
  if (entry.unsaid === 0) return;
  say(log, entry.notice, { repeated: entry.unsaid });
  // Something that happens now and then is said each time; something that goes on, more and more rarely.
  const goesOn = entry.unsaid > 1;
  entry.pauseMs = goesOn ? Math.min(entry.pauseMs * 2, SUMMARY_MAX_MS) : SUMMARY_MIN_MS;
  entry.unsaid = 0;
  entry.saidMs = nowMs;
}

function say(log: NoticeLog, notice: Notice, counts: Readonly<Record<string, number>>): void {
  const { code, subject, message, details } = notice;
  const where = subject === undefined ? {} : { subject };
  log[levelOf(notice)]({ code, ...where, ...details, ...counts }, message);
}
